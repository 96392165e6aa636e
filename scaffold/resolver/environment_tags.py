"""What one environment says to the questions that a resolution asks of it."""

from collections.abc import Iterable

from packaging.version import Version

from scaffold.model.index import DistFile
from scaffold.model.target import Environment
from scaffold.resolver.cache import marker_holds
from scaffold.resolver.releases import Release, best_wheel, usable_sdist, wheel_rank
from scaffold.resolver.tags import marker_environment


class EnvironmentTags:
    """Answers for one environment, each worked out once and kept.

    A search depends on its environment through nothing else. So one whose answers another
    environment shares ends there with the same versions, and need not be repeated.
    """

    def __init__(self, environment: Environment, release: str) -> None:
        self.environment = environment
        self.python = Version(release or f"{environment.python}.0")
        markers = marker_environment(environment, release=release)
        self._markers = tuple(sorted(markers.items()))
        self._held: dict[tuple[str, tuple[str, ...]], bool] = {}
        # Keyed by identity: hashing a release hashes each of its files. Kept with their files, the
        # releases stay alive, so no other takes their place.
        self._wheels: dict[int, tuple[Release, DistFile | None]] = {}
        self._sdists: dict[int, tuple[Release, DistFile | None]] = {}
        self._suited: dict[str, bool] = {}

    def holds(self, marker: str, extras: Iterable[str] = ()) -> bool:
        """Tell whether a marker is true on the target with any of the extras."""
        if not marker:
            return True
        key = (marker, tuple(sorted(extras)))
        held = self._held.get(key)
        if held is None:
            held = any(marker_holds(marker, self._markers, extra) for extra in (*key[1], ""))
            self._held[key] = held
        return held

    def wheel(self, release: Release) -> DistFile | None:
        """Return the release's best wheel here."""
        known = self._wheels.get(id(release))
        if known is None:
            file = best_wheel(release, self.environment, self.python, yanked=True)
            known = self._wheels[id(release)] = (release, file)
        return known[1]

    def sdist(self, release: Release) -> DistFile | None:
        """Return the release's sdist if the interpreter may build it."""
        known = self._sdists.get(id(release))
        if known is None:
            file = usable_sdist(release, self.python, yanked=True)
            known = self._sdists[id(release)] = (release, file)
        return known[1]

    def suits(self, filename: str) -> bool:
        """Tell whether a wheel of this name can be installed here."""
        if filename not in self._suited:
            self._suited[filename] = wheel_rank(filename, self.environment) is not None
        return self._suited[filename]

    def shared_by(self, other: "EnvironmentTags") -> bool:
        """Tell whether another environment says the same to all that was asked of this one."""
        return (
            all(other.holds(*question) is held for question, held in self._held.items())
            and all(other.suits(name) is suited for name, suited in self._suited.items())
            and all(
                (other.wheel(release) is None) is (file is None)
                for release, file in self._wheels.values()
            )
            and all(
                (other.sdist(release) is None) is (file is None)
                for release, file in self._sdists.values()
            )
        )
