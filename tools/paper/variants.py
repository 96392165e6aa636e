"""The experiments of the paper that this project started from, as Dockerfiles of today.

S. Lim, Y.-G. Hong, "Research on Lightweighting Docker Images for Resource-Constrained Devices",
The Journal of Korean Institute of Communications and Information Sciences 50 (4), 2025, doi
10.7840/kics.2025.50.4.683. It builds pandas, opencv-python, numpy and tensorflow on python:3.8,
and reports sizes and build times; whether the images run it does not say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scaffold.dockerfile.quoting import exec_form, shell_word
from scaffold.planner.entrypoint import WORKDIR

_MOUNTS = (
    "RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf \\\n"
    "    --mount=type=secret,id=ca,target=/run/secrets/ca,mode=0444 \\\n"
    "    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; \\\n"
    "      set -- -o Acquire::https::CAInfo=/run/secrets/ca; fi; \\\n"
    "    "
)
_PIP = "pip install --no-cache-dir"
_UPDATE = 'apt-get "$@" update'
_FORGET = "rm -rf /var/lib/apt/lists/*"
_SOMETHING = ("curl",)


class Lever(StrEnum):
    """What a variant differs in from the one beside it."""

    ORDER = "order"
    BASE = "base"
    LAYERS = "layers"
    LISTS = "lists"
    STAGES = "stages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The paper's figures: bytes on disk and seconds of a build, None where we know of none."""

    on_disk: int | None = None
    build_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperVariant:
    """One image of the paper. ``rows`` are its places: a lever, what it shows, its figures.

    One image may show several things. ``rebuilds`` says that it is the rebuild that counts.
    """

    name: str
    dockerfile: str
    rows: tuple[tuple[Lever, str, Published], ...]
    rebuilds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What the variants are made of: references of images, files and packages.

    ``requirements`` are files relative to the project, ``system`` Debian packages, ``command`` an
    argument list.
    """

    full: str
    slim: str
    alpine: str
    requirements: tuple[str, ...]
    system: tuple[str, ...]
    command: tuple[str, ...]


def paper_variants(stack: Stack) -> tuple[PaperVariant, ...]:
    """Return the paper's images in its order: cache, bases, layers, lists, stages.

    What the paper's text leaves open is done the usual way: pip keeps no cache, apt installs what
    the packages need on the slim image, or curl where they need nothing.
    """
    return (
        PaperVariant(
            name="order-bad",
            dockerfile=_spell(stack.slim, ["COPY . .", _run(_install(stack))], stack),
            rows=((Lever.ORDER, "sources copied before packages are installed", Published()),),
            rebuilds=True,
        ),
        PaperVariant(
            name="slim",
            dockerfile=_spell(stack.slim, _ordered(stack, _install(stack)), stack),
            rows=(
                (Lever.ORDER, "packages installed before sources are copied", Published()),
                (Lever.BASE, stack.slim, Published()),
                (Lever.STAGES, "one stage", Published()),
            ),
            rebuilds=True,
        ),
        PaperVariant(
            name="full",
            dockerfile=_spell(stack.full, _ordered(stack, _install(stack)), stack),
            rows=((Lever.BASE, stack.full, Published()),),
        ),
        PaperVariant(
            name="alpine",
            dockerfile=_spell(stack.alpine, _ordered(stack, _install(stack)), stack),
            rows=(
                (Lever.BASE, stack.alpine, Published(on_disk=700_000_000, build_seconds=2423.0)),
            ),
        ),
        *_layered(stack),
        PaperVariant(
            name="two-stages",
            dockerfile=_two_stages(stack),
            rows=(
                (
                    Lever.STAGES,
                    "two, of which only /usr/local/bin is copied",
                    Published(on_disk=209_000_000),
                ),
            ),
        ),
    )


def _layered(stack: Stack) -> Iterator[PaperVariant]:
    steps = (_UPDATE, _apt(stack), _install(stack))
    yield PaperVariant(
        name="runs-apart",
        dockerfile=_spell(
            stack.slim, [*_copies(stack), *map(_run, (*steps, _FORGET)), "COPY . ."], stack
        ),
        rows=((Lever.LAYERS, "a RUN for each step", Published(on_disk=2_500_000_000)),),
    )
    yield PaperVariant(
        name="lists-kept",
        dockerfile=_spell(stack.slim, _ordered(stack, *steps), stack),
        rows=((Lever.LISTS, "apt's lists kept", Published(on_disk=2_550_000_000)),),
    )
    yield PaperVariant(
        name="runs-merged",
        dockerfile=_spell(stack.slim, _ordered(stack, *steps, _FORGET), stack),
        rows=(
            (Lever.LAYERS, "all steps in one RUN", Published(on_disk=2_430_000_000)),
            (Lever.LISTS, "apt's lists removed", Published(on_disk=2_530_000_000)),
        ),
    )


def _two_stages(stack: Stack) -> str:
    """Return the paper's own two stages: site-packages are not below the folder it copies."""
    first = [f"FROM {stack.slim} AS builder", f"WORKDIR {WORKDIR}", *_ordered(stack)[:-1]]
    second = ["COPY --from=builder /usr/local/bin /usr/local/bin", "COPY . ."]
    return "\n".join([*first, _run(_install(stack)), _spell(stack.slim, second, stack)])


def _spell(reference: str, steps: Sequence[str], stack: Stack) -> str:
    lines = [f"FROM {reference}", f"WORKDIR {WORKDIR}", *steps, f"CMD {exec_form(stack.command)}"]
    return "\n".join(lines) + "\n"


def _ordered(stack: Stack, *commands: str) -> list[str]:
    return [*_copies(stack), *([_run(*commands)] if commands else []), "COPY . ."]


def _copies(stack: Stack) -> list[str]:
    return [f"COPY {exec_form([name, f'{WORKDIR}/{name}'])}" for name in stack.requirements]


def _run(*commands: str) -> str:
    return _MOUNTS + " \\\n && ".join(commands)


def _install(stack: Stack) -> str:
    files = " ".join(f"-r {shell_word(name)}" for name in stack.requirements)
    return f"{_PIP} {files}"


def _apt(stack: Stack) -> str:
    names = " ".join(map(shell_word, stack.system or _SOMETHING))
    return f'apt-get "$@" install -y --no-install-recommends {names}'
