"""Small programs that keep the repository in order; run as `python -m tools.<name>`."""
