"""Figures beside those of others: the official client, and the bare database."""
