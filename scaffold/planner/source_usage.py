"""What the application's own sources start, open and set, against what a base has."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from scaffold.model.codes import PROGRAMS, Code
from scaffold.model.knowledge import Base, Facts
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason
from scaffold.model.target import LibcFamily

# Programs whose packages bring /bin/sh along, which a shell line is started with.
_SHELLS = frozenset({"sh", "busybox", "dash"})
_LDCONFIG = "ldconfig"
_ALL_LOCALES = "locales-all"
_LOCALES = frozenset({"", "C", "POSIX", "C.UTF-8", "C.utf8"})
OF_GLIBC = frozenset(
    {"libc", "libm", "libdl", "libpthread", "librt", "libutil", "libresolv", "libanl"}
)
_FONTS = ("/usr/share/fonts/truetype/", "/usr/share/fonts/opentype/")  # of Debian (Font policy)
_PROVIDED = "if it is provided by other means, use --provided {}"


def is_closed(base: Base) -> bool:
    """Tell whether nothing can be installed in a base when its image is built."""
    return bool(base.origin) or base.package_manager is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the sources use, against one base.

    ``lacks`` are programs and libraries that a package of the distribution brings, each with where
    it is used; ``refused`` stand against the base, ``notes`` do not.
    """

    lacks: tuple[tuple[str, str], ...] = ()
    refused: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()


def weigh_uses(
    base: Base,
    uses: Sequence[Use],
    facts: Facts,
    *,
    given: Collection[str],
    commands: Collection[str],
    provided: Collection[str] = (),
) -> Usage:
    """Return what the sources start, open and set that the base does not have.

    ``given`` are the programs that ``--with`` puts in, ``commands`` those of the image's packages,
    ``provided`` what is there by other means. A program that no literal names may be any, so a
    program given counts as it.
    """
    scales = _Scales(base, facts, given, commands, provided)
    for use in uses:
        library = facts.libraries.get(use.value)
        elsewhere = library and library.system and use.when is not When.START
        if use.value not in provided and not elsewhere:
            scales.weigh(use)
    return Usage(
        lacks=tuple(dict.fromkeys(scales.lacks)),
        refused=tuple(scales.refused),
        notes=tuple(scales.notes),
    )


def excuse_programs(project: Project, facts: Facts) -> Iterator[Use]:
    """Yield what the sources use; a program that the people's own image lacks is not needed.

    They start the application in it, so what calls the program is for others or optional. What is
    called whenever the application starts is needed all the same.
    """
    own = project.own_image
    family = facts.find_family(own.image) if own else None
    # What a script or a list installs, the Dockerfile does not say.
    untold = own is not None and any(one.endswith(".sh") or one == "xargs" for one in own.words)
    if own is None or family is None or untold:
        yield from project.uses
        return
    there = {
        program
        for base in facts.bases
        if not base.origin and any(family.match(base.reference_for(one)) for one in base.images)
        for program in base.programs
    }
    for use in project.uses:
        if use.code == "runs-program" and use.when is When.CALL and use.value:
            library = facts.libraries.get(use.value)
            packages = library.packages.values() if library else ()
            brings = {use.value, *(one.name for one in packages)}
            lacks = use.value in family.lacks or (there and use.value not in there)
            if lacks and own.words.isdisjoint(brings):
                yield replace(use, when=When.MAYBE)
                continue
        yield use


