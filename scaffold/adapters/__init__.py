"""The edges: one file per outside thing."""
