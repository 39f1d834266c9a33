"""The notification platform that an engineer can run alone."""
