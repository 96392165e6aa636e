"""Which base, which files of which packages, and what that weighs."""
