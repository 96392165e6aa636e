"""What a shell script knows of itself: the folder that it lies in, and its first argument."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from textwrap import dedent

_SELF = r"\"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})\"?"
_RESOLVED = re.compile(rf"\$\((?:readlink (?:-[ef]|-m)|realpath)(?: --)? {_SELF}\)")
_FOLDER = re.compile(rf"\$\(dirname(?: --)? {_SELF}\)|`dirname(?: --)? {_SELF}`|\$\{{0%/\*\}}")
_ENTERED = re.compile(
    r"\$\(cd(?: -P)?(?: --)? \"?(/[\w./-]*)\"?(?: *&?>/dev/null(?: 2>&1)?)? *&& *pwd(?: -P)?\)"
)
_FIRST = r"\"?\$(?:1|\{1(?::-(?P<default>[\w.-]*))?\})\"?"
_ASKED = re.compile(
    rf"(?:el)?if +\[\[? +(?:(?P<empty>-[nz]) +{_FIRST}|{_FIRST.replace('default', 'given')} +"
    r"(?P<sign>!?==?) +[\"']?(?P<value>[\w.-]*)[\"']?) +\]\]? *; *then"
)
_CASE = re.compile(rf"case +{_FIRST} +in")
_PATTERN = re.compile(r"\s*\(?([\w.*?\"'| -]+)\)(.*)")


def name_folder(text: str, path: str) -> str:
    """Return a script with its own folder (``$(dirname "$0")``) written out."""
    folder = posixpath.dirname(path) or "/"
    text = _FOLDER.sub(lambda _: folder, _RESOLVED.sub("$0", text))
    return _ENTERED.sub(lambda found: posixpath.normpath(found[1]), text)


def take_branches(text: str, arguments: Sequence[str]) -> str:
    """Return a script with the branches alone that its first argument takes, line by line.

    What is not understood stays as it is: a script that shifts its arguments, tests of more.
    """
    if re.search(r"(?m)\bshift\b|\bset --|^[\w-]+ *\(\)", text):
        return text
    lines, first = text.split("\n"), arguments[0] if arguments else ""
    at = 0
    while at < len(lines):
        head = lines[at].rstrip()
        asks, ends = (_if, "fi") if _ASKED.fullmatch(head) else (_case, "esac")
        stop = next((n for n, line in enumerate(lines[at:], at) if line.rstrip() == ends), None)
        if stop is not None and (asks is _if or _CASE.fullmatch(head)):
            taken = asks([line.rstrip() for line in lines[at:stop]], first)
            if taken is None:
                at = stop
            else:
                lines[at : stop + 1] = [*dedent("\n".join(taken)).split("\n"), ""]
        at += 1
    return "\n".join(lines)


def _if(lines: Sequence[str], first: str) -> list[str] | None:
    """Return the lines of the branch that runs, the others empty; None for an unknown test."""
    kept, done, runs = list[str](), False, False
    for number, line in enumerate(lines):
        if line == "else":
            runs = not done
        elif line.startswith(("if ", "elif ")):
            found = _ASKED.fullmatch(line)
            if found is None or (number and line.startswith("if ")):
                return None
            runs = not done and _holds(found, first)
        else:
            kept.append(line if runs else "")
            continue
        done = done or runs
        kept.append("")
    return kept


def _holds(found: re.Match[str], first: str) -> bool:
    if found["empty"]:
        return bool(first or found["default"]) == (found["empty"] == "-n")
    same = (first or found["given"] or "") == found["value"]
    return same != found["sign"].startswith("!")


def _case(lines: Sequence[str], first: str) -> list[str] | None:
    """Return the lines of the branch that runs, the others empty; None for an unknown pattern."""
    head = _CASE.fullmatch(lines[0])
    value = first or (head["default"] if head else "") or ""
    kept, done, runs, opens = [""], False, False, True
    for line in lines[1:]:
        body = line
        if opens and line.strip() and not line.lstrip().startswith("#"):
            found = _PATTERN.fullmatch(line)
            if found is None:
                return None
            runs = not done and any(fnmatchcase(value, one) for one in _patterns(found[1]))
            done, opens, body = done or runs, False, found[2]
        if body.lstrip().startswith("case "):
            return None
        opens = opens or body.endswith(";;")
        kept.append(body.removesuffix(";;") if runs else "")
        runs = runs and not opens
    return kept


def _patterns(text: str) -> Iterator[str]:
    return (one.strip().strip("\"'") for one in text.split("|"))
