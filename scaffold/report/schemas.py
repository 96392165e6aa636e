"""What --json prints, as types: the schemas in docs/schemas follow, and documents are made by them.

Sizes are bytes. A ``version`` changes when a reader would break; fields may be added.
"""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from scaffold.model.dockerfile import Cost, Severity
from scaffold.model.errors import Detail
from scaffold.model.knowledge import BuildClass
from scaffold.model.target import Arch, Budget, CpuClass, LibcFamily
from scaffold.model.verdict import Suggestion
from scaffold.model.verification import Figures

Bytes = Annotated[int, msgspec.Meta(ge=0)]
Position = Annotated[int, msgspec.Meta(ge=1)]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Rule = Annotated[str, msgspec.Meta(pattern="^LS[0-9]{3}$")]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Platform = Annotated[str, msgspec.Meta(pattern="^linux/")]
Minor = Annotated[str, msgspec.Meta(pattern=r"^3\.[0-9]+$")]


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of a document."""


class Reason(Document, frozen=True, kw_only=True, omit_defaults=True):
    """Why; `leanscaffold explain CODE` tells more. What is empty is left out."""

    code: Code
    text: str
    package: str = ""
    file: str = ""
    fact: str = ""


class Part(Document, frozen=True, kw_only=True):
    """A share of an image's size."""

    label: str
    on_disk: Bytes
    download: Bytes


class Size(Document, frozen=True, kw_only=True):
    """A prediction; each error is a bound, both ways.

    on_disk is the files of unpacked layers, download the compressed layers, in_blocks what unpacked
    layers take in blocks of 4 KiB, containerd what its store holds: those and the compressed ones.
    """

    on_disk: Bytes
    download: Bytes
    error: Bytes
    download_error: Bytes
    in_blocks: Bytes
    in_blocks_error: Bytes
    containerd: Bytes
    containerd_error: Bytes
    parts: list[Part]


class Device(Document, frozen=True, kw_only=True):
    """The profile of a device."""

    id: str
    name: str
    arch: Arch
    memory: Bytes | None
    storage: Bytes | None
    cpu: CpuClass
    cores: int | None
    caveats: list[str]
    source: str
    checked: date


class AddedPackage(Document, frozen=True, kw_only=True):
    """A distribution's package that is added."""

    name: str
    on_disk: Bytes
    download: Bytes


class Memory(Document, frozen=True, kw_only=True):
    """What importing all packages takes, the interpreter included; measured of so many."""

    resident: Bytes
    measured: int
    of: int


class Chosen(Document, frozen=True, kw_only=True):
    """The base that was chosen: reference is what FROM names, eol when its distribution ends."""

    base: str
    family: str
    libc: LibcFamily
    libc_version: str
    reference: str
    digest: str | None
    python_release: str
    eol: date | None
    size: Size
    run_packages: list[AddedPackage]
    build_packages: list[str]
    build_tools: list[str]
    build_class: BuildClass
    memory: Memory | None
    reasons: list[Reason]


class Candidate(Document, frozen=True, kw_only=True):
    """How one base with one Python ended."""

    base: str
    python: str
    verdict: Literal["fits", "rejected"]
    chosen: bool
    reasons: list[Reason]
    size: Size | None
    build_class: BuildClass | None


class Package(Document, frozen=True, kw_only=True):
    """One package and its file. Where exact is false, installed_bytes is an estimate.

    trimmed is what trimming takes out of it, by rule.
    """

    name: str
    version: str
    newest: str | None
    file: str
    wheel: bool
    extras: list[str]
    required_by: list[str]
    installed_bytes: Bytes
    download_bytes: Bytes | None
    exact: bool
    trimmed: dict[str, Bytes]


class Way(Document, frozen=True, kw_only=True):
    """A way to get packages without wheels onto the target; without a size it leads nowhere."""

    code: Code
    text: str
    risk: str | None
    size: Size | None
    build_class: BuildClass | None
    option: str | None
    chosen: bool


