"""What the hub does: one verb a file, one transaction each; every action may run twice with the same result."""
