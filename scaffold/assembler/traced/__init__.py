"""Leaves out what no traced run opened, but not what may be needed by what is left."""
