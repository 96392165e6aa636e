"""How results look: text and JSON."""
