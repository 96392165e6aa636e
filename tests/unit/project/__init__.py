"""Tests of what a project says of itself."""
