"""The questions of ``leanscaffold init``: what they are (pure), and asking them on a terminal."""
