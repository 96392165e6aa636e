"""``python -m tools.docs.site``: the pages of the site in build/pages, for ``zensical build``.

They are docs/ and the texts beside it that its pages link to.
"""

import posixpath
import re
import shutil
import sys
from pathlib import Path

from tools.docs.console import ROOT

_BESIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md", "knowledge/README.md")
_LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)#]+)")


def write_pages(folder: Path) -> None:
    """Write the pages into a new folder, with links that lead to each other there."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    for name in _BESIDE:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    for page in folder.rglob("*.md"):
        here = page.relative_to(folder).as_posix()
        source = here if here in _BESIDE else f"docs/{here}"
        page.write_text(_lead_links(page.read_text("utf-8"), source, here), "utf-8")


def _lead_links(text: str, source: str, here: str) -> str:
    """Return a page of the repository with its links as they are at its place on the site."""

    def lead(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        return posixpath.relpath(target.removeprefix("docs/"), posixpath.dirname(here) or ".")

    return _LINK.sub(lead, text)


if __name__ == "__main__":
    write_pages(Path(*sys.argv[1:2]) if sys.argv[1:] else ROOT / "build" / "pages")
