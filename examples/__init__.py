"""Programs that use the SDK against a hub of your own."""
