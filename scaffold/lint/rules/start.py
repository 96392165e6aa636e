"""How the image starts, and as whom."""

import ast
import json
import posixpath
import re
from collections.abc import Iterator

from scaffold.lint.context import Case, goal_of, line_of
from scaffold.lint.install_commands import may_have
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Edit, Hit, Instruction, Severity, Stage
from scaffold.project.dockerfile_parser.installs import is_python
from scaffold.project.dockerfile_parser.scopes import fill_in, pairs_of

# Images that set another user themselves.
_NOT_ROOT = ("nonroot", "rootless", "unprivileged")


@rule("LS501", Severity.WARNING)
def runs_as_root(case: Case) -> Iterator[Hit]:
    """The app runs as root.

    An attacker who takes over the app is root in the container, and root on the device if the
    engine has a vulnerability. With a number (``USER 10001``) a cluster can check that it is not
    root.

    Bad:
        COPY main.py /app/
        CMD ["python", "/app/main.py"]
    Good:
        COPY main.py /app/
        USER 10001:10001
        CMD ["python", "/app/main.py"]
    """
    final, root = case.final, case.root(case.final)
    if final is None or root is None:
        return
    last = case.last("USER")
    if last is not None:
        name = last.text.partition(":")[0].strip()
        if name in {"root", "0"}:
            yield Hit(text="the app runs as root: end with another USER", span=last.span)
    elif "$" not in root.image and not any(word in root.image for word in _NOT_ROOT):
        text = "no USER: the app runs as root"
        yield Hit(text=text, span=line_of(case.last("CMD", "ENTRYPOINT") or final.opening))


@rule("LS502", Severity.NOTE)
def user_by_name(case: Case) -> Iterator[Hit]:
    """USER is a name instead of a number.

    A cluster that requires a user other than root (``runAsNonRoot``) cannot check a name and
    refuses to start the container; it can check a number.

    Bad:
        RUN useradd --uid 10001 app
        USER app
    Good:
        RUN useradd --uid 10001 app
        USER 10001
    """
    last = case.last("USER")
    if last is None:
        return
    name = last.text.partition(":")[0].strip()
    if re.fullmatch(r"[A-Za-z_][\w.-]*", name) and name != "root":
        yield Hit(
            text=f"a cluster cannot tell whether {name} is root: use its number", span=last.span
        )


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


@rule("LS503", Severity.WARNING)
def shell_form(case: Case) -> Iterator[Hit]:
    """The app starts through a shell.

    ``CMD python main.py`` runs ``/bin/sh -c``: the shell is process 1 and does not forward signals,
    so the app cannot stop cleanly and is killed after ten seconds. The list form starts the app
    directly.

    Bad:
        CMD python main.py --port 8000
    Good:
        CMD ["python", "main.py", "--port", "8000"]
    """
    for keyword in ("CMD", "ENTRYPOINT"):
        step = case.last(keyword)
        if step is None or step.words is not None or step.text.startswith("["):
            continue
        if step.text.startswith("exec "):
            continue  # the shell gives way to the app
        yield Hit(
            text="a shell stands between the engine's signals and the app: use a list",
            span=line_of(step),
            edits=_exec_form(case, step),
        )


def _exec_form(case: Case, step: Instruction) -> tuple[Edit, ...]:
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
    for one in case.dockerfile.steps(own):
        if one.keyword in {"COPY", "ADD"} and not one.flag("from"):
            goal = posixpath.normpath(posixpath.join("/", one.scope.workdir, goal_of(one)))
            if any(f"{place}/{name}/".startswith(f"{goal.rstrip('/')}/") for place in places):
                return False
        if one.keyword == "RUN" and f"/{name}" in "".join(
            (one.text, *(d.body for d in one.heredocs))
        ):
            return False
    return True


_LISTS = {"CMD", "ENTRYPOINT", "SHELL", "VOLUME", "RUN", "COPY", "ADD"}


@rule("LS504", Severity.ERROR)
def broken_list(case: Case) -> Iterator[Hit]:
    """A list that is not valid JSON runs as a shell command.

    The list form is JSON: double quotes, no comma at the end. Anything else, such as single quotes,
    is taken for a shell command, and the shell looks for a program called ``[python,``.

    Bad:
        CMD ['python', 'main.py']
    Good:
        CMD ["python", "main.py"]
    """
    for step in case.dockerfile.instructions:
        text = step.text
        looks = text.startswith("[") and text.endswith("]") and not text.startswith(("[ ", "[["))
        if step.keyword in _LISTS and looks and step.words is None:
            yield Hit(
                text="this is not JSON, so a shell runs it: double quotes, no comma at the end",
                span=step.place(0, len(text)),
                edits=_quoted_list(step),
            )


