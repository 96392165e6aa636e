"""What a search asks about requirements and candidates, answered for one environment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from packaging.requirements import Requirement as ParsedRequirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scaffold.model.index import DistFile, Metadata, Page, SourceFacts
from scaffold.model.knowledge import HeaderSource
from scaffold.resolver.cache import (
    Candidate,
    EnvironmentTags,
    Requirement,
    ResolutionRequest,
    ResolverCache,
    parse_requirement,
)
from scaffold.resolver.releases import (
    Release,
    is_extension,
    is_pin,
    names_prerelease,
    parse_version,
    satisfies,
)

# A C compiler does these; what else a build runs takes an unknown time, and may need anything.
_SIMPLE = frozenset({"c", "c++", "cython"})


def is_simple(source: SourceFacts, headers: Iterable[str]) -> bool:
    """Tell whether a build takes nothing, or a compiler and headers that are all known.

    ``headers`` are names of headers and modules; one that ends in ``/`` is a folder of headers.
    """
    if not source.native:
        return True
    names = set(headers)
    folders = tuple(name for name in names if name.endswith("/"))
    asked = (*source.headers, *source.modules)
    known = all(name in names or name.startswith(folders) for name in asked)
    return known and _SIMPLE.issuperset(source.languages)


def list_header_sources(
    source: SourceFacts, known: Iterable[HeaderSource]
) -> Iterator[HeaderSource]:
    """Yield who brings what the sources include or ask for."""
    asked = (*source.headers, *source.modules)
    yield from (one for one in known if any(one.brings(name) for name in asked))


class UnreadError(Exception):
    """What a contender requires is not known, so no answer that has it can be right."""

    def __init__(self, contender: Candidate, why: str = "") -> None:
        super().__init__(contender.name)
        self.contender = contender
        self.why = why


class Provider:
    """A search's questions, answered for one environment."""

    def __init__(
        self, wanted: ResolutionRequest, answers: EnvironmentTags, shelf: ResolverCache
    ) -> None:
        self.wanted = wanted
        self.answers = answers
        self.shelf = shelf
        self.swaps = {
            canonicalize_name(ParsedRequirement(old).name): parse_requirement(new)
            for old, new in wanted.swaps
        }
        # What lies in the project or a repository is not what an index has under that name.
        self.local = {
            asked.name
            for asked in wanted.asked
            if (asked.path or asked.build_from) and answers.holds(asked.marker)
        }
        self.alone = {asked.name for asked in wanted.asked if asked.alone}
        # A name that is bound to an index comes from nowhere else, whoever asks for it.
        asked = {a.name: a.index for a in wanted.asked if a.index and answers.holds(a.marker)}
        self.vendors = dict(wanted.options.vendor_urls)
        self.bound = self.vendors | asked
        self.constraints = self._read_constraints()
        self.locked = self._read_lock()
        self.system = {name: (version, package) for name, version, package in wanted.system}
        self.pinned = {one.name for one in wanted.asked if is_pin(one.specifier, wildcard=False)}
        # What metadata do not bound: (releases, specifier, error) by who requires what.
        self.unstated: dict[str, dict[str, list[tuple[str, str, str]]]] = {}
        for name, releases, text, error in wanted.bounds:
            other = ParsedRequirement(text)
            rows = self.unstated.setdefault(name, {}).setdefault(canonicalize_name(other.name), [])
            rows.append((releases, str(other.specifier), error))
        self._needs: dict[tuple[str, str, str, frozenset[str]], list[Requirement]] = {}
        self._extras: dict[str, set[str]] = {}  # that versions read so far offer, by name
        self.read: dict[str, Candidate] = {}
        self.skims = False  # for an environment that is refused anyway no sdist is looked into
        self.unread: dict[str, UnreadError] = {}  # by file
        # Specifiers by name that count for which pre-releases and yanked versions are taken alone.
        self.admitting: dict[str, list[str]] = {}

    def _read_constraints(self) -> dict[str, tuple[str, ...]]:
        constraints: dict[str, tuple[str, ...]] = {}
        for asked in self.wanted.constraints:
            if self.answers.holds(asked.marker):
                constraints[asked.name] = (*constraints.get(asked.name, ()), asked.specifier)
        return constraints

    def _read_lock(self) -> dict[str, dict[Version, frozenset[str]]]:
        """Return the locked versions per name with the sha256 sums that the lock allows."""
        locked: dict[str, dict[Version, frozenset[str]]] = {}
        packages = self.wanted.lock.packages if self.wanted.lock else ()
        bound = {name: url.rstrip("/") for name, url in self.bound.items()}
        suited = {p.name for p in packages if p.index.rstrip("/") == bound.get(p.name)}
        for package in packages:
            version = parse_version(package.version)
            if version is None or package.path or not self.answers.holds(package.marker):
                continue
            if package.name in suited and package.index.rstrip("/") != bound[package.name]:
                continue  # locked for another extra, from that one's index
            sums = {file.sha256 for file in package.files if file.sha256}
            sums |= {h.removeprefix("sha256:") for h in package.hashes if h.startswith("sha256:")}
            locked.setdefault(package.name, {})[version] = frozenset(sums)
        return locked

    def need(self, requirement: ParsedRequirement, parent: str) -> Requirement:
        """Return a need, after swaps."""
        name = canonicalize_name(requirement.name)
        swapped = self.swaps.get(name)
        if swapped is None:
            return Requirement(
                name,
                frozenset(canonicalize_name(extra) for extra in requirement.extras),
                str(requirement.specifier),
                parent,
                requirement.url or "",
            )
        extras = frozenset(canonicalize_name(extra) for extra in swapped.extras)
        new = canonicalize_name(swapped.name)
        kept = requirement.specifier if new == name else swapped.specifier
        return Requirement(new, extras, str(kept), parent)

    def roots(self) -> list[Requirement]:
        """Return what the project asks for on this target."""
        needs: list[Requirement] = []
        for asked in self.wanted.asked:
            local = asked.path or asked.build_from or asked.name in self.local
            if local or not self.answers.holds(asked.marker):
                continue
            extras = f"[{','.join(asked.extras)}]" if asked.extras else ""
            text = f"{asked.name}{extras}" + (f" @ {asked.url}" if asked.url else asked.specifier)
            requirement = parse_requirement(text)
            if requirement is not None:
                need = self.need(requirement, "")
                needs.append(
                    Requirement(need.name, need.extras, need.specifier, "", need.url, asked.hashes)
                )
        return needs

    def dependencies(self, candidate: Candidate) -> list[Requirement]:
        """Return what a contender needs on this target; a distribution's package brings it all.

        Raises UnreadError.
        """
        parent = candidate.name
        if candidate.system or candidate.name in self.alone:
            return []
        if candidate.extras:
            own = Requirement(parent, frozenset(), f"==={candidate.version}", parent)
            return [own, *self._dependencies(candidate, candidate.extras)]
        return self._dependencies(candidate, frozenset())

    def _dependencies(self, candidate: Candidate, extras: frozenset[str]) -> list[Requirement]:
        file = candidate.file
        key = (candidate.name, file.filename, file.sha256, extras)
        if key not in self._needs:
            self._needs[key] = list(self._read_needs(candidate, extras))
            self.shelf.index.prefetch([need.name for need in self._needs[key]])
        return self._needs[key]

    def _read_needs(self, candidate: Candidate, extras: frozenset[str]) -> Iterator[Requirement]:
        metadata = self.shelf.metadata(candidate)
        if metadata is None or metadata.uncertain:
            raise self._unreadable(candidate, metadata.problem if metadata else "")
        if problem := metadata.problem or _contradiction(candidate, metadata):
            raise self._unreadable(candidate, problem)
        self.read[candidate.file.filename] = candidate
        # What a newer version calls an extra, an older one without it does not bring.
        known = self._extras.setdefault(candidate.name, set())
        offered = {canonicalize_name(extra) for extra in metadata.extras}
        if known & (extras - offered):
            yield Requirement(candidate.name, extras, "<0", candidate.name)
        known |= offered
        named: set[str] = set()
        for text in (*metadata.requires, *self._list_unsaid(candidate)):
            requirement = parse_requirement(text)
            if requirement is None:
                raise self._unreadable(
                    candidate, f"it requires {text!r}, which is not a requirement"
                )
            if self._is_left_out(canonicalize_name(requirement.name), candidate.name):
                continue
            marker = str(requirement.marker) if requirement.marker else ""
            if self.answers.holds(marker, extras):
                need = self.need(requirement, candidate.name)
                named.add(need.name)
                yield self._bound(candidate, need)
        # What it imports, and has from what it requires: that has to suit as well.
        for name in self.unstated.get(candidate.name, {}) if not extras else ():
            if name not in named:
                need = self._bound(candidate, Requirement(name, frozenset(), "", candidate.name))
                yield from [need] if need.why else []

    def _is_left_out(self, name: str, parent: str) -> bool:
        """Tell whether the project has a package itself, or what requires it does without."""
        return name in self.local or any(
            parent == one and fnmatchcase(name, pattern)
            for one, pattern in self.wanted.options.omitted
        )

    def _list_unsaid(self, candidate: Candidate) -> Iterator[str]:
        release = ".".join(map(str, candidate.version.release[:2]))
        for name, text in self.wanted.unsaid:
            if name == candidate.name:
                yield text.replace("{release}", release)

    def _bound(self, candidate: Candidate, need: Requirement) -> Requirement:
        """Return a need without what its metadata could not know: newer versions that break it.

        A lock's versions were chosen, and maybe tried, by others; so were pinned ones. pipenv
        installs what its lock has whatever packages require of each other: then ``why`` is that.
        """
        name, uploaded = need.name, candidate.file.uploaded
        if name in self.locked and self.wanted.lock and self.wanted.lock.kind == "pipfile":
            fits = any(satisfies(one, need.specifier) for one in self.locked[name])
            return need if fits else replace(need, specifier="", why=need.specifier)
        if name in self.locked or need.url:
            return need
        more: dict[str, str] = {}
        if uploaded and is_extension(candidate.file.filename):
            for broken, version, day in self.wanted.breaks:
                if broken == name and uploaded < day:
                    more[f"<{version}"] = f"compiled before {name} {version}"
        unstated = self.unstated.get(candidate.name, {}).get(name, ())
        more |= {
            required: error
            for releases, required, error in unstated
            if name not in self.pinned and satisfies(candidate.version, releases)
        }
        if not more:
            return need
        specifier = ",".join(filter(None, (need.specifier, *more)))
        return replace(need, specifier=specifier, why="; ".join(more.values()))

    def _unreadable(self, candidate: Candidate, why: str) -> UnreadError:
        """Return the error; what no look will make readable is not tried again."""
        error = UnreadError(candidate, why)
        if candidate.wheel and not self.wanted.offline:
            self.unread[candidate.file.filename] = error
        return error

    def candidates(
        self, name: str, extras: frozenset[str], needs: Sequence[Requirement]
    ) -> Iterator[Candidate]:
        """Yield candidates, best first.

        The newest version wins, as a wheel or as an sdist that is known to build. Where nobody
        knows what a build takes, any wheel goes before it.
        """
        if any(fnmatchcase(name, pattern) for pattern in self.wanted.options.without):
            return
        url = next((need.url for need in needs if need.url), "")
        if url:
            yield from self._from_url(name, extras, url)
            return
        for candidate in self._from_releases(name, extras, needs):
            unread = candidate.file.filename in self.unread or self._is_unread(candidate)
            if candidate.system or not unread:
                yield candidate

    def _is_unread(self, candidate: Candidate) -> bool:
        """Tell whether nobody knows what a candidate needs: offline it cannot be found out."""
        known = not self.wanted.offline or candidate.name in self.locked
        return not known and self.shelf.metadata(candidate) is None

    def _from_releases(
        self, name: str, extras: frozenset[str], needs: Sequence[Requirement]
    ) -> Iterator[Candidate]:
        found = False
        last: list[Candidate] = []
        placeholders: list[Candidate] = []
        unknown = not self.wanted.sdists or self._only_binary(name)
        for release in self.admissible(name, needs):
            allowed = self._allowed(name, release, needs)
            wheel = None if self._no_binary(name) else self.answers.wheel(allowed)
            if wheel is not None:
                contender = Candidate(name, release.version, extras, wheel, allowed)
                if self.shelf.is_placeholder(
                    wheel, name, release.version, self.bound.get(name, "")
                ):
                    placeholders.append(contender)
                    continue
                found = True
                yield contender
                continue
            sdist = self.answers.sdist(allowed)
            if sdist is None:
                continue
            contender = Candidate(name, release.version, extras, sdist, allowed)
            # Older releases of what nobody can say how to build are not looked into.
            unknown = unknown or not self._builds(name, sdist)
            if unknown:
                last.append(contender)
            else:
                found = True
                yield contender
        if not found:
            yield from self._from_system(name, extras, needs)
        if self.wanted.sdists and not self._only_binary(name):
            yield from last
        yield from placeholders

    def _builds(self, name: str, file: DistFile) -> bool:
        """Tell whether an sdist is known to build here in the time allowed."""
        if self.skims or name in self.wanted.builds or name in self.wanted.slow:
            return name in self.wanted.builds
        source = self.shelf.source(name, file)
        return source is not None and is_simple(source, self.wanted.headers)

    def _from_system(
        self, name: str, extras: frozenset[str], needs: Sequence[Requirement]
    ) -> Iterator[Candidate]:
        """Yield the distribution's own package; a lock or a hash asks for other files."""
        text, package = self.system.get(name, ("", ""))
        version = parse_version(text) if text else None
        hashed = name in self.locked or any(need.hashes for need in needs)
        specifiers = self.specifiers(name, needs)
        if version is None or hashed or not all(satisfies(version, one) for one in specifiers):
            return
        release = Release(version=version, wheels=(), sdist=None)
        yield Candidate(name, version, extras, DistFile(filename=package), release, package)

    def has_file(self, need: Requirement) -> bool:
        """Tell, by pages alone, whether a need has anything that could be installed."""
        name = need.name
        if need.url or name in self.system or not self.releases(name):
            return True  # which another look decides
        wheels, sdists = not self._no_binary(name), not self._only_binary(name)
        return any(
            (wheels and self.answers.wheel(allowed)) or (sdists and self.answers.sdist(allowed))
            for release in self.admissible(name, [need])
            for allowed in [self._allowed(name, release, [need])]
        )

    def list_versions(self, name: str) -> list[Version]:
        """Return the versions that an index or the distribution has, whether they suit or not."""
        text = self.system.get(name, ("", ""))[0]
        version = parse_version(text) if text else None
        known = [release.version for release in self.releases(name)]
        return known if version is None else [*known, version]

    def _only_binary(self, name: str) -> bool:
        """Tell whether only a wheel will do: a name of its own goes before ``:all:``, as in pip."""
        only, source = self.wanted.options.only_binary, self.wanted.options.no_binary
        return name in only or (":all:" in only and name not in source)

    def restriction(self, name: str) -> str:
        """Return the option that keeps wheels or sdists of a name out, with its place, or ""."""
        flag = "only" if self._only_binary(name) else "no" if self._no_binary(name) else ""
        places = dict(self.wanted.options.restricted_at)
        asked = (f"--{flag}-binary={one}" for one in (name, ":all:") if flag)
        return next((f"{one} ({places[one]})" for one in asked if one in places), "")

    def _no_binary(self, name: str) -> bool:
        only, source = self.wanted.options.only_binary, self.wanted.options.no_binary
        return name in source or (":all:" in source and name not in only)

    def _allowed(self, name: str, release: Release, needs: Sequence[Requirement]) -> Release:
        """Return the release with only the files whose hash the lock and the requirement allow."""
        sums = self.locked.get(name, {}).get(release.version, frozenset())
        asked = {h.removeprefix("sha256:") for need in needs for h in need.hashes}
        if not sums and not asked:
            return release
        allowed = (sums or asked) & (asked or sums)
        sdist = release.sdist if release.sdist and release.sdist.sha256 in allowed else None
        wheels = tuple(file for file in release.wheels if file.sha256 in allowed)
        return Release(version=release.version, wheels=wheels, sdist=sdist)

    def _from_url(self, name: str, extras: frozenset[str], url: str) -> Iterator[Candidate]:
        filename = url.partition("#")[0].partition("?")[0].rpartition("/")[2]
        if not filename.endswith(".whl") or not self.answers.suits(filename):
            return
        version = parse_version(filename.split("-")[1])
        if version is not None:
            file = self._direct_file(name, filename, url)
            release = Release(version=version, wheels=(file,), sdist=None)
            yield Candidate(name, version, extras, file, release)

    def _direct_file(self, name: str, filename: str, url: str) -> DistFile:
        """Return a file with an address of its own; its hash stands there, or in the lock."""
        packages = self.wanted.lock.packages if self.wanted.lock else ()
        locked = next(
            (
                file
                for package in packages
                for file in package.files
                if package.name == name and file.filename == filename
            ),
            None,
        )
        digest = url.partition("#sha256=")[2]
        if locked is not None:
            digest = digest or locked.sha256.removeprefix("sha256:")
        size = locked.size if locked is not None else None
        return DistFile(filename=filename, url=url.partition("#")[0], sha256=digest, size=size)

    def admissible(self, name: str, needs: Sequence[Requirement]) -> Iterator[Release]:
        """Yield the releases that specifiers, constraints, lock and PEP 592 admit, newest first."""
        specifiers = self.specifiers(name, needs)
        admitting = (*specifiers, *self.admitting.get(name, ()))
        pre = self.wanted.options.pre or any(map(names_prerelease, admitting))
        exact = any(is_pin(specifier, wildcard=False) for specifier in admitting)
        pre = pre or self.shelf.has_only_prereleases(name, self.bound.get(name, ""))
        locked = self.locked.get(name)
        for release in self.releases(name):
            version = release.version
            if not all(satisfies(version, specifier) for specifier in specifiers):
                continue
            if locked is not None:
                taken = version in locked
            elif release.yanked and not exact:
                taken = False
            else:
                taken = pre or not version.is_prerelease
            if taken:
                yield release

    def releases(self, name: str) -> tuple[Release, ...]:
        """Return a name's releases, newest first, on the index that it is bound to, if any."""
        return self.shelf.releases(name, self.bound.get(name, ""))

    def page(self, name: str) -> Page | None:
        """Return a name's page, of the index that it is bound to, if any."""
        return self.shelf.page(name, self.bound.get(name, ""))

    def given_hashes(self, name: str, needs: Sequence[Requirement]) -> bool:
        """Tell whether hashes are given and no file of the newest admissible release has one."""
        release = next(self.admissible(name, needs), None)
        return release is not None and not self._allowed(name, release, needs).files

    def specifiers(self, name: str, needs: Iterable[Requirement]) -> tuple[str, ...]:
        """Return all that needs and constraints say of a name's version."""
        asked = (*self.constraints.get(name, ()), *(need.specifier for need in needs))
        return tuple(dict.fromkeys(filter(None, asked)))


