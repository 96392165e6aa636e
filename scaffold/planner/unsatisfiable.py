"""Tell requirements that no base whatever could satisfy from a device that is merely too small."""

from collections.abc import Iterable, Iterator, Sequence

from scaffold.model.codes import HOPELESS, OF_BASES
from scaffold.model.errors import Detail, UnresolvableError
from scaffold.model.project import Project
from scaffold.model.resolution import Reason
from scaffold.model.verdict import Accepted, Evaluation


def check_satisfiable(
    project: Project, rows: Iterable[Sequence[Evaluation]], *, offline: bool
) -> None:
    """Raise UnresolvableError if for some target every base fails for the requirements' own sake.

    That is: each was refused before its packages were looked at, or for a package that nobody
    knows or versions that exclude each other, wherever it would run.
    """
    for row in rows:
        looked_at = [
            verdict.reasons
            for verdict in row
            if isinstance(verdict, Accepted) or {r.code for r in verdict.reasons} - OF_BASES
        ]
        if looked_at and all(HOPELESS & {r.code for r in reasons} for reasons in looked_at):
            found = dict.fromkeys(r for rs in looked_at for r in rs if r.code in HOPELESS)
            raise UnresolvableError(
                "no version of some packages satisfies all that is asked of them",
                details=tuple(_place(project, found)),
                hint=(
                    "plan once without --offline, or correct the requirements"
                    if offline
                    else "correct the name or the version and run again"
                ),
            )


def _place(project: Project, reasons: Iterable[Reason]) -> Iterator[Detail]:
    """Yield each text once, with the lines that ask for its package."""
    for text, package in dict.fromkeys((reason.text, reason.package) for reason in reasons):
        origins = [
            asked.origin
            for asked in (*project.asked, *project.constraints)
            if asked.name == package
        ]
        for origin in origins:
            yield Detail(file=origin.file, line=origin.line, text=text)
        if not origins:
            yield Detail(text=text)
