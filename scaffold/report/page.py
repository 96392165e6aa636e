"""What the page's template sees: an outcome, in words and drawings."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import jinja2

from scaffold import __version__
from scaffold.model.codes import Code
from scaffold.model.errors import clean
from scaffold.model.index import Contents
from scaffold.model.knowledge import Facts
from scaffold.model.target import Target
from scaffold.model.verdict import Accepted, Decision, Evaluation, Rejected, Size, Suggestion
from scaffold.model.verification import Measured
from scaffold.planner.layer_plan import PlannedLayer
from scaffold.planner.size_by_kind import SOURCES, Share, break_down
from scaffold.report.formatting import format_bound, format_size
from scaffold.report.page_drawing import Segment, Treemap, draw_bar, draw_treemap
from scaffold.report.plan_result import PlanResult, best_per_base, planned_layers

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
class Entry:
    """A kind of file in the legend."""

    slug: str
    name: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table; the first cell is its heading."""

    head: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A file or a folder of a package; ``gone`` says that the image is without it."""

    name: str
    size: str
    gone: bool
    inside: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A package or another part of the image; sizes in bytes too, to be sorted by.

    ``left_out`` are (what, bytes), ``files`` what its wheel holds, empty where nobody looked.
    """

    id: str
    name: str
    on_disk: int
    download: int
    cells: tuple[str, str, str]
    kinds: tuple[Row, ...]
    left_out: tuple[Row, ...]
    files: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A base among the candidates: its bar, and ``limit`` where the budget ends, in hundredths."""

    name: str
    verdict: str
    size: str
    download: str
    reasons: tuple[str, ...]
    bar: tuple[Segment, ...]
    limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Everything on one target."""

    slug: str
    title: str
    headline: str
    figures: tuple[Row, ...]
    treemaps: tuple[Treemap, ...]
    legend: tuple[Entry, ...]
    parts: tuple[Part, ...]
    budget: str
    contenders: tuple[Contender, ...]
    unweighed: tuple[Row, ...]
    trimmed: tuple[Row, ...]
    savings: tuple[Row, ...]
    layers: tuple[Row, ...]
    measured: tuple[Row, ...]
    measured_note: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    project: str
    version: str
    slugs: dict[str, str]
    sections: tuple[Section, ...]


def make_page(outcome: PlanResult, facts: Facts, contents: Mapping[str, Contents]) -> Page:
    """Return the page of an outcome; ``contents`` are those of wheels, by their file names."""
    several = len(outcome.targets) > 1
    return Page(
        project=outcome.project.name.value,
        version=__version__,
        slugs=_SLUGS,
        sections=tuple(
            _section(outcome, facts, contents, target, decision, several=several)
            for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
        ),
    )


def _section(
    outcome: PlanResult,
    facts: Facts,
    contents: Mapping[str, Contents],
    target: Target,
    decision: Decision,
    *,
    several: bool,
) -> Section:
    slug = target.arch.slug if several else "image"
    chosen = decision.chosen
    bytecode = outcome.request.options.bytecode
    shares = break_down(chosen, facts, bytecode=bytecode) if chosen else ()
    where = target.device.name if target.device else target.arch.platform
    measured = outcome.measured.get(target.arch)
    contenders, unweighed = _contenders(decision, target)
    notes = [note.text for note in (*decision.notes, *outcome.remarks)]
    notes += [
        *outcome.project.warnings,
        *outcome.project.notes,
        *(target.device.caveats if target.device else ()),
    ]
    return Section(
        slug=slug,
        title=f"{where} ({target.arch.platform})" if target.device else where,
        headline=_headline(chosen, where),
        figures=tuple(_figures(chosen, target)),
        treemaps=_treemaps(slug, shares),
        legend=_legend(shares),
        parts=tuple(_parts(slug, shares, contents)),
        budget=_budget(target),
        contenders=contenders,
        unweighed=unweighed,
        trimmed=tuple(_trimmed(shares)),
        savings=tuple(_saving(saving) for saving in decision.savings),
        layers=tuple(_layer(one) for one in reversed(planned_layers(outcome, decision))),
        measured=tuple(_compare(chosen.size, measured)) if chosen and measured else (),
        measured_note=_measured_note(measured) if measured else "",
        notes=tuple(dict.fromkeys(notes)),
    )