def _quoted_list(step: Instruction) -> tuple[Edit, ...]:
    try:
        words = ast.literal_eval(step.text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return ()
    whole = step.place(0, len(step.text))
    return (Edit(span=whole, text=json.dumps(words, ensure_ascii=False)),)


@rule("LS505", Severity.WARNING)
def only_the_last_counts(case: Case) -> Iterator[Hit]:
    """A later instruction replaces this one.

    Of several CMD, ENTRYPOINT or HEALTHCHECK instructions in a stage only the last one is used.

    Bad:
        CMD ["python", "migrate.py"]
        CMD ["python", "main.py"]
    Good:
        CMD ["python", "main.py"]
    """
    for stage in case.dockerfile.stages:
        for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            found = [step for step in stage.steps if step.keyword == keyword]
            for step in found[:-1]:
                yield Hit(text=f"a later {keyword} replaces this one", span=line_of(step))


_CLIENTS = {"curl", "wget", "nc", "sh", "bash"}


@rule("LS506", Severity.ERROR)
def health_check_cannot_run(case: Case) -> Iterator[Hit]:
    r"""The health check runs a program that the image does not have.

    Slim and Alpine images do not have ``curl``, and slim does not have ``wget`` either: the check
    always fails, and an orchestrator restarts the app again and again. Installing curl for it costs
    megabytes; use Python instead.

    Bad:
        HEALTHCHECK CMD curl -f http://127.0.0.1:8000/health
    Good:
        HEALTHCHECK CMD \
            ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/')"]
    """
    root, step = case.root(case.final), case.last("HEALTHCHECK")
    if root is None or step is None or case.final is None:
        return
    family = case.family(case.final)
    bare = root.image.lower() == "scratch" or (family is not None and not family.shell)
    copied = " ".join(one.text for one in case.image_steps() if one.keyword in {"COPY", "ADD"})
    for command in case.commands(step):
        name = command.argv[0].rsplit("/", 1)[-1] if command.argv else ""
        if bare and step.words is None and not step.text.startswith("CMD ["):
            yield Hit(text="the image has no shell to run it: use a list", span=command.span)
            return
        if bare and name in _CLIENTS and name not in copied and "/bin" not in copied:
            yield Hit(text=f"the image has no {name}: ask with Python", span=command.span)
        package = family.lacks.get(name) if family else None
        last = case.image_steps()[-1]
        if package and not may_have(case, case.final, last, name, package):
            yield Hit(text=f"the image has no {name}: ask with Python", span=command.span)


@rule("LS507", Severity.WARNING)
def relative_workdir(case: Case) -> Iterator[Hit]:
    """WORKDIR is relative.

    It is relative to the previous WORKDIR, in this file or in the base image: a change there moves
    the app.

    Bad:
        WORKDIR app
    Good:
        WORKDIR /app
    """
    ends = dict[int | None, str]()
    for stage in case.dockerfile.stages:
        folder = ends.get(stage.parent, "")
        for step in stage.steps:
            if step.keyword != "WORKDIR":
                continue
            path = fill_in(step.text.strip("\"'"), step.scope)
            full = posixpath.join(folder, path)
            if path and not path.startswith(("/", "$", "\\")) and path[1:2] != ":":
                whole = step.place(0, len(step.text))
                text = f"it means {full}" if folder else "it depends on the base's WORKDIR"
                plain = folder and not set("$\\") & set(step.text)
                edits = (Edit(span=whole, text=full),) if plain else ()
                yield Hit(text=f"relative: {text}", span=whole, edits=edits)
            # Below what only the base or the build knows, nothing is known.
            folder = full if full.startswith("/") and "$" not in full else ""
        ends[stage.number] = folder


@rule("LS508", Severity.NOTE)
def output_held_back(case: Case) -> Iterator[Hit]:
    """The output of the app is buffered.

    Python buffers its output if it is a pipe, as in a container: messages arrive late, and the last
    ones before a crash are lost. ``PYTHONUNBUFFERED=1`` (or ``python -u``) disables buffering.

    Bad:
        CMD ["python", "main.py"]
    Good:
        ENV PYTHONUNBUFFERED=1
        CMD ["python", "main.py"]
    """
    names = {
        name
        for step in case.image_steps()
        if step.keyword == "ENV"
        for name, _ in pairs_of(step.text)
    }
    command = case.last("CMD", "ENTRYPOINT")
    argv = [word for one in case.commands(command) for word in one.argv] if command else []
    python = bool(argv) and re.fullmatch(r"(?:.*/)?python[\d.]*", argv[0]) is not None
    if command is not None and python and "PYTHONUNBUFFERED" not in names and "-u" not in argv:
        yield Hit(text="messages come late: ENV PYTHONUNBUFFERED=1", span=line_of(command))


@rule("LS509", Severity.NOTE)
def no_health_check(case: Case) -> Iterator[Hit]:
    r"""A service has no health check.

    The engine sees only whether the process runs. An app that hangs or has lost its database is not
    noticed.

    Bad:
        EXPOSE 8000
        CMD ["python", "-m", "uvicorn", "--host", "0.0.0.0", "main:app"]
    Good:
        EXPOSE 8000
        HEALTHCHECK CMD \
            ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000))"]
        CMD ["python", "-m", "uvicorn", "--host", "0.0.0.0", "main:app"]
    """
    exposed = case.last("EXPOSE")
    if exposed is not None and case.last("HEALTHCHECK") is None:
        yield Hit(text="it listens, and nothing asks whether it is well", span=line_of(exposed))
