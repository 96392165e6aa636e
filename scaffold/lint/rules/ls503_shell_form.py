"""The app starts through a shell.

Why
``CMD python main.py`` runs ``/bin/sh -c``: the shell is process 1 and hands no signal on, so the
app never hears that it should stop and is killed after ten seconds, in the middle of whatever it
does. The list form starts the app itself.

Bad
```dockerfile
FROM python:3.13-slim-trixie
CMD python main.py --port 8000
```

Good
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "main.py", "--port", "8000"]
```
"""

import json
import posixpath
import re
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import goal_of
from scaffold.model.dockerfile import Instruction, Stage
from scaffold.model.finding import Edit, Hit, Severity
from scaffold.project.dockerfile_parser.installs import is_python

SEVERITY = Severity.WARNING
# What a shell does itself, with a file of that name or without one.
_BUILTINS = frozenset(
    {
        *(".", ":", "[", "alias", "bg", "break", "cd", "command", "continue", "echo", "eval"),
        *("exec", "exit", "export", "false", "fg", "getopts", "hash", "jobs", "kill", "let"),
        *("local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "source"),
        *("test", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset"),
        "wait",
    }
)
_SEARCHED = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def check(case: Case) -> Iterator[Hit]:
    """Yield commands of the image without a list; a plain one becomes a list."""
    for keyword in ("CMD", "ENTRYPOINT"):
        step = case.last(keyword)
        if step is None or step.words is not None or step.text.startswith("["):
            continue
        if step.text.startswith("exec "):
            continue  # the shell gives way to the app
        yield Hit(
            text="a shell stands between the engine's signals and the app: use a list",
            span=line_of(step),
            edits=_edits(case, step),
        )


def _edits(case: Case, step: Instruction) -> tuple[Edit, ...]:
    """Return the list, where the app is known to start the same without a shell around it."""
    commands = case.commands(step)
    whole = step.place(0, len(step.text))
    (own,) = (stage for stage in case.dockerfile.stages if step in stage.steps)
    other = "ENTRYPOINT" if step.keyword == "CMD" else "CMD"
    if (
        len(commands) != 1
        or commands[0].assignments
        or commands[0].span != whole
        or not all(
            word.literal and not set(word.text) & set("~{}*?!") for word in commands[0].words
        )
        or step.scope.shell
        or case.dockerfile.escape != "\\"
        or not case.starts_plainly(own)
        # With a list, ENTRYPOINT gets CMD as its arguments; with its own, CMD is one's arguments.
        or any(one.keyword == other for one in case.dockerfile.instructions)
        or not _is_program(case, own, commands[0].argv[0], step)
    ):
        return ()
    return (Edit(span=whole, text=json.dumps(list(commands[0].argv), ensure_ascii=False)),)


def _is_program(case: Case, own: Stage, program: str, step: Instruction) -> bool:
    """Tell whether a word starts what a package installed: a script of one's own needs a shell.

    The kernel starts no script without ``#!``, a shell does.
    """
    folder, name = posixpath.split(program)
    if is_python(name):
        return not folder or folder.startswith("/")
    path = step.scope.environment.get("PATH", "")
    places = [folder] if folder else [*path.split(":"), *_SEARCHED]
    places = [place for place in places if place not in {"", "$PATH", "${PATH}"}]
    if name in _BUILTINS or not all(re.fullmatch(r"/[^$]*bin", place) for place in places):
        return False
    for one in (each for stage in case.chain(own) for each in stage.steps):
        if one.keyword in {"COPY", "ADD"} and not one.flag("from"):
            goal = posixpath.normpath(posixpath.join("/", one.scope.workdir, goal_of(one)))
            if any(f"{place}/{name}/".startswith(f"{goal.rstrip('/')}/") for place in places):
                return False
        if one.keyword == "RUN" and f"/{name}" in "".join(
            (one.text, *(d.body for d in one.heredocs))
        ):
            return False
    return True
