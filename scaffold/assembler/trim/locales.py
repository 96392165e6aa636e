"""Translations and formats of languages that the application does not name (level ``max``).

Why: Babel brings 30 MB of them, Django 4 MB. English stays, the root of all locales, and each
language that the application's own sources name in a text (``LANGUAGE_CODE = "de-at"``,
``Locale("fr")``). What a user's browser asks for is not known when the image is made: then a
language is missing, which is why this is not the default.
"""

import re
from collections.abc import Iterable

from .scan import Packages, Parts, ending

_FOLDERS = frozenset({"locale", "locales", "locale-data", "translations"})
_NAME = re.compile(r"([a-z]{2,3})(?:[-_@][A-Za-z0-9]{2,8})*")


def covers(parts: Parts) -> bool:
    """Tell whether a file belongs to one language other than English; code is no translation."""
    return ending(parts) not in {".py", ".so"} and language_of(parts) not in {"", "en"}


def language_of(parts: Parts) -> str:
    """Return the language of a file below a folder of locales, empty if there is none."""
    for depth, part in enumerate(parts[:-1]):
        if part in _FOLDERS:
            name = parts[depth + 1]
            is_file = depth + 2 == len(parts)
            if is_file and ending(parts) not in {".dat", ".json", ".mo"}:
                return ""
            match = _NAME.fullmatch(name.partition(".")[0] if is_file else name)
            return match[1] if match else ""
    return ""


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return what belongs to none of the application's languages."""
    return [parts for parts in files if language_of(parts) not in packages.languages]
