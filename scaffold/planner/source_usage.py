"""What the application's own sources start or open, against a base that has next to nothing."""

from collections.abc import Collection, Iterator, Sequence

from scaffold.model.knowledge import Base
from scaffold.model.project import Use
from scaffold.model.resolution import Reason

# Programs whose packages bring /bin/sh along, which a shell line is started with.
_SHELLS = frozenset({"sh", "busybox", "dash"})


def is_closed(base: Base) -> bool:
    """Tell whether nothing can be installed in a base when its image is built."""
    return bool(base.origin) or base.package_manager is None


def refuse_uses(
    base: Base, uses: Sequence[Use], *, given: Collection[str], commands: Collection[str]
) -> Iterator[Reason]:
    """Yield a reason, with file and line, for each use that a closed base cannot serve.

    ``given`` are the programs that ``--with`` puts in, ``commands`` those of the image's packages.
    A program that no literal names may be any, so a program given counts as it.
    """
    there = {*base.programs, *given, *commands}
    shell = base.shell or not _SHELLS.isdisjoint(given)
    for use in uses:
        if use.code == "runs-program" and not _has(use.value, there, given):
            yield _lacks_program(base, use)
        elif use.code == "needs-shell" and not shell:
            text = f"{use.origin} starts a shell, which {base.id} does not have"
            yield Reason(code="needs-shell", text=text + _way_out(base, "sh"), fact="sh")
        elif use.code == "finds-library" and ".so" not in use.value:
            text = (
                f"{use.origin} looks for the library {use.value}: find_library asks ldconfig or "
                f"a compiler, and {base.id} has neither"
            )
            yield Reason(code="needs-library", text=text, fact=use.value)
        elif use.code == "finds-library" and use.value not in base.ships:
            text = f"{use.origin} opens the library {use.value}, which {base.id} does not have"
            yield Reason(code="needs-library", text=text, fact=use.value)


def _has(program: str, there: Collection[str], given: Collection[str]) -> bool:
    if not program:
        return bool(given)
    # django-admin is a command of django.
    return program in there or program.partition("-")[0] in there


def _lacks_program(base: Base, use: Use) -> Reason:
    if use.value:
        text = f"{use.origin} starts {use.value}, which {base.id} does not have"
    else:
        text = f"{use.origin} starts a program that no literal names, and {base.id} has none"
    way = _way_out(base, use.value or "PROGRAM")
    return Reason(code="needs-program", text=text + way, fact=use.value)


def _way_out(base: Base, program: str) -> str:
    return f"; `--with {program}` puts it in" if base.origin else ""
