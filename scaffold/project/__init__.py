"""A Python project as it is read: what it is, what it asks for, how it starts."""
