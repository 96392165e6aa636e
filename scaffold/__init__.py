"""Decide, predict, write and prove lean Docker images of Python projects for small devices."""

__version__ = "0.1.0"
