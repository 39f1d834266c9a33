"""JSON over HTTP for programs: one file a resource, one table of errors, one place that knows who calls."""
