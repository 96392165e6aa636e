"""From the text of a RUN to its commands, each word with its place.

The standard library's shlex tells no positions, and the parser of bash that there is has a licence
that we cannot ship. This reads what Dockerfiles hold: lists of commands, pipes, groups,
conditions, loops. What it cannot follow it leaves out, and never raises.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaffold.model.dockerfile import Command, Instruction, Span, Word

_OPERATORS = ("&&", "||", ";;", ";", "|&", "|", "&", "(", ")")
_REDIRECTION = re.compile(r"\d*(?:&>>|&>|>>|>\||>&|<&|<>|<<<|<<-?|>|<)")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=(.*)", re.DOTALL)
_LEADERS = {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"}
_SILENT = {"fi", "done", "esac", "}", "for", "case", "function", "select", "in"}
_PREFIXES = {"sudo", "exec", "command", "nohup", "nice", "env", "builtin"}
SHELLS = {"sh", "bash", "ash", "dash", "zsh"}


@dataclass(slots=True)
class _Token:
    """A word, or an operator where ``word`` is None; a line break is the operator ``;``."""

    start: int
    end: int
    operator: str = ""
    word: Word | None = None


def commands_of(instruction: Instruction) -> tuple[Command, ...]:
    """Return the commands of RUN, CMD, ENTRYPOINT, HEALTHCHECK; the exec form is one of them."""
    if instruction.words is not None:
        words = tuple(Word(text=text, span=instruction.span) for text in instruction.words)
        whole = Command(words=words, assignments=(), operator="", span=instruction.span)
        return (whole,) if words else ()
    text, origins = instruction.text, instruction.origins
    if instruction.keyword == "HEALTHCHECK":
        found = re.match(r"CMD\s+", text, re.IGNORECASE)
        skip = found.end() if found else len(text)
        text, origins = text[skip:], origins[skip:]
    commands = tuple(read_commands(text, origins))
    if instruction.heredocs and _is_script(commands):
        return tuple(
            command
            for document in instruction.heredocs
            for command in read_commands(
                document.body, range(document.span.start, document.span.end)
            )
        )
    return commands


def commands_run_by(step: Instruction) -> tuple[Command, ...]:
    """Return the commands that a build runs, none for other steps than RUN."""
    return commands_of(step) if step.keyword == "RUN" else ()


def program_of(path: str) -> str:
    """Return the program that a word starts, without its folder."""
    return path.rsplit("/", 1)[-1]


def _is_script(commands: Sequence[Command]) -> bool:
    """Tell whether a heredoc is itself the script: nothing but a shell stands before it."""
    argv = [word for command in commands for word in command.argv]
    return not argv or program_of(argv[0]) in SHELLS


def read_commands(text: str, origins: Sequence[int]) -> Iterator[Command]:
    """Yield the commands of a script. ``origins`` has the offset of each character in the file."""
    words: list[Word] = []
    pattern = False  # between `case … in`, or `;;`, and the parenthesis that ends a pattern
    for token in (*_tokens(text, origins), _Token(start=len(text), end=len(text), operator=";")):
        if token.word is not None:
            words.append(token.word)
            if token.word.text == "in" and words[0].text == "case":
                words, pattern = [], True
            elif pattern and token.word.text == "esac":
                pattern = False
            continue
        if pattern:
            words, pattern = [], token.operator != ")"
            continue
        command = _command(words, "" if token.operator in "()" else token.operator)
        if command is not None:
            yield command
        words, pattern = [], token.operator == ";;"


def _command(words: Sequence[Word], operator: str) -> Command | None:
    """Return a command without the words of the shell's own grammar, None if nothing is left."""
    rest = list(words)
    while rest and rest[0].text in _LEADERS:
        rest.pop(0)
    if not rest or rest[0].text in _SILENT:
        return None
    span = Span(start=rest[0].span.start, end=rest[-1].span.end)
    assignments = []
    while rest and (found := _ASSIGNMENT.fullmatch(rest[0].text)):
        assignments.append((found[1], found[2]))
        rest.pop(0)
    return Command(words=tuple(rest), assignments=tuple(assignments), operator=operator, span=span)