def _headline(chosen: Accepted | None, where: str) -> str:
    if chosen is None:
        return f"No base image fits {where}."
    size = format_size(chosen.size.on_disk)
    kind = "" if chosen.base.shell else ", a minimal image without a shell,"
    return f"{chosen.base.id}{kind} with Python {chosen.python} fits {where}: {size} on disk."


def _figures(chosen: Accepted | None, target: Target) -> Iterator[Row]:
    if chosen is None:
        return
    size, budget = chosen.size, target.budget
    pairs = (
        ("On disk", size.on_disk, size.error, budget.on_disk),
        ("To download", size.download, size.download_error, budget.download),
        ("In containerd's store", size.containerd, size.containerd_error, None),
    )
    for name, value, error, limit in pairs:
        allowed = f"{value / limit:.0%} of the {format_size(limit)} allowed" if limit else ""
        yield Row(head=name, cells=(format_bound(value, error), allowed))


def _treemaps(slug: str, shares: Sequence[Share]) -> tuple[Treemap, ...]:
    """Return the drawing for wide screens and for narrow ones."""
    if not shares:
        return ()
    wide = draw_treemap(f"{slug}-wide", shares, 1040, 560)
    return (wide, draw_treemap(f"{slug}-narrow", shares, 358, 620))


def _legend(shares: Sequence[Share]) -> tuple[Entry, ...]:
    found = {kind for share in shares for kind, _ in share.kinds}
    return tuple(
        Entry(slug=_SLUGS[name], name=name, meaning=meaning)
        for name, meaning in _MEANINGS.items()
        if name in found
    )


def _parts(slug: str, shares: Sequence[Share], contents: Mapping[str, Contents]) -> Iterator[Part]:
    total = sum(share.on_disk for share in shares)
    for share in shares:
        kinds = share.kinds if share.group == "package" else ((share.group, share.on_disk),)
        yield Part(
            id=part_id(slug, share.label),
            name=f"{share.label} {share.version}".strip(),
            on_disk=share.on_disk,
            download=share.download,
            cells=(
                format_size(share.on_disk),
                f"{share.on_disk / total:.1%}",
                format_size(share.download),
            ),
            kinds=tuple(Row(head=kind, cells=(format_size(size),)) for kind, size in kinds),
            left_out=tuple(Row(head=r, cells=(format_size(size),)) for r, size in share.trimmed),
            files=_files(share, contents.get(share.file, ())),
        )


def part_id(slug: str, label: str) -> str:
    """Return the anchor of a part of the image."""
    return f"{slug}-part-{re.sub('[^a-z0-9]+', '-', label.lower())}"


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
        nodes.append(Node(name=name, size=format_size(sizes[top]), gone=gone, inside=inside))
    rest = [one for top in tops.keys() - set(shown) for one in tops[top]]
    if rest:
        nodes.append(
            Node(
                name=f"{len(rest)} smaller file{'' if len(rest) == 1 else 's'}",
                size=format_size(sum(size for _, size, _ in rest)),
                gone=all(one for _, _, one in rest),
            )
        )
    return tuple(nodes)


def _budget(target: Target) -> str:
    limit = target.budget.on_disk
    return format_size(limit) if limit else ""


def _contenders(
    decision: Decision, target: Target
) -> tuple[tuple[Contender, ...], tuple[Row, ...]]:
    """Return the bases that were weighed, with bars to one scale, and the others with why not."""
    verdicts = best_per_base(decision)
    limit = target.budget.on_disk
    weighed = [(verdict, verdict.size) for verdict in verdicts if verdict.size is not None]
    scale = max([size.on_disk for _, size in weighed] + [limit or 0], default=0)
    scale = min(scale, 2 * limit) if limit else scale
    bars = tuple(_contender(verdict, size, decision, scale, limit) for verdict, size in weighed)
    whys: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.size is None:
            why = "; ".join(reason.text for reason in verdict.reasons)
            whys.setdefault(why, []).append(_name(verdict))
    rest = tuple(Row(head="; ".join(names), cells=(why,)) for why, names in whys.items())
    return bars, rest