def _contradiction(candidate: Candidate, metadata: Metadata) -> str:
    """Return how a wheel's metadata differs from its file's name, empty for an sdist."""
    version = parse_version(metadata.version)
    if not candidate.wheel or (metadata.name, version) == (candidate.name, candidate.version):
        return ""
    return f"it is that of {metadata.name} {metadata.version}"


def walk_closure(
    provider: Provider, roots: Sequence[Requirement], *, strict: bool = True
) -> Iterator[tuple[Requirement, Candidate | None]]:
    """Yield each need once with its best candidate, None where it has none; no search is made.

    A wheel that cannot be read is passed over. Raises UnreadError, if ``strict``, for another
    candidate of which nobody knows what it requires.
    """
    wave = list(roots)
    seen: set[tuple[str, frozenset[str]]] = set()
    while wave:
        fresh: dict[tuple[str, frozenset[str]], Requirement] = {}
        for need in wave:
            if (need.name, need.extras) not in seen:
                fresh.setdefault((need.name, need.extras), need)
        seen.update(fresh)
        _prefetch_best(provider, fresh.values())
        wave = []
        for need in fresh.values():
            first, found = _look(provider, need, strict=strict)
            yield need, first
            wave.extend(found)


def _prefetch_best(provider: Provider, needs: Iterable[Requirement]) -> None:
    """Ask for the metadata of what is looked at next, all at a time: each answer takes its time."""
    for need in needs:
        best = next(iter(provider.candidates(need.name, need.extras, [need])), None)
        if best is not None and best.wheel:
            provider.shelf.index.prefetch_metadata([(best.name, str(best.version), best.file)])


def _look(
    provider: Provider, need: Requirement, *, strict: bool
) -> tuple[Candidate | None, Sequence[Requirement]]:
    for candidate in provider.candidates(need.name, need.extras, [need]):
        if provider.skims and not candidate.wheel:
            return candidate, ()
        try:
            return candidate, provider.dependencies(candidate)
        except UnreadError:
            if candidate.file.filename in provider.unread:
                continue
            if strict:
                raise
            return candidate, ()
    return None, ()
