"""Where packages come from: indexes, their cache, files of the project."""
