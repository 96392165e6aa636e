"""The texts about reason codes, as data."""
