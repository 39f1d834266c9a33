"""Groups of commands, one file a noun."""
