"""What was found in a project, each with the file and line that says so."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence

from rich.syntax import Syntax

from scaffold.config.option_sources import Given
from scaffold.model.addresses import without_credentials
from scaffold.model.options import INDEX
from scaffold.model.project import Project
from scaffold.report.plan_result import PlanResult
from scaffold.report.terminal import Content, align, indented, labelled, styled

_FILES_SHOWN = 3


def show_findings(project: Project, held: Mapping[str, Given], *, folder: str) -> Content:
    """Yield one line per finding. ``held`` are options that somebody set outside of the sources."""
    rows = [
        ("Project", project.name.value, str(project.name.origin)),
        ("Needs", *_requirements(project)),
    ]
    rows += [("Python", found.value, str(found.origin)) for found in project.pythons]
    start, port, health = project.start, project.port, project.health
    if start and "cmd" not in held:
        rows.append(("Starts with", start.value.line, str(start.origin)))
    if port and "port" not in held:
        rows.append(("Port", str(port.value), str(port.origin)))
    if health and "health" not in held:
        rows.append(("Health", health.value, str(health.origin)))
    rows += [
        (one.setting.name, _spell(one), one.where)
        for one in held.values()
        if one.setting.section != INDEX or one.setting.kind == "switch"
    ]
    yield styled(f"Found in {folder}", "bold")
    width = max(len(label) for label, _, _ in rows)
    for label, text, note in rows:
        yield labelled(f"  {label}", text, note, width=width + 2)


def _requirements(project: Project) -> tuple[str, str]:
    """Return how many packages are asked for, and where; a lock says how many come with them."""
    asked = {one.name for one in project.asked}
    count = f"{len(asked)} package{'' if len(asked) == 1 else 's'}" if asked else "no packages"
    if project.lock:
        locked = len({package.name for package in project.lock.packages})
        return f"{count}, {locked} locked", project.lock.file
    lines = Counter(one.origin.file for one in project.asked)
    files = [file for file, _ in lines.most_common()]
    more = f" and {len(files) - _FILES_SHOWN} more" if len(files) > _FILES_SHOWN else ""
    if len(files) == 1:
        first = min(one.origin.line or 1 for one in project.asked)
        last = max(one.origin.line or 1 for one in project.asked)
        return count, f"{files[0]}:{first}" + (f"-{last}" if last > first else "")
    return count, ", ".join(files[:_FILES_SHOWN]) + more


def _spell(given: Given) -> str:
    if isinstance(given.raw, bool):
        return str(given.raw).lower()
    texts = (given.raw,) if isinstance(given.raw, str) else given.raw
    return " ".join(
        without_credentials(one) if given.setting.kind == "url" else one for one in texts
    )


def show_dockerfile(text: str) -> Content:
    """Yield the Dockerfile that would be written, coloured where colours are."""
    yield ""
    yield Syntax(
        text.rstrip(), "docker", theme="ansi_dark", background_color="default", word_wrap=True
    )
    yield ""


def show_end(
    outcome: PlanResult, command: str, *, folder: str, created: Sequence[str], versioned: bool
) -> Content:
    """Yield what was written, and ``command``, which does the same without questions.

    ``versioned`` tells whether the folder is in a repository of git.
    """
    if created:
        yield styled("New project", "bold")
        yield indented(", ".join(created), 2)
        yield ""
    yield styled("Written", "bold")
    names = {name.partition("/")[0] + "/" * ("/" in name) for name in outcome.files}
    yield indented(", ".join(sorted(names)), 2)
    yield ""
    yield styled("Same without questions", "bold")
    yield indented(command, 2, "cyan")
    yield ""
    yield styled("Next", "bold")
    here = shlex.quote(folder)
    rows = [
        (f"leanscaffold build {here}", "build the image"),
        (f"leanscaffold verify {here}", "build it and run it within the device's limits"),
    ]
    if created and not versioned:
        rows.append((f"git init {here}", "keep its versions"))
    yield from (styled(f"  {line}") for line in align(rows))
