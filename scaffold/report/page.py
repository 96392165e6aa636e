"""The page of a report: what its template needs to know, and the HTML."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from scaffold import __version__
from scaffold.catalog.resources import make_environment, read_template
from scaffold.model.codes import Code
from scaffold.model.errors import clean
from scaffold.model.index import Contents
from scaffold.model.knowledge import Facts
from scaffold.model.target import Target
from scaffold.model.verdict import Decision, Evaluation, Rejected
from scaffold.model.verification import Measured
from scaffold.planner.layer_plan import PlannedLayer
from scaffold.planner.size_by_kind import SOURCES, Share, break_down
from scaffold.report.page_drawing import Treemap, draw_bar, draw_treemap
from scaffold.report.plan_result import PlanResult, best_per_base, planned_layers
from scaffold.report.terminal import format_bound, format_size
from scaffold.report.text import name_layer

_MEANINGS = {
    "base": "the base image",
    "machine code": "compiled extension modules and the libraries they bring",
    "Python source": "what is run, or compiled from",
    "bytecode": "compiled Python, for a quick start",
    "tests": "tests that packages install",
    "for developers": "type stubs, headers, static libraries",
    "data": "data files, metadata, documentation",
    "system packages": "packages of the distribution",
    "application": "the project's own files",
    "what the trace keeps": "the files that a run opened",
    "packages": "what is installed from the index",
}
_SLUGS = {name: name.lower().replace(" ", "-") for name in _MEANINGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A file or a folder of a package; ``gone`` says that the image is without it."""

    name: str
    size: int
    gone: bool
    inside: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Everything on one target. ``files`` are those of wheels, by the label of the share.

    ``weighed`` are the bases with a size, drawn to a scale of so many bytes; ``unweighed`` says why
    the others have none. ``trimmed`` are (kind of file, bytes, the packages with most of it).
    """

    slug: str
    target: Target
    decision: Decision
    shares: tuple[Share, ...]
    files: Mapping[str, tuple[Node, ...]]
    treemaps: tuple[Treemap, ...]
    weighed: tuple[Evaluation, ...]
    unweighed: Mapping[str, Sequence[str]]
    scale: int
    trimmed: tuple[tuple[str, int, str], ...]
    layers: tuple[PlannedLayer, ...]
    measured: Measured | None
    notes: tuple[str, ...]

    @property
    def where(self) -> str:
        """Return the device's name, or the platform."""
        device = self.target.device
        return device.name if device else self.target.arch.platform

    @property
    def title(self) -> str:
        """Return its heading."""
        platform = self.target.arch.platform
        return f"{self.where} ({platform})" if self.target.device else platform


def _section(
    outcome: PlanResult,
    facts: Facts,
    contents: Mapping[str, Contents],
    target: Target,
    decision: Decision,
) -> Section:
    slug = target.arch.slug if len(outcome.targets) > 1 else "image"
    bytecode = outcome.request.options.bytecode
    shares = break_down(decision.chosen, facts, bytecode=bytecode) if decision.chosen else ()
    verdicts = best_per_base(decision)
    weighed = tuple(one for one in verdicts if one.size is not None)
    unweighed: dict[str, list[str]] = {}
    for one in verdicts:
        if one.size is None:
            unweighed.setdefault("; ".join(why.text for why in one.reasons), []).append(_name(one))
    limit = target.budget.on_disk
    scale = max([one.size.on_disk for one in weighed if one.size] + [limit or 0], default=0)
    told = (*decision.notes, *outcome.remarks, *outcome.project_notes)
    notes = [note.text for note in told]
    notes += target.device.caveats if target.device else ()
    return Section(
        slug=slug,
        target=target,
        decision=decision,
        shares=shares,
        files={
            one.label: _files(one, contents[one.file]) for one in shares if one.file in contents
        },
        # One drawing for wide screens, one for narrow ones.
        treemaps=(
            draw_treemap(f"{slug}-wide", shares, 1040, 560),
            draw_treemap(f"{slug}-narrow", shares, 358, 620),
        )
        if shares
        else (),
        weighed=weighed,
        unweighed=unweighed,
        scale=min(scale, 2 * limit) if limit else scale,
        trimmed=tuple(_trimmed(shares)),
        layers=planned_layers(outcome, decision)[::-1],
        measured=outcome.measured.get(target.arch),
        notes=tuple(dict.fromkeys(notes)),
    )


def _name(verdict: Evaluation) -> str:
    return f"{verdict.base.id}, Python {verdict.python}" if verdict.python else verdict.base.id


