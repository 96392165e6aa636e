"""Where the package index is, as pip or uv were told; no address is written here."""

import configparser
import locale
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import platformdirs

from scaffold.index.cache import Cache, find_cache_folder
from scaffold.model.addresses import has_token, mask_path
from scaffold.model.errors import ConfigInvalidError, Detail
from scaffold.model.project import IndexOptions

_IGNORED = {"version", "help"}  # switches of pip that are no settings
_NAME = "pip.ini" if sys.platform == "win32" else "pip.conf"


def read_pip_settings(env: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings, such as ``global.index-url``, and ``:env:.index-url`` of variables.

    Starting pip, or importing it, takes longer than a whole plan; that both say the same is a test.
    Raises ConfigInvalidError for a file that cannot be read.
    """
    settings: dict[str, str] = {}
    for path in list_pip_files(env):
        settings.update(_read_file(path))
    for name, value in env.items():
        if name.startswith("PIP_") and name[4:].lower() not in _IGNORED:
            settings[f":env:.{_normalize(name[4:])}"] = value
    return settings


def list_pip_files(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that pip reads if they exist; a later one overrides those before."""
    chosen = env.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return ()
    site = platformdirs.site_config_dir("pip", appauthor=False, multipath=True)
    everyone = [Path(folder, _NAME) for folder in site.split(os.pathsep)]
    if sys.platform not in {"darwin", "win32"}:
        everyone.append(Path("/etc", _NAME))
    environment = Path(sys.prefix, _NAME)
    if chosen and Path(chosen).exists():
        return (*everyone, environment, Path(chosen))
    home = Path(env.get("HOME") or Path.home())
    legacy = home / ("pip" if sys.platform == "win32" else ".pip") / _NAME
    return (*everyone, legacy, _user_folder(home) / _NAME, environment)


def _user_folder(home: Path) -> Path:
    folder = Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True))
    if sys.platform == "darwin" and not folder.is_dir():
        return home / ".config" / "pip"
    return folder


def _read_file(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding=locale.getpreferredencoding(do_setlocale=False))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigInvalidError(
            "pip's configuration cannot be read",
            details=[Detail(file=str(path), text=str(error).replace("\n", " "))],
            hint="repair the file; `pip config debug` shows which files are read",
        ) from error
    for section in parser.sections():
        for name, value in parser.items(section):
            yield f"{section}.{_normalize(name)}", value


