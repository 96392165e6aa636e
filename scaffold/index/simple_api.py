"""Index pages: the simple repository API, as JSON (PEP 691, 700) or HTML (PEP 503)."""

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Annotated, Any
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from scaffold.index.client import Answer
from scaffold.index.configuration import redact
from scaffold.model.errors import TransientError
from scaffold.model.index import DistFile, is_iso_time

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)
_SDISTS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz")
_FOREIGN_PYTHONS = ("pp", "graalpy", "jy", "ip", "sl")


class _Hashes(msgspec.Struct):
    sha256: str = ""


class _File(msgspec.Struct, rename="kebab"):
    filename: str
    url: str
    hashes: _Hashes = msgspec.field(default_factory=_Hashes)
    requires_python: str | None = None
    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 50)] | None = None
    upload_time: str | None = None
    yanked: bool | str = False
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None


class _Meta(msgspec.Struct, rename="kebab"):
    api_version: Annotated[str, msgspec.Meta(pattern=r"^1\.")] = "1.0"


class _Listing(msgspec.Struct):
    files: list[_File]
    meta: _Meta = msgspec.field(default_factory=_Meta)


_DECODER = msgspec.json.Decoder(_Listing)


def foreign_system(filename: str) -> str:
    """Return the system that a wheel is for which no CPython on Linux takes."""
    if not filename.endswith(".whl"):
        return "Windows" if ".win" in filename or filename.endswith((".exe", ".msi")) else ""
    parts = filename[:-4].rsplit("-", 3)
    platform = parts[-1]
    if platform.startswith("win"):
        return "Windows"
    if platform.startswith("macosx"):
        return "macOS"
    if len(parts) > 1 and "linux" in platform:
        return "PyPy"
    return "other systems"


def is_relevant(filename: str) -> bool:
    """Tell whether a file could be installed by CPython on Linux: a fitting wheel, or an sdist."""
    if filename.endswith(".whl"):
        parts = filename[:-4].rsplit("-", 3)
        if len(parts) < 4 or not ("linux" in parts[3] or "any" in parts[3].split(".")):  # noqa: PLR2004
            return False
        return any(not tag.startswith(_FOREIGN_PYTHONS) for tag in parts[1].split("."))
    return filename.endswith(_SDISTS) and ".win" not in filename and ".macosx" not in filename


def read_page(
    answer: Answer, index: str = ""
) -> tuple[tuple[DistFile, ...], tuple[tuple[str, str], ...]]:
    """Return the files of a project that matter, in the page's order, and where others run.

    ``index`` is what the files are marked with. Addresses are absolute and free of credentials.
    Raises TransientError for an answer that is no index page.
    """
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if kind.endswith("json"):
            return _read_json(answer.body, answer.url, index)
        return _read_html(answer.body.decode("utf-8", "replace"), answer.url, index)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TransientError(
            f"the index answered something else than a page: {redact(answer.url)}",
            hint="check that the index URL ends in /simple or the like, or try again",
        ) from error


_Read = tuple[tuple[DistFile, ...], tuple[tuple[str, str], ...]]


def _read_json(body: bytes, base: str, index: str) -> _Read:
    listed = _DECODER.decode(body).files
    files = tuple(
        DistFile(
            filename=file.filename,
            url=_absolute(base, file.url),
            sha256=file.hashes.sha256,
            size=file.size,
            requires_python=file.requires_python or "",
            yanked=file.yanked is not False,
            uploaded=_read_time(file.upload_time or ""),
            has_metadata=bool(file.core_metadata or file.dist_info_metadata),
            metadata_sha256=_metadata_hash(file.core_metadata or file.dist_info_metadata),
            index=index,
        )
        for file in listed
        if is_relevant(file.filename)
    )
    return files, _elsewhere(file.filename for file in listed)


def _read_time(text: str) -> str:
    return text[:19] if is_iso_time(text[:19]) else ""


def _metadata_hash(said: bool | dict[str, str] | None) -> str:  # noqa: FBT001 - as the page has it
    return said.get("sha256", "") if isinstance(said, dict) else ""


def _elsewhere(filenames: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return (version, system) of the files that are left out, each once."""
    found: dict[tuple[str, str], None] = {}
    for filename in filenames:
        if not is_relevant(filename) and (system := foreign_system(filename)):
            found[filename.split("-")[1] if filename.count("-") else "", system] = None
    return tuple(found)


def _absolute(base: str, url: str) -> str:
    if "@" in url or "#" in url or not url.startswith("http"):
        joined = urljoin(base, url).partition("#")[0]
        parts = urlsplit(joined)
        host = parts.netloc.rpartition("@")[2]
        return joined if "@" not in parts.netloc else f"{parts.scheme}://{host}{parts.path}"
    return url


def _read_html(text: str, base: str, index: str) -> _Read:
    reader = _Anchors(base, index)
    reader.feed(text)
    reader.close()
    return tuple(reader.files), _elsewhere(reader.others)


class _Anchors(HTMLParser):
    """Collects the links of a PEP 503 page with what their attributes say."""

    def __init__(self, base: str, index: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.index = index
        self.others: list[str] = []
        self.files: list[DistFile] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a link, or the address that links are relative to."""
        given: dict[str, Any] = dict(attrs)
        href = given.get("href")
        if tag == "base" and href:
            self.base = urljoin(self.base, href)
        if tag != "a" or not href:
            return
        url, _, fragment = href.partition("#")
        filename = unquote(urlsplit(url).path.rpartition("/")[2])
        if not is_relevant(filename):
            self.others.append(filename)
            return
        metadata = given.get("data-core-metadata") or given.get("data-dist-info-metadata")
        self.files.append(
            DistFile(
                filename=filename,
                url=_absolute(self.base, url),
                sha256=fragment.removeprefix("sha256=") if "sha256=" in fragment else "",
                requires_python=given.get("data-requires-python") or "",
                yanked="data-yanked" in given,
                has_metadata=bool(metadata) and metadata != "false",
                metadata_sha256=(metadata or "").partition("sha256=")[2],
                index=self.index,
            )
        )
