"""Client of the SuprSend notification platform."""
