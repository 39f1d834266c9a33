"""Whole programs against whole hubs, as their users start them."""