def _contender(
    verdict: Evaluation, size: Size, decision: Decision, scale: int, limit: int | None
) -> Contender:
    rejected = isinstance(verdict, Rejected)
    word = "rejected" if rejected else "fits"
    reasons = tuple(reason.text for reason in verdict.reasons) if rejected else ()
    return Contender(
        name=_name(verdict),
        verdict="chosen" if verdict == decision.chosen else word,
        size=format_bound(size.on_disk, size.error),
        download=format_size(size.download),
        reasons=reasons,
        bar=draw_bar([(label, on_disk) for label, on_disk, _ in size.parts], scale),
        limit=100 * limit / scale if limit and scale else None,
    )


def _name(verdict: Evaluation) -> str:
    return f"{verdict.base.id}, Python {verdict.python}" if verdict.python else verdict.base.id


def _trimmed(shares: Sequence[Share]) -> Iterator[Row]:
    """Yield what is left out of the wheels, by kind, with the packages that it is most of."""
    kinds = {kind for share in shares for kind, _ in share.trimmed}
    for kind in sorted(kinds, key=lambda kind: (-_gone(shares, kind), kind)):
        of = sorted(
            ((dict(share.trimmed).get(kind, 0), share.label) for share in shares), reverse=True
        )
        most = ", ".join(f"{label} {format_size(size)}" for size, label in of[:3] if size)
        yield Row(head=kind, cells=(format_size(_gone(shares, kind)), most))
    total = sum(_gone(shares, kind) for kind in kinds)
    if total:
        yield Row(head="together", cells=(format_size(total), ""))


def _gone(shares: Sequence[Share], kind: str) -> int:
    return sum(dict(share.trimmed).get(kind, 0) for share in shares)


def _saving(saving: Suggestion) -> Row:
    kind = "keeps the behaviour" if saving.kind == "safe" else "look first"
    return Row(
        head=saving.text,
        cells=(
            format_size(saving.bytes) if saving.bytes else "unknown",
            format_size(saving.download) if saving.download else "unknown",
            kind if saving.code == Code.SWAP else "slower starts",
            saving.option,
        ),
    )


def _layer(layer: PlannedLayer) -> Row:
    names = layer.packages[:6]
    more = len(layer.packages) - len(names)
    return Row(
        head=layer.name or ", ".join(names) + (f" and {more} more" if more else ""),
        cells=(
            format_size(layer.on_disk),
            format_size(layer.download),
            format_size(layer.pulled_classic),
        ),
    )


def _compare(size: Size, measured: Measured) -> Iterator[Row]:
    pairs = (
        ("On disk", size.on_disk, size.error, measured.on_disk),
        ("To download", size.download, size.download_error, measured.download),
    )
    for name, predicted, error, found in pairs:
        within = "within the bound" if abs(found - predicted) <= error else "beyond the bound"
        off = f"{found / predicted - 1:+.1%}, {within}"
        yield Row(head=name, cells=(format_bound(predicted, error), format_size(found), off))


def _measured_note(measured: Measured) -> str:
    parts = [f"Measured on {measured.checked.isoformat()} by leanscaffold verify"]
    if measured.start_seconds is not None:
        emulated = " (emulated)" if measured.emulated else ""
        parts.append(f"it starts in {measured.start_seconds:.2f} s{emulated}")
    if measured.peak_memory is not None:
        parts.append(f"takes {format_size(measured.peak_memory)} of memory at most")
    text = ", ".join(parts)
    return f"{text}." if measured.passed else f"{text}. Some checks failed or were not tried."


_BLANK_LINES = re.compile(r"\n\s*\n+")


def render_page(page: Page, template: Callable[[str], str]) -> str:
    """Return the HTML; ``template`` returns the text of a template by its name."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    environment.filters["number"] = spell_number
    script = template("report/page.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    text = environment.get_template("report/page.html.j2").render(
        page=page, contents=_contents, part_id=part_id, script=script, digest=digest
    )
    return _BLANK_LINES.sub("\n", clean(text)).lstrip()


def spell_number(value: float) -> str:
    """Return a coordinate with two decimals at most: the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _contents(section: Section) -> list[tuple[str, str]]:
    """Return what a section has: the end of its anchor, and its name."""
    parts = [
        ("bytes", "Where the bytes go", bool(section.treemaps)),
        ("bases", "Candidates", True),
        ("savings", "Savings", bool(section.savings or section.trimmed)),
        ("layers", "Updates", bool(section.layers)),
        ("measured", "Measured", True),
        ("notes", "Notes", bool(section.notes)),
    ]
    return [(end, name) for end, name, there in parts if there]
