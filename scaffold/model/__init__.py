"""Frozen values, nothing else: no IO, no clock, no decision."""
