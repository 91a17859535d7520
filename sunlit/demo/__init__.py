"""The demonstration region: people, shops and purchases of our own making, the same for the same seed."""
