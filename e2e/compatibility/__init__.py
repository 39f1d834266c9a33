"""What every official client can call, called, with the effect looked at: docs/compatibility.md comes of it."""
