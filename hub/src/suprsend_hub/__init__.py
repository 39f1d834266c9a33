"""The notification platform that an engineer can run alone."""

from importlib.metadata import version

__version__ = version("suprsend-hub")
