"""``python assemble.py``: from a base's root and installed packages to the layers of an image."""

import argparse
import sys
from pathlib import Path

from . import FetchError, MissingProgramError
from .assembly import Order, assemble
from .fetching import fetch
from .trim import LEVELS


def parse_order(argv: list[str]) -> Order:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="assemble", description=__doc__)
    parser.add_argument("--base", type=Path, help="root of the image to cut a base from")
    for name, text in (
        ("packages", "what pip installed; changed in place"),
        ("scripts", "commands that pip made"),
        ("out", "folder for the layers, one folder each"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, help=text)
    parser.add_argument("--site-packages", required=True, help="a path in the image")
    for name in ("interpreter", "home", "workdir"):
        parser.add_argument(f"--{name}", default="", help="a path in a base that is cut")
    parser.add_argument("--uid", type=int, default=0, help="the user of a base that is cut")
    parser.add_argument("--trim", choices=LEVELS, default="safe")
    parser.add_argument("--bytecode", choices=("none", "beside", "only"), default="only")
    parser.add_argument("--sourceless", action="append", default=[], metavar="PACKAGE")
    parser.add_argument("--unloaded", action="append", default=[], metavar="PACKAGE")
    parser.add_argument("--spare", action="append", default=[], metavar="RULE:NAME")
    text = "what a small library replaces"
    parser.add_argument("--stand-in", action="append", default=[], metavar="A:B:C:D:E", help=text)
    parser.add_argument("--layer", action="append", default=[], metavar="PACKAGE,PACKAGE")
    parser.add_argument("--own", type=Path, help="machine code of the application")
    parser.add_argument("--trace", type=Path, help="keep-list of a traced app")
    parser.add_argument("--closure", choices=("safe", "tight"), default="safe")
    parser.add_argument("--imports", type=Path, help="what the app's sources name, one a line")
    parser.add_argument("--language", action="append", default=[], metavar="CODE")
    parser.add_argument("--program", action="append", default=[], metavar="NAME")
    parser.add_argument("--owners", type=Path, help="file to write who owns what into, not set")
    parser.add_argument("--known", type=Path, default=Path("/"), help="the base with nothing added")
    parser.add_argument("--shell", action="store_true", help="a static shell to look around with")
    values = vars(parser.parse_args(argv))
    for name in ("sourceless", "unloaded"):
        values[name] = frozenset(values[name])
    values["languages"] = frozenset(values.pop("language"))
    values["programs"] = tuple(values.pop("program"))
    values["spare"] = tuple(tuple(one.split(":", 1)) for one in values["spare"])
    values["stand_ins"] = tuple(tuple(one.split(":")) for one in values.pop("stand_in"))
    values["layers"] = tuple(tuple(one.split(",")) for one in values.pop("layer"))
    return Order(**values)


def main(argv: list[str]) -> None:
    """Put an image's files together, list what an app's sources import, or fetch a file.

    ``scan FOLDER``; ``fetch URL SHA256 GOAL TOKEN``, TOKEN being a file that may be absent.
    """
    if argv[:1] == ["fetch"]:
        url, sha256, goal, token = argv[1:]
        secret = Path(token)
        try:
            said = secret.read_text("utf-8").strip() if secret.is_file() else ""
            fetch(url, sha256, Path(goal), token=said)
        except FetchError as error:
            sys.exit(f"error: {error}")
        return
    if argv[:1] == ["scan"]:
        from .traced.imports import scan

        lines = scan(Path(argv[1]))
    else:
        lines = assemble(parse_order(argv))
    try:
        for line in lines:
            print(line, flush=True)  # noqa: T201 - the build's log
    except MissingProgramError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
