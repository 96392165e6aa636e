"""The command, ``leanscaffold`` or ``python -m scaffold``: ends quietly when interrupted early.

It imports next to nothing, so that Ctrl-C is heard while Python still loads the rest.
"""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_PLUGIN = """\
{"SchemaVersion": "0.1.0", "Vendor": "leanscaffold",
 "ShortDescription": "Images of Python projects for small devices"}
"""
_INTERRUPTED = 130  # as in scaffold.model.errors


def main() -> None:
    """Run the command line of this process."""
    heard = signal.getsignal(signal.SIGINT)
    ours = heard is signal.default_int_handler  # otherwise it is ignored, as `nohup` and `&` do
    if ours:
        signal.signal(signal.SIGINT, _end)
    from scaffold.cli import main as run  # noqa: PLC0415 - the part that takes its time

    if ours:
        signal.signal(signal.SIGINT, heard)
    try:
        run()
    except KeyboardInterrupt:  # between the errors that it prints
        _end()
    finally:
        if ours:
            signal.signal(signal.SIGINT, _end)


def docker_plugin() -> None:
    """Run the command line of ``docker lean``, or say what docker asks of each of its plugins."""
    if sys.argv[1:2] == ["docker-cli-plugin-metadata"]:
        sys.stdout.write(_PLUGIN)
        return
    del sys.argv[1:2]  # its own name
    main()


def _end(_: int = 0, __: FrameType | None = None) -> NoReturn:
    """End at once: there is nothing yet, or no longer, to clean up.

    An exception could be raised in the middle of an import, where not all are passed on.
    """
    os.write(2, b"interrupted\n")
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
