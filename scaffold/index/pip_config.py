"""pip's own settings, from where pip's documentation says that it looks for them.

pip offers no way to ask for them but starting it, or importing most of it, which takes longer than
a whole plan. That both say the same is a test.
"""

import configparser
import locale
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import platformdirs

from scaffold.model.errors import ConfigInvalidError, Detail

_IGNORED = {"version", "help"}  # switches of pip that are no settings
_NAME = "pip.ini" if sys.platform == "win32" else "pip.conf"


def read_pip_settings(env: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings, such as ``global.index-url``, and ``:env:.index-url`` of variables.

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