class Layer(Document, frozen=True, kw_only=True):
    """A layer to be; name is null for packages.

    A change of it makes a device pull download, or with the classic store pulled_classic: this
    layer and all above it.
    """

    name: str | None
    packages: list[str]
    on_disk: Bytes
    download: Bytes
    pulled_classic: Bytes


class Decision(Document, frozen=True, kw_only=True):
    """What was decided for one target, which is Docker's platform.

    Candidates are every base with every Python: the chosen one first, then what fits by size, then
    what does not. Packages and savings are sorted by weight, layers from the bottom. python and
    chosen are null where nothing fits.
    """

    target: Platform
    device: Device | None
    budget: Budget
    python: Minor | None
    chosen: Chosen | None
    candidates: list[Candidate]
    packages: list[Package]
    savings: list[Suggestion]
    ways: list[Way]
    notes: list[Reason]


class Target(Decision, frozen=True, kw_only=True):
    """A decision with the layers of its image."""

    layers: list[Layer]


class Start(Document, frozen=True, kw_only=True):
    """How the application starts; origin is file:line, or an option."""

    framework: str
    command: list[str]
    origin: str


class Port(Document, frozen=True, kw_only=True):
    """The port that it listens on."""

    value: int
    origin: str


class Health(Document, frozen=True, kw_only=True):
    """The path that answers while it is well."""

    value: str
    origin: str


class Plan(Target, frozen=True, kw_only=True):
    """Printed by plan and generate with --json; the top level repeats the first of the targets.

    files maps names to what was written, null where nothing was; measured is what `verify --save`
    kept of what is chosen, by platform.
    """

    version: Literal[1]
    project: str
    requirement_files: list[str]
    start: Start | None
    port: Port | None
    health: Health | None
    remarks: list[Reason]
    files: dict[str, Sha256 | None]
    targets: Annotated[list[Target], msgspec.Meta(min_length=1)]
    measured: dict[Platform, Figures] | msgspec.UnsetType = msgspec.UNSET


class Share(Document, frozen=True, kw_only=True):
    """A part of the image, with bytes by kind of file; trimmed is left out of it, by rule."""

    label: str
    group: Literal["base", "package", "system packages", "application", "what the trace keeps"]
    version: str | None
    on_disk: Bytes
    download: Bytes
    kinds: dict[str, Bytes]
    trimmed: dict[str, Bytes]


class Breakdown(Document, frozen=True, kw_only=True):
    """One target: its parts, the largest first, which together are its size on disk."""

    parts: list[Share]
    plan: Decision


class Report(Document, frozen=True, kw_only=True):
    """What leanscaffold report --json prints."""

    version: Literal[1]
    project: str
    remarks: list[Reason]
    targets: Annotated[list[Breakdown], msgspec.Meta(min_length=1)]


class Finding(Document, frozen=True, kw_only=True):
    """What a rule found; end_column is the one after the last. --fix mends what is fixable."""

    code: Rule
    name: Code
    severity: Severity
    text: str
    line: Position
    column: Position
    end_line: Position
    end_column: Position
    fixable: bool
    cost: Cost | None


class Findings(Document, frozen=True, kw_only=True):
    """What leanscaffold lint --json prints; project is null where the file was judged alone."""

    version: Literal[1]
    file: str
    project: str | None
    target: Platform | None
    notes: list[str]
    findings: list[Finding]


class Failure(Document, frozen=True, kw_only=True):
    """Why a command failed; the exit code follows from the code."""

    code: Code
    cause: str
    hint: str
    details: list[Detail]


class Error(Document, frozen=True, kw_only=True):
    """What --json prints on stdout when a command fails."""

    version: Literal[1]
    error: Failure


def fill(kind: type[Document], source: object = None, **given: object) -> dict[str, Any]:
    """Return an object of a document: each field as given, or the attribute of its name."""
    raw = {
        name: given[name] if name in given else getattr(source, name)
        for name in kind.__struct_fields__
        if name in given or source is not None
    }
    filled: dict[str, Any] = msgspec.to_builtins(msgspec.convert(raw, kind, from_attributes=True))
    return filled
