"""Leaves out what no traced run opened, outside of a closure that keeps what may still be needed."""
