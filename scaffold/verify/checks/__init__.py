"""One claim about an image per file: evidence in, a ``Check`` out."""
