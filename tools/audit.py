"""python -m tools.audit: what is installed with leanscaffold: versions, licences, who asks for it.

With ``--releases`` the index is asked for the newest release of each, and its day.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scaffold.index.layered_index import newest_release, open_index
from scaffold.report.terminal import align


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One installed distribution, and the one that asked for it first."""

    name: str
    version: str
    licence: str
    by: str

    @property
    def copyleft(self) -> bool:
        """Tell whether a licence of the GPL's family is among its licences."""
        return "GPL" in self.licence or "General Public" in self.licence


def list_dependencies(root: str = "leanscaffold") -> Iterator[Dependency]:
    """Yield what a distribution pulls in here, without its extras, each once."""
    waiting, seen = [(root, "")], set()
    while waiting:
        name, by = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        if name != root:
            yield Dependency(name=name, version=found.version, licence=read_licence(found), by=by)
        for text in found.requires or ():
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                waiting.append((canonicalize_name(wanted.name), name))


def read_licence(found: Distribution) -> str:
    """Return what a distribution says of its licence: expression, classifiers, or a first line."""
    told = found.metadata
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in told.get_all("Classifier") or ()
        if text.startswith("License :: ") and not text.endswith(" :: OSI Approved")
    ]
    files = (found.read_text(f"licenses/{name}") for name in told.get_all("License-File") or ())
    texts = (*(told.get_all("License") or ()), *files)
    short = [line.strip() for text in texts if text for line in text.strip().splitlines()[:1]][:1]
    expressions = told.get_all("License-Expression") or ()
    return "; ".join(expressions or classifiers or short) or "not said"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--releases", is_flag=True, help="Ask the index for the newest release of each.")
def main(*, releases: bool) -> None:
    """List the dependencies that are installed, the copyleft ones marked."""
    known = sorted(list_dependencies(), key=lambda one: one.name)
    newest = {}
    if releases:
        with open_index(os.environ) as index:
            for one in known:
                page = index.page(one.name)
                found = newest_release(page) if page else None
                if found:
                    days = [str(file.uploaded)[:10] for file in found[1] if file.uploaded]
                    newest[one.name] = f"{found[0]} {min(days, default='')}"
    rows = [("Package", "Version", "Newest" if releases else "", "Asked for by", "Licence")]
    for one in known:
        mark = " (!)" if one.copyleft else ""
        rows.append(
            (one.name, one.version, newest.get(one.name, ""), one.by, f"{one.licence}{mark}")
        )
    for line in align(rows):
        click.echo(line)


if __name__ == "__main__":
    main()
