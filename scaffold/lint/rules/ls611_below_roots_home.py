"""What the app needs is below /root, and another user runs it.

Why
``/root`` belongs to root alone (mode 0700): whoever ``USER`` names can neither import from
``/root/.local`` nor start a command there, and the container ends with «Permission denied» or
«No module named …» (docker-library/python#414).

Bad
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN pip install --no-cache-dir --user flask==3.1.2
FROM python:3.13-slim-trixie
COPY --from=build /root/.local /root/.local
ENV PATH=/root/.local/bin:$PATH
USER 10001
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS build
RUN pip install --no-cache-dir --target=/install flask==3.1.2
FROM python:3.13-slim-trixie
COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
USER 10001
```
"""

from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import goal_of
from scaffold.lint.install_commands import python_installs
from scaffold.lint.package_locations import absolute, place_of
from scaffold.model.dockerfile import Instruction
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import fill_in

SEVERITY = Severity.ERROR
_HOMES = {"uv": "UV_PYTHON_INSTALL_DIR", "pipx": "PIPX_HOME"}
_SEARCHED = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONUSERBASE", "PLAYWRIGHT_BROWSERS_PATH")


def check(case: Case) -> Iterator[Hit]:
    """Yield the first step that puts something below /root that another user then needs."""
    user, root = case.last("USER"), case.root(case.final)
    name = fill_in(user.text, user.scope).partition(":")[0].strip("\"' ") if user else "root"
    opened = any(
        command.argv[:1] == ("chmod",) and any(w.rstrip("/") == "/root" for w in command.argv)
        for step in case.image_runs()
        for command in case.commands(step)
    )
    if root is None or root.image.lower() == "scratch" or name in {"root", "0"} or "$" in name:
        return
    for step in () if opened else case.image_steps():
        path = next(_needed(case, step), "")
        if path:
            text = f"{path} is below /root, which {name} may not enter: put it elsewhere"
            yield Hit(text=text, span=line_of(step))
            return


def _needed(case: Case, step: Instruction) -> Iterator[str]:
    """Yield what a step puts below /root, or takes from there when the app starts."""
    paths = list[str]()
    if step.keyword in {"COPY", "ADD"}:
        paths.append(absolute(step, goal_of(step)))
    elif step.keyword == "WORKDIR":
        paths.append(absolute(step, fill_in(step.text, step.scope)))
    elif step.keyword in {"CMD", "ENTRYPOINT"}:
        paths += [word for command in case.commands(step) for word in command.argv]
    elif step.keyword == "ENV":
        words = fill_in(step.text, step.scope).replace('"', "").split()
        pairs = [word.partition("=")[::2] for word in words]
        paths += [one for key, value in pairs if key in _SEARCHED for one in value.split(":")]
    elif step.keyword == "RUN" and step.scope.user.partition(":")[0] in {"", "root", "0"}:
        final = case.final
        if final is not None:
            paths += [place_of(case, final, step, one) for one in python_installs(case, step)]
        for command in case.commands(step):
            tool = command.argv[0] if command.argv else ""
            makes = command.argv[1:2] == ("install",) or command.argv[1:3] in {
                ("python", "install"),
                ("tool", "install"),
            }
            variable = _HOMES.get(tool)
            if makes and variable and variable not in step.scope.environment:
                paths.append(f"{step.scope.environment.get('HOME', '/root')}/.local/share/{tool}")
    yield from (path for path in paths if path == "/root" or path.startswith("/root/"))
