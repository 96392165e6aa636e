"""Index pages: the simple repository API, as JSON (PEP 691, 700) or HTML (PEP 503)."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from scaffold.index.client import Answer
from scaffold.index.configuration import redact
from scaffold.model.errors import TransientError
from scaffold.model.index import DistFile

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
    size: int | None = None
    upload_time: str | None = None
    yanked: bool | str = False
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None


class _Listing(msgspec.Struct):
    files: list[_File]


_DECODER = msgspec.json.Decoder(_Listing)


def is_relevant(filename: str) -> bool:
    """Tell whether a file could be installed by CPython on Linux: a fitting wheel, or an sdist."""
    if filename.endswith(".whl"):
        parts = filename[:-4].rsplit("-", 3)
        if len(parts) < 4 or not ("linux" in parts[3] or "any" in parts[3].split(".")):  # noqa: PLR2004
            return False
        return any(not tag.startswith(_FOREIGN_PYTHONS) for tag in parts[1].split("."))
    return filename.endswith(_SDISTS) and ".win" not in filename and ".macosx" not in filename


def read_page(answer: Answer) -> tuple[DistFile, ...]:
    """Return the files of a project that matter, in the page's order.

    Addresses are absolute and free of credentials. Raises TransientError for an answer that is
    no index page.
    """
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if kind.endswith("json"):
            return _read_json(answer.body, answer.url)
        return _read_html(answer.body.decode("utf-8", "replace"), answer.url)
    except msgspec.DecodeError as error:
        raise TransientError(
            f"the index answered something else than a page: {redact(answer.url)}",
            hint="check that the index URL ends in /simple or the like, or try again",
        ) from error


def _read_json(body: bytes, base: str) -> tuple[DistFile, ...]:
    return tuple(
        DistFile(
            filename=file.filename,
            url=_absolute(base, file.url),
            sha256=file.hashes.sha256,
            size=file.size,
            requires_python=file.requires_python or "",
            yanked=file.yanked is not False,
            uploaded=(file.upload_time or "")[:19],
            has_metadata=bool(file.core_metadata or file.dist_info_metadata),
        )
        for file in _DECODER.decode(body).files
        if is_relevant(file.filename)
    )


def _absolute(base: str, url: str) -> str:
    if "@" in url or "#" in url or not url.startswith("http"):
        joined = urljoin(base, url).partition("#")[0]
        return joined if "@" not in urlsplit(joined).netloc else redact(joined)
    return url


def _read_html(text: str, base: str) -> tuple[DistFile, ...]:
    reader = _Anchors(base)
    reader.feed(text)
    reader.close()
    return tuple(reader.files)


class _Anchors(HTMLParser):
    """Collects the links of a PEP 503 page with what their attributes say."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
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
            )
        )