def _part_id(slug: str, label: str) -> str:
    """Return the anchor of a part of the image."""
    return f"{slug}-part-{re.sub('[^a-z0-9]+', '-', label.lower())}"


def _trimmed(shares: Sequence[Share]) -> Iterator[tuple[str, int, str]]:
    """Yield what is left out of the wheels, by kind, with the packages that it is most of."""
    gone: dict[str, list[tuple[int, str]]] = {}
    for share in shares:
        for kind, size in share.trimmed:
            gone.setdefault(kind, []).append((size, share.label))
    totals = {kind: sum(size for size, _ in found) for kind, found in gone.items()}
    for kind in sorted(gone, key=lambda kind: (-totals[kind], kind)):
        most = sorted(gone[kind], reverse=True)[:3]
        names = ", ".join(f"{label} {format_size(size)}" for size, label in most if size)
        yield kind, totals[kind], names
    if total := sum(totals.values()):
        yield "total", total, ""


_WORTH_A_LINE = 0.002  # of the wheel's bytes


def _files(share: Share, contents: Contents) -> tuple[Node, ...]:
    """Return the tree of a wheel's files. A rule's are gone where all that it covers is."""
    covered: dict[str, int] = {}
    for path, size, rule in contents:
        rule = SOURCES if path.endswith(".py") and not rule else rule  # noqa: PLW2901
        covered[rule] = covered.get(rule, 0) + size
    left_out = dict(share.trimmed)
    gone = {rule for rule, size in covered.items() if rule and left_out.get(rule) == size}
    files = [
        (tuple(path.split("/")), size, (rule or (path.endswith(".py") and SOURCES)) in gone)
        for path, size, rule in contents
    ]
    return _tree(files, _WORTH_A_LINE * sum(covered.values()))


_File = tuple[tuple[str, ...], int, bool]  # its path, bytes, and whether the image is without it


def _tree(files: Sequence[_File], least: float) -> tuple[Node, ...]:
    """Return files by folder, the largest first, and what is smaller than ``least`` together."""
    tops: dict[str, list[_File]] = {}
    for parts, size, gone in files:
        tops.setdefault(parts[0], []).append((parts[1:], size, gone))
    sizes = {top: sum(size for _, size, _ in inside) for top, inside in tops.items()}
    shown = sorted((top for top in tops if sizes[top] >= least), key=lambda top: (-sizes[top], top))
    nodes = []
    for top in shown:
        below = [one for one in tops[top] if one[0]]
        inside = _tree(below, least)
        gone = all(one for _, _, one in tops[top])
        name = f"{top}/" if below else top
        if len(inside) == 1 and inside[0].inside:
            name, inside = f"{name}{inside[0].name}", inside[0].inside
        nodes.append(Node(name=name, size=sizes[top], gone=gone, inside=inside))
    rest = [one for top in tops.keys() - set(shown) for one in tops[top]]
    if rest:
        nodes.append(
            Node(
                name=f"{len(rest)} smaller file{'' if len(rest) == 1 else 's'}",
                size=sum(size for _, size, _ in rest),
                gone=all(one for _, _, one in rest),
            )
        )
    return tuple(nodes)


_BLANK_LINES = re.compile(r"\n\s*\n+")


def render_page(outcome: PlanResult, facts: Facts, contents: Mapping[str, Contents]) -> str:
    """Return the HTML of an outcome; ``contents`` are those of wheels, by their file names."""
    environment = make_environment(autoescape=True)
    environment.filters |= {"number": spell_number, "size": format_size, "slug": _SLUGS.__getitem__}
    environment.tests["rejected"] = lambda verdict: isinstance(verdict, Rejected)
    environment.globals |= {
        "bar": lambda parts, scale: draw_bar([part[:2] for part in parts], scale),
        "bound": format_bound,
        "name": _name,
        "name_layer": name_layer,
        "part_id": _part_id,
    }
    script = read_template("report/page.js")
    sections = [
        _section(outcome, facts, contents, target, decision)
        for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
    ]
    text = environment.get_template("report/page.html.j2").render(
        project=outcome.project.name.value,
        version=__version__,
        sections=sections,
        meanings=_MEANINGS,
        swap=Code.SWAP,
        script=script,
        digest=b64encode(sha256(script.encode()).digest()).decode(),
    )
    return _BLANK_LINES.sub("\n", clean(text)).lstrip()


def spell_number(value: float) -> str:
    """Return a coordinate with two decimals at most: the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
