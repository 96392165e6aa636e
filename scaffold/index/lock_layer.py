"""What the project's lock knows of packages, as an index that is asked first."""

from collections.abc import Iterable, Iterator

from scaffold.model.index import (
    DistFile,
    Metadata,
    Page,
)
from scaffold.model.project import Lock, LockedPackage
from scaffold.resolver.cache import parse_requirement


class LockLayer:
    """What lock files say, by name."""

    def __init__(self, locks: Iterable[Lock]) -> None:
        self._packages: dict[str, list[LockedPackage]] = {}
        for lock in locks:
            for package in lock.packages:
                self._packages.setdefault(package.name, []).append(package)

    def page(self, name: str) -> Page | None:
        """Return the files that the lock names for a project, None where it names none."""
        files = tuple(
            DistFile(
                filename=file.filename,
                url=file.url,
                sha256=file.sha256.removeprefix("sha256:"),
                size=file.size,
            )
            for package in self._packages.get(name, ())
            for file in package.files
        )
        return Page(name=name, files=files, origin="lock") if files else None

    def names(self, name: str, file: DistFile) -> bool:
        """Tell whether the lock names a file of a project."""
        page = self.page(name)
        return page is not None and any(one.filename == file.filename for one in page.files)

    def metadata(self, name: str, version: str) -> Metadata | None:
        """Return a locked release's dependencies, None where the lock does not tell them."""
        for package in self._packages.get(name, ()):
            if package.version == version and package.requires is not None:
                return Metadata(
                    name=name,
                    version=version,
                    requires=(*package.requires, *_extra_requires(package)),
                    extras=tuple(extra for extra, _ in package.extra_requires),
                )
        return None


def _extra_requires(package: LockedPackage) -> Iterator[str]:
    """Yield the dependencies of extras as core metadata spells them."""
    for extra, texts in package.extra_requires:
        for text in texts:
            parsed = parse_requirement(text)
            if parsed is None:
                continue
            marker, condition = parsed.marker, f'extra == "{extra}"'
            if marker is None:
                yield f"{text} ; {condition}"
            else:
                head = text.partition(";")[0].rstrip()
                yield f"{head} ; ({marker}) and {condition}"