def _normalize(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


_DEFAULT_TIMEOUT = 15.0  # seconds; pip's own default
_REACHABLE = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexConfig:
    """The indexes to ask and how. ``timeout`` in seconds.

    The URLs may hold credentials: show them through ``redact`` only. ``origins`` says for each URL,
    redacted, where it was found; ``remarks`` what was left out and why. ``written`` pairs URLs in
    which variables were filled in with how they stand in the project's files. ``bound_urls`` are
    asked only for packages that name them. With ``first_match`` the first index that has a name
    is the only one for it, and extra ones come before the default. ``find_links`` are pages that
    list files of many packages.
    """

    index_url: str
    extra_index_urls: tuple[str, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()
    cert: str = ""
    client_cert: str = ""
    proxy: str = ""
    timeout: float = _DEFAULT_TIMEOUT
    trusted_hosts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    bound_urls: tuple[str, ...] = ()
    first_match: bool = False
    find_links: tuple[str, ...] = ()

    def hide(self, text: str) -> str:
        """Return a message with ``${TOKEN}`` instead of what it stands for in the path of a URL."""
        for filled, plain in self.written:
            text = text.replace(redact(filled).rstrip("/"), redact(plain).rstrip("/"))
        return text

    @property
    def urls(self) -> tuple[str, ...]:
        """Return all index addresses in the order to ask them, without empty or repeated ones."""
        found = (self.index_url, *self.extra_index_urls)
        if self.first_match:
            found = (*self.extra_index_urls, self.index_url)
        return tuple(dict.fromkeys(url for url in found if url))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """One place that may name indexes. ``base`` and ``extra`` are what it says, as written."""

    origin: str
    base: str = ""
    extra: tuple[str, ...] = ()


def redact(url: str) -> str:
    """Return a URL without what could be secret: user, password, tokens, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(an address that cannot be read)"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, mask_path(parts.path), "", ""))


def read_index_config(
    env: Mapping[str, str],
    *,
    project: Path | None = None,
    options: IndexOptions | None = None,
    pip_settings: Callable[[Mapping[str, str]], Mapping[str, str]] = read_pip_settings,
) -> IndexConfig:
    """Return the index configuration that holds for a project.

    Asked in this order: ``options`` (from the command line and requirement files), uv's variables,
    the project's uv settings, pip's variables and files, pip's own default. The first that names
    an index wins; the first that names additional ones gives these. An address without user and
    password gets those that any of them has for it: what a project's files name has none.
    ``pip_settings`` takes ``env`` and returns pip's settings as ``global.index-url`` and the like.

    Raises ConfigInvalidError for a settings file that cannot be read.
    """
    settings = pip_settings(env)
    options = options or IndexOptions()
    sources = [
        _Source(origin="options", base=options.index_url, extra=options.extra_index_urls),
        _uv_variables(env),
        *_uv_files(project),
        _Source(
            origin="pip's configuration",
            base=_pip_value(settings, "index-url"),
            extra=tuple(_pip_value(settings, "extra-index-url").split()),
        ),
    ]
    no_index = options.no_index or _pip_value(settings, "no-index").lower() in {"1", "true", "yes"}
    remarks: list[str] = []
    base, base_origin = "", ""
    if not no_index:
        base, base_origin = _pick_base(sources, remarks, env)
    extra, extra_origin = ((), "") if no_index else _pick_extra(sources, remarks)
    known = {redact(url): url for source in reversed(sources) for url in _with_login(source)}
    links = options.find_links or tuple(_pip_value(settings, "find-links").split())
    return IndexConfig(
        index_url=_logged_in(base, known),
        extra_index_urls=tuple(_logged_in(url, known) for url in extra),
        origins=(
            *([(redact(base), base_origin)] if base else []),
            *((redact(url), extra_origin) for url in extra),
        ),
        cert=_pick_cert(env, settings),
        client_cert=_pip_value(settings, "client-cert"),
        proxy=_pip_value(settings, "proxy"),
        timeout=_read_timeout(settings),
        trusted_hosts=tuple(_pip_value(settings, "trusted-host").split()),
        remarks=tuple(remarks),
        written=options.written,
        bound_urls=tuple(_logged_in(url, known) for url in options.bound_urls),
        first_match=options.first_match,
        find_links=tuple(link for link in links if link.startswith(_REACHABLE)),
    )


def _with_login(source: _Source) -> Iterator[str]:
    """Yield the addresses that say who asks."""
    for url in (source.base, *source.extra):
        if url.startswith(_REACHABLE) and ("@" in url or has_token(url)):
            yield url


def _logged_in(url: str, known: Mapping[str, str]) -> str:
    """Return an address with the user and password that are known for just this one."""
    return url if "@" in url or has_token(url) else known.get(redact(url), url)


def _default_index(env: Mapping[str, str]) -> str:
    """Return the index in pip's own help, asked once for each release of pip, or nothing."""
    try:
        release = metadata.version("pip")
    except metadata.PackageNotFoundError:
        return ""
    cache = Cache(find_cache_folder(env))
    if known := cache.load("pip", release, str):
        return known
    told = subprocess.run(
        [sys.executable, "-m", "pip", "--isolated", "install", "--help"],
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.search(r"Package Index \(default\s+(https?://[^\s)]+)\)", told)
    if found is None:
        return ""
    cache.save("pip", release, found[1])
    return found[1]


def _pip_value(settings: Mapping[str, str], name: str) -> str:
    for section in (":env:.", "install.", "global."):
        if value := settings.get(section + name, "").strip():
            return value
    return ""


def _uv_variables(env: Mapping[str, str]) -> _Source:
    base = env.get("UV_DEFAULT_INDEX", "") or env.get("UV_INDEX_URL", "")
    extra = f"{env.get('UV_INDEX', '')} {env.get('UV_EXTRA_INDEX_URL', '')}".split()
    return _Source(
        origin="uv's environment variables",
        base=_strip_name(base.strip()),
        extra=tuple(_strip_name(url) for url in extra),
    )


def _strip_name(url: str) -> str:
    """Return the address of ``name=https://…``."""
    name, equals, address = url.partition("=")
    return address if equals and name.replace("-", "").replace("_", "").isalnum() else url


def _uv_files(project: Path | None) -> Iterator[_Source]:
    if project is None:
        return
    for name, keys in (("uv.toml", ()), ("pyproject.toml", ("tool", "uv"))):
        path = project / name
        try:
            table: Any = tomllib.loads(path.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise ConfigInvalidError(
                f"{name} cannot be read",
                details=[Detail(file=name, text=str(error))],
                hint=f"repair {name}, or name the index with --index-url",
            ) from error
        for key in keys:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict):
            yield _uv_table(name, table)


def _uv_table(name: str, table: Mapping[str, Any]) -> _Source:
    listed = table.get("index", [])
    indexes = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    defaults = [str(one.get("url", "")) for one in indexes if one.get("default")]
    others = [
        str(one.get("url", ""))
        for one in indexes
        if not one.get("default") and not one.get("explicit")
    ]
    extra = table.get("extra-index-url", [])
    extras = [str(url) for url in extra] if isinstance(extra, list) else [str(extra)]
    return _Source(
        origin=name,
        base=defaults[0] if defaults else str(table.get("index-url", "")),
        extra=tuple(url for url in (*others, *extras) if url),
    )


def _pick_base(
    sources: list[_Source], remarks: list[str], env: Mapping[str, str]
) -> tuple[str, str]:
    for source in sources:
        if not source.base:
            continue
        if source.base.startswith(_REACHABLE):
            return source.base, source.origin
        remarks.append(_unreachable(source.base, source.origin))
    return _default_index(env), "pip's default"


def _pick_extra(sources: list[_Source], remarks: list[str]) -> tuple[tuple[str, ...], str]:
    for source in sources:
        usable = tuple(url for url in source.extra if url.startswith(_REACHABLE))
        remarks.extend(
            _unreachable(url, source.origin) for url in source.extra if url not in usable
        )
        if usable:
            return usable, source.origin
    return (), ""


def _unreachable(url: str, origin: str) -> str:
    return f"{redact(url)} ({origin}) is left out: an image build cannot reach it"


def _pick_cert(env: Mapping[str, str], settings: Mapping[str, str]) -> str:
    for value in (
        env.get("PIP_CERT", ""),
        _pip_value(settings, "cert"),
        env.get("REQUESTS_CA_BUNDLE", ""),
        env.get("CURL_CA_BUNDLE", ""),
        env.get("SSL_CERT_FILE", ""),
    ):
        if value:
            return value
    return ""


def _read_timeout(settings: Mapping[str, str]) -> float:
    text = _pip_value(settings, "timeout") or _pip_value(settings, "default-timeout")
    try:
        return float(text) if text else _DEFAULT_TIMEOUT
    except ValueError as error:
        raise ConfigInvalidError(
            f"pip's timeout {text!r} is not a number",
            hint="set it in seconds: pip config set global.timeout 30",
        ) from error
