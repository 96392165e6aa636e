"""Pure decisions: the same values in, the same values out."""
