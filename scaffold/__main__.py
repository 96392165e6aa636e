"""Run the command as ``python -m scaffold``."""

from scaffold.cli import main

main()
