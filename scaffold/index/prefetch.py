"""What a resolver will most likely ask for next, judged by cheap looks only."""

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from scaffold.model.index import DistFile, Metadata, Page

_LOOKED_AT = 400  # files; pages list releases in order, the newest at either end
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_UNLIKELY = re.compile(r"\bextra\b|win32|Windows|[Dd]arwin|cygwin|emscripten|PyPy|pypy")
_PAST = re.compile(r"python_(?:full_)?version\s*<=?\s*['\"]3\.(?:[0-9]|10|11)(?:\.\d+)?['\"]")


def newest_release(page: Page) -> tuple[str, tuple[DistFile, ...]] | None:
    """Return the newest final release of a page that was not yanked: version, and files."""
    ends = page.files[:_LOOKED_AT] + page.files[_LOOKED_AT:][-_LOOKED_AT:]
    texts = {text for file in ends if not file.yanked and (text := _version_text(page.name, file))}
    versions = []
    for text in texts:
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        if not version.is_prerelease:
            versions.append((version, text))
    if not versions:
        return None
    newest, text = max(versions)
    files = [
        file
        for file in page.files
        if f"-{text}" in file.filename and _version_text(page.name, file) == text
    ]
    return str(newest), tuple(sorted(files, key=_preference))


def list_likely_needs(metadata: Metadata) -> tuple[str, ...]:
    """Return the names that a release needs on most targets, without its extras."""
    return tuple(dict.fromkeys(_likely_names(metadata)))


def _likely_names(metadata: Metadata) -> Iterator[str]:
    for text in metadata.requires:
        head, _, marker = text.partition(";")
        if marker and (_UNLIKELY.search(marker) or _PAST.search(marker)):
            continue
        if match := _NAME.match(head.strip()):
            yield canonicalize_name(match[0])


def _version_text(name: str, file: DistFile) -> str:
    """Return the version in a file name, empty where it is another project's or has none."""
    if file.filename.endswith(".whl"):
        return file.filename.split("-", 2)[1]
    stem = file.filename.removesuffix(".tar.gz").removesuffix(".zip")
    head, dash, version = stem.rpartition("-")
    return version if dash and (head == name or canonicalize_name(head) == name) else ""


def _preference(file: DistFile) -> tuple[bool, int]:
    """Order wheels before sdists, small files first: any wheel's metadata will do."""
    return not file.filename.endswith(".whl"), file.size or 0
