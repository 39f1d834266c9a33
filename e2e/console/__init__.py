"""The console in a real browser: every page, the main paths, and what hostile words could do to it."""
