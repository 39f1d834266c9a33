"""The outside world's senders: one file a vendor, one registry, one place that sends."""
