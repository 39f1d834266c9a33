"""What is true: no input or output, no clock, no randomness; `now` is an argument."""
