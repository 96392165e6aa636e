"""Projects as people have them, each with its source and what has to come of it."""