class _Scales:
    """Weighs one use after the other against a base."""

    def __init__(
        self,
        base: Base,
        facts: Facts,
        given: Collection[str],
        commands: Collection[str],
        provided: Collection[str],
    ) -> None:
        self.base, self.facts, self.given = base, facts, given
        self.there = {*base.programs, *given, *commands, *provided}
        self.shell = base.shell or not _SHELLS.isdisjoint(given)
        self.lacks: list[tuple[str, str]] = []
        self.refused: list[Reason] = []
        self.notes: list[Reason] = []

    def weigh(self, use: Use) -> None:
        """Take one use in."""
        if use.code == "runs-program":
            self._program(use)
        elif use.code == "needs-shell" and not self.shell:
            text = f"{use.origin} starts a shell, which {self.base.id} does not have"
            self._refuse(use, Code.NEEDS_SHELL, text + self._way_out("sh"), fact="sh")
        elif use.code == "finds-library":
            self._library(use)
        elif use.code == "opens-font":
            self._font(use)
        elif use.code == "sets-locale" and use.value not in _LOCALES:
            self._locale(use)

    def _refuse(
        self, use: Use, code: str, text: str, *, fact: str = "", known: bool = True
    ) -> None:
        """Refuse the base, or note what the sources get along without, or no fact is known of."""
        if use.when is not When.MAYBE and known:
            self.refused.append(Reason(code=code, text=text, fact=fact or use.value))
        elif use.value and (fact or use.value) not in {note.fact for note in self.notes}:
            note = Code.MAY_NEED_PROGRAM if code in PROGRAMS else Code.MAY_NEED_LIBRARY
            self.notes.append(Reason(code=note, text=text, fact=fact or use.value))

    def _program(self, use: Use) -> None:
        name, base = use.value, self.base
        if not name:
            if is_closed(base) and not self.given:
                text = (
                    f"{use.origin} starts a program whose name is not a literal, and {base.id} has "
                )
                self._refuse(use, Code.NEEDS_PROGRAM, text + "none" + self._way_out("PROGRAM"))
            return
        # django-admin is a command of django, pybabel one of babel.
        if not self.there.isdisjoint({name, name.partition("-")[0], name.removeprefix("py")}):
            return
        if not is_closed(base) and self._provider(name) and use.when is not When.MAYBE:
            self.lacks.append((name, str(use.origin)))
            return
        verb = "may start" if use.when is When.MAYBE else "starts"
        text = f"{use.origin} {verb} {name}, which {base.id} does not have"
        known = is_closed(base) or name in self.facts.libraries
        self._refuse(use, Code.NEEDS_PROGRAM, text + self._way_out(name), known=known)

    def _library(self, use: Use) -> None:
        name, base = use.value.rpartition("/")[2], self.base
        if ".so" not in name:
            self._sought(use, name)
        elif name in base.ships or self._is_own_libc(name):
            return
        elif not is_closed(base) and self._provider(name) and use.when is not When.MAYBE:
            self.lacks.append((name, str(use.origin)))
        else:
            text = f"{use.origin} opens the library {name}, which {base.id} does not have"
            newer = [one for one in self.facts.libraries if one.startswith(f"{name}.")]
            if newer:
                text += f": without its development package there is only {newer[-1]}"
            elif not is_closed(base):
                text += (
                    f", and no package is known to have it{describe_elsewhere(self.facts, name)}"
                )
            code = Code.NEEDS_LIBRARY if is_closed(base) else Code.LIBRARY_UNAVAILABLE
            if use.value.startswith("/"):
                self.notes.append(Reason(code=Code.MAY_NEED_LIBRARY, text=text, fact=name))
            else:
                known = is_closed(base) or bool(newer) or name in self.facts.libraries
                self._refuse(use, code, text, fact=name, known=known)

    def _sought(self, use: Use, name: str) -> None:
        """Weigh what find_library is asked for, which asks ldconfig or a compiler."""
        base = self.base
        if is_closed(base) or _LDCONFIG not in base.programs:
            text = (
                f"{use.origin} looks for the library {name}: find_library asks ldconfig or "
                f"a compiler, and {base.id} has neither"
            )
            code = Code.NEEDS_LIBRARY if is_closed(base) else Code.LIBRARY_UNAVAILABLE
            self._refuse(use, code, text)
            return
        stem = f"lib{name}.so"
        if self._is_own_libc(stem) or any(one.startswith(stem) for one in base.ships):
            return
        known = [one for one in self.facts.libraries if one.startswith(stem)]
        found = [one for one in known if self._provider(one)]
        if found and use.when is not When.MAYBE:
            self.lacks.append((found[0], str(use.origin)))
            return
        text = f"{use.origin} looks for the library {name}, which {base.id} does not have"
        text += "" if found else ", and no package is known to have it"
        self._refuse(use, Code.LIBRARY_UNAVAILABLE, text, known=bool(known))

    def _font(self, use: Use) -> None:
        """Weigh a font, which an absolute path names where Debian has it."""
        name, base = use.value.rpartition("/")[2], self.base
        there = base.libc is not LibcFamily.MUSL and use.value.startswith(_FONTS)
        lies = there or not use.value.startswith("/")
        given = self._provider(name) and not is_closed(base)
        if lies and given and use.when is not When.MAYBE:
            self.lacks.append((name, str(use.origin)))
            return
        text = f"{use.origin} opens the font {use.value}, which {base.id} does not have"
        known = name in self.facts.libraries
        text += "" if known else ", and no package is known to have it"
        text += ": put the file into the project"
        self._refuse(use, Code.NEEDS_LIBRARY, text, fact=use.value, known=known)

    def _locale(self, use: Use) -> None:
        base = self.base
        text = f"{use.origin} sets the locale {use.value}, "
        if base.libc is LibcFamily.MUSL:
            text += "which musl treats as C.UTF-8: numbers and dates are formatted as in C"
        elif use.when is When.START and self._provider(_ALL_LOCALES) and not is_closed(base):
            self.lacks.append((_ALL_LOCALES, str(use.origin)))
            return
        else:
            text += f"which {base.id} does not have: only C.UTF-8 works there"
            if use.when is When.START:
                self.refused.append(Reason(code=Code.NEEDS_LOCALE, text=text, fact=use.value))
                return
        self.notes.append(Reason(code=Code.SETS_LOCALE, text=text, fact=use.value))

    def _is_own_libc(self, soname: str) -> bool:
        """Tell whether a library is a part of the base's own C library."""
        if self.base.libc is LibcFamily.MUSL:
            return soname.startswith(("libc.musl", "ld-musl")) or soname == "libc.so"
        return soname.partition(".so")[0] in OF_GLIBC

    def _provider(self, name: str) -> bool:
        library = self.facts.libraries.get(name)
        return library is not None and self.base.distribution_key in library.packages

    def _way_out(self, program: str) -> str:
        """Return what helps, or who has what no package has."""
        known = self.facts.libraries.get(program)
        if known is not None and not self._provider(program):
            return (
                f", and no package has it{describe_elsewhere(self.facts, program)}; "
                + _PROVIDED.format(program)
            )
        if is_closed(self.base) and not self.base.origin:
            return ""
        if is_closed(self.base) or known is not None:
            return f"; `--with {program}` adds it"
        return f", and no package is known to have it; {_PROVIDED.format(program)}"


def describe_elsewhere(facts: Facts, name: str) -> str:
    """Return who has what no package has, in brackets; empty where nobody is known."""
    library = facts.libraries.get(name)
    return f" ({library.elsewhere})" if library is not None and library.elsewhere else ""