def without_prefix(command: Command) -> Command:
    """Return a command without ``sudo``, ``env``, ``exec`` and the like before it."""
    words = list(command.words)
    assignments = list(command.assignments)
    while words and program_of(words[0].text) in _PREFIXES:
        words.pop(0)
        while words and words[0].text.startswith("-"):
            words.pop(0)
        while words and (found := _ASSIGNMENT.fullmatch(words[0].text)):
            assignments.append((found[1], found[2]))
            words.pop(0)
    return replace(command, words=tuple(words), assignments=tuple(assignments))


def _tokens(text: str, origins: Sequence[int]) -> Iterator[_Token]:
    at = 0
    skip_word = False
    while at < len(text):
        char = text[at]
        if text.startswith(("\\\n", "\\\r\n"), at):
            at += 2 if text[at + 1] == "\n" else 3
        elif char == "\n":
            yield _Token(start=at, end=at + 1, operator=";")
            at += 1
        elif char.isspace():
            at += 1
        elif char == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif (found := _REDIRECTION.match(text, at)) is not None:
            skip_word = True
            at = found.end()
        elif (operator := _operator(text, at)) != "":
            yield _Token(start=at, end=at + len(operator), operator=operator)
            at += len(operator)
        else:
            end, value, literal = _word(text, at)
            span = Span(start=origins[at], end=origins[end - 1] + 1)
            if not skip_word:
                word = Word(text=value, span=span, literal=literal)
                yield _Token(start=at, end=end, word=word)
            skip_word, at = False, end


def _operator(text: str, at: int) -> str:
    return next((one for one in _OPERATORS if text.startswith(one, at)), "")


def _word(text: str, at: int) -> tuple[int, str, bool]:
    """Return (end, what the program gets, nothing is filled in) of the word that starts here."""
    out: list[str] = []
    literal, first = True, at
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            out.append("" if text[at + 1] == "\n" else text[at + 1])
            at += 2
        elif char in "'\"":
            end = _quoted(text, at)
            inside = text[at + 1 : end - 1] if text[end - 1 : end] == char else text[at + 1 : end]
            literal = literal and (char == "'" or not re.search(r"[$`]", inside))
            out.append(inside if char == "'" else re.sub(r"\\([\"\\$`])", r"\1", inside))
            at = end
        elif char == "`" or text.startswith(("$(", "${"), at):
            end = _nested(text, at)
            out.append(text[at:end])
            literal, at = False, end
        elif char.isspace() or char in ";|&()<>":
            break
        else:
            literal = literal and char not in "$*?["
            out.append(char)
            at += 1
    return max(at, first + 1), "".join(out), literal


def _quoted(text: str, at: int) -> int:
    """Return the offset after a quoted piece; an open one ends with the text."""
    quote, at = text[at], at + 1
    while at < len(text) and text[at] != quote:
        if quote == '"' and text[at] == "\\":
            at += 2
        elif quote == '"' and text.startswith(("$(", "${"), at):
            at = _nested(text, at)
        else:
            at += 1
    return min(at + 1, len(text))


def _nested(text: str, at: int) -> int:
    """Return the offset after ``$(…)``, ``${…}`` or backquotes, whatever they hold."""
    if text[at] == "`":
        end = text.find("`", at + 1)
        return len(text) if end < 0 else end + 1
    opening, closing = ("(", ")") if text[at + 1] == "(" else ("{", "}")
    depth, at = 1, at + 2
    while at < len(text) and depth:
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "'":
            end = text.find("'", at + 1)
            at = len(text) if end < 0 else end
        depth += (char == opening) - (char == closing)
        at += 1
    return min(at, len(text))
