"""Values for tests: everything has a plain default, so that a test states only what matters."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from scaffold.model.index import DistFile, WheelFacts
from scaffold.model.knowledge import Base, BuildClass, Facts, Image, PackageFact
from scaffold.model.options import Request
from scaffold.model.project import Found, Origin, OwnPackage, Project, Start
from scaffold.model.resolution import Pinned, Reason, Resolution, Weighed
from scaffold.model.target import (
    Arch,
    Budget,
    CpuClass,
    Device,
    Environment,
    Libc,
    LibcFamily,
    Target,
)
from scaffold.model.verdict import Accepted, Candidate, Decision, Rejected, Size, Suggestion
from scaffold.report.plan_result import PlanResult
from scaffold.state.record import RecordedPackage, RecordedTarget

CHECKED = date(2026, 9, 19)
SOURCE = "a test"
MB = 10**6


def make_image(python: str = "3.13", arch: Arch = Arch.ARM64, **changes: object) -> Image:
    """Return an image of 120 MB."""
    image = Image(
        python=python,
        arch=arch,
        release=f"{python}.1",
        download=45 * MB,
        on_disk=120 * MB,
        error=0.01,
        source=SOURCE,
        checked=CHECKED,
    )
    return replace(image, **changes)  # type: ignore[arg-type]


def make_base(name: str = "slim-trixie", **changes: object) -> Base:
    """Return a base; an id that starts with ``alpine`` is musl, any other Debian."""
    musl = name.startswith("alpine")
    base = Base(
        id=name,
        family=name.split("-", maxsplit=1)[0],
        distribution="alpine" if musl else "debian",
        release=name.rsplit("-", maxsplit=1)[-1],
        reference="python:{python}-" + name,
        libc=LibcFamily.MUSL if musl else LibcFamily.GLIBC,
        libc_version=(1, 2) if musl else (2, 41),
        package_manager="apk" if musl else "apt",
        shell=True,
        user="root",
        interpreter="/usr/local/bin/python3",
        site_packages="/usr/local/lib/python{python}/site-packages",
        pip=True,
        eol=date(2030, 6, 30),
        ships=("libc.so.6",),
        source=SOURCE,
        checked=CHECKED,
        images=(make_image(),),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def make_own(path: str = ".", **changes: object) -> OwnPackage:
    """Return a pure package of the project itself, whose modules lie at its top."""
    own = OwnPackage(
        path=path,
        name="greet",
        backend="hatchling.build",
        requires=("hatchling",),
        root=path,
        origin=Origin(file="pyproject.toml", line=1),
    )
    return replace(own, **changes)  # type: ignore[arg-type]


def make_pinned(name: str = "numpy", version: str = "2.2.6", **changes: object) -> Pinned:
    """Return a package pinned to a wheel of 10 MB."""
    file = DistFile(
        filename=f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
        sha256="ab" * 32,
        size=10 * MB,
    )
    pinned = Pinned(name=name, version=version, file=file, wheel=True, newest=version)
    return replace(pinned, **changes)  # type: ignore[arg-type]


def make_weighed(
    name: str = "numpy", version: str = "2.2.6", installed: int = 30 * MB, **changes: object
) -> Weighed:
    """Return a pinned package of 30 MB unpacked."""
    facts = WheelFacts(installed=installed, files=100, elf="none")
    return Weighed(pinned=make_pinned(name, version, **changes), facts=facts)


def make_size(on_disk: int = 412 * MB, download: int = 148 * MB) -> Size:
    """Return a prediction with a bound of one percent and two parts."""
    return Size(
        on_disk=on_disk,
        download=download,
        error=on_disk // 100,
        download_error=download // 100,
        in_blocks=on_disk + on_disk // 10,
        in_blocks_error=on_disk // 50,
        parts=(("base", 120 * MB, 45 * MB), ("packages", on_disk - 120 * MB, download - 45 * MB)),
    )


def make_candidate(
    base: Base | None = None,
    python: str = "3.13",
    packages: Sequence[Weighed] = (),
    notes: Sequence[Reason] = (),
    size: Size | None = None,
    **changes: object,
) -> Candidate:
    """Return a candidate on slim with one package."""
    base = base or make_base()
    packages = tuple(packages) or (make_weighed(),)
    environment = Environment(
        python=python,
        arch=Arch.ARM64,
        libc=Libc(family=base.libc, version=base.libc_version),
    )
    candidate = Candidate(
        base=base,
        image=make_image(python),
        reference=base.reference.format(python=python),
        resolution=Resolution(
            environment=environment,
            packages=tuple(item.pinned for item in packages),
            notes=tuple(notes),
        ),
        packages=packages,
        build_class=BuildClass.WHEELS,
        size=size or make_size(),
    )
    return replace(candidate, **changes)  # type: ignore[arg-type]


def make_fits(
    base: str = "slim-trixie", python: str = "3.13", reasons: Sequence[Reason] = (), **of: object
) -> Accepted:
    """Return a base that fits; the rest goes to ``make_candidate``."""
    candidate = make_candidate(make_base(base), python, **of)  # type: ignore[arg-type]
    return Accepted(candidate=candidate, reasons=tuple(reasons))


def make_rejected(
    base: str = "alpine-3.23",
    python: str = "3.13",
    *reasons: Reason,
    candidate: Candidate | None = None,
) -> Rejected:
    """Return a rejected base; without reasons, because tensorflow has no wheel there."""
    no_wheel = Reason(
        code="no-wheel",
        text="tensorflow 2.20.0 has no wheel for musl (arm64)",
        package="tensorflow",
        fact="musl",
    )
    return Rejected(
        base=make_base(base), python=python, reasons=reasons or (no_wheel,), candidate=candidate
    )


def make_saving(option: str = "--swap opencv-python=opencv-python-headless") -> Suggestion:
    """Return a swap that saves 62 MB."""
    return Suggestion(
        code="swap",
        text="opencv-python → opencv-python-headless: keeps the import; loses windows",
        bytes=62 * MB,
        download=20 * MB,
        option=option,
        kind="safe",
    )


def make_decision(
    chosen: Accepted | None = None, *others: Accepted | Rejected, **more: object
) -> Decision:
    """Return a decision; ``chosen`` is among its verdicts."""
    verdicts = (chosen, *others) if chosen else others
    decision = Decision(chosen=chosen, verdicts=verdicts)
    return replace(decision, **more)  # type: ignore[arg-type]


def make_device(name: str = "raspberry-pi-4", arch: Arch = Arch.ARM64) -> Device:
    """Return a board with 4 GiB of memory and 32 GB of storage."""
    return Device(
        id=name,
        name=name.replace("-", " ").title(),
        arch=arch,
        memory=4 << 30,
        storage=32 * 10**9,
        cpu=CpuClass.MEDIUM,
        cores=4,
        caveats=("Storage is an SD card.",),
        source=SOURCE,
        checked=CHECKED,
    )


def make_target(arch: Arch = Arch.ARM64, **budget: int | None) -> Target:
    """Return a target with a budget in bytes."""
    return Target(arch=arch, budget=Budget(**budget))  # type: ignore[arg-type]


def make_project(**changes: object) -> Project:
    """Return a web application that says where everything is written."""
    project = Project(
        name=Found(value="camera", origin=Origin(file="pyproject.toml", line=2)),
        pythons=(Found(value=">=3.11", origin=Origin(file="pyproject.toml", line=4)),),
        start=Found(
            value=Start(framework="fastapi", command=("uvicorn", "main:app")),
            origin=Origin(file="main.py", line=5),
        ),
        port=Found(value=8000, origin=Origin(file="main.py", line=5, detail="uvicorn's default")),
        health=Found(value="/health", origin=Origin(file="main.py", line=9)),
        files=("requirements.txt",),
    )
    return replace(project, **changes)  # type: ignore[arg-type]


def make_facts(*bases: Base, packages: Sequence[PackageFact] = ()) -> Facts:
    """Return facts with two bases and two devices."""
    devices = (make_device(), make_device("raspberry-pi-zero", Arch.ARM_V6))
    return Facts(
        bases=bases or (make_base(), make_base("alpine-3.23")),
        libraries={},
        packages={package.name: package for package in packages},
        devices={device.id: device for device in devices},
    )


def make_outcome(*decisions: Decision, **changes: object) -> PlanResult:
    """Return an outcome with one target per decision, by default one that fits."""
    decisions = decisions or (make_decision(make_fits(), make_rejected()),)
    arches = (Arch.ARM64, Arch.AMD64, Arch.ARM_V7)[: len(decisions)]
    outcome = PlanResult(
        project=make_project(),
        request=Request(targets=arches),
        targets=tuple(make_target(arch) for arch in arches),
        decisions=decisions,
    )
    return replace(outcome, **changes)  # type: ignore[arg-type]


def make_recorded(
    arch: Arch = Arch.ARM64, base: str = "slim-trixie", size: int = 100, **versions: str
) -> RecordedTarget:
    """Return what was recorded for a target with 150 MB of room; ``size`` in MB."""
    return RecordedTarget(
        target=arch,
        base=base,
        python="3.13",
        reference=f"python:3.13-{base}",
        size=Size(on_disk=size * MB, download=size * MB * 4 // 10, error=1, download_error=1),
        budget=Budget(on_disk=150 * MB, download=60 * MB),
        packages={name: RecordedPackage(version=one) for name, one in versions.items()},
    )
