"""Regenerates what is generated in knowledge/; the only part that asks for many packages."""
