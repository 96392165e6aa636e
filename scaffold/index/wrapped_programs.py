"""Programs that a package wraps: its summary or name says so, and its code starts them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.metadata import parse_email

_STARTS = re.compile(
    r"\b(?:subprocess|pexpect|ptyprocess|popen\d?|which|find_executable|create_subprocess_\w+"
    r"|os\.(?:system|popen|exec\w+|spawn\w+|posix_spawn\w*))\b"
)
_WRAPS = re.compile(r"\b(?:wrap(?:s|per|pers|ping)?|front-?ends?)\b")
_WORD = re.compile(r"[a-z0-9][a-z0-9+_-]*")
# Parts of a name that say what a package is, not what it is about.
_FORMS = re.compile(r"^(?:python|py)[23]?[._-]?|[._-]?(?:python|py|wrapper|cli)[23]?$")
_SHORTEST = 2
_ASIDE = re.compile(r"(?:^|/)(?:setup\.py$|tests?/|docs?/|examples?/|test_|conftest\.py$)")


def find_wrapped(metadata: bytes, texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return (program, where) in the order of the package's name and summary.

    ``metadata`` is METADATA or PKG-INFO, ``texts`` the package's modules by path. A program counts
    whose name is a word of the package's name, or of a summary that speaks of a wrapper, and which
    stands alone as a text in a module that starts processes. Names are in lower case; whether
    a distribution has such a program is not asked.
    """
    fields, _ = parse_email(metadata)
    words = list(_list_words(fields.get("name") or "", fields.get("summary") or ""))
    found: dict[str, str] = {}
    quoted = _match_quoted(words)
    for path, text in texts.items():
        if not _ASIDE.search(path) and _STARTS.search(text) and quoted.search(text):
            for program, line in _find_literals(text, words):
                found.setdefault(program, f"{path}:{line}")
            quoted = _match_quoted(word for word in words if word not in found)
    return tuple((word, found[word]) for word in words if word in found)


def starts_programs(text: str) -> bool:
    """Tell whether a module may start another program."""
    return _STARTS.search(text) is not None


def _list_words(name: str, summary: str) -> Iterable[str]:
    lower = summary.lower()
    words = [_FORMS.sub("", name.lower())]
    for word in _WORD.findall(lower) if _WRAPS.search(lower) else ():
        words += [word, *re.split("[-_]", word)]
    return dict.fromkeys(word for word in words if len(word) >= _SHORTEST)


def _match_quoted(words: Iterable[str]) -> re.Pattern[str]:
    """Return what finds a word, or a path to it, at the head of a text: parsing takes longer."""
    names = "|".join(map(re.escape, words)) or r"(?!)"
    head = r"""["'](?:\s|\\[nrt])*(?:[^"'\s]*/)?"""
    return re.compile(rf"""{head}(?:{names})(?=["'\s\\])""", re.IGNORECASE)


def _find_literals(text: str, words: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield (word, line) of texts that are a program's name or path, where a command may stand."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        for one in _list_places(node):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                word, _, rest = one.value.strip().partition(" ")
                program = word.rpartition("/")[2].lower()
                if program in words and (not rest or " -" in one.value):
                    yield program, one.lineno


def _list_places(node: ast.AST) -> Iterable[ast.expr | None]:
    if isinstance(node, ast.Call):
        return [*node.args[:1], *(keyword.value for keyword in node.keywords)]
    if isinstance(node, ast.List | ast.Tuple):
        return node.elts
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return [node.value]
    if isinstance(node, ast.arguments):
        return [*node.defaults, *node.kw_defaults]
    return ()
