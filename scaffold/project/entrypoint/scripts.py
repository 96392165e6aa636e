"""Applications without a web framework's object: scripts, packages, Streamlit, Gradio, Celery."""

import ast
import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.project import Found, Origin
from scaffold.project.entrypoint import EVERYWHERE, Entry, others, remark, started
from scaffold.project.entrypoint.apps import CONVENTIONAL, App, is_aside, place_of, rank_file
from scaffold.project.entrypoint.arguments import name_required
from scaffold.project.entrypoint.ports import as_port, find_port, streamlit_server
from scaffold.project.entrypoint.servers import from_default
from scaffold.project.pyproject_file import load_pyproject
from scaffold.project.setup_files import (
    read_console_scripts,
    read_script_files,
    read_setup_name,
)
from scaffold.project.source_modules import (
    Module,
    by_name,
    imported_tops,
    imports_beside,
    is_main_guard,
)
from scaffold.project.syntax import Function, argument, is_none, method_of
from scaffold.project.text_io import text_of

_MOST_ALIKE = 40  # scripts that are compared by what they lead to
# Folders below the top where a conventional name no longer says much.
_DEEP = 2
# What the name of a script that serves has behind the project's.
_SERVICE = frozenset({"d", "-daemon", "-server", "-service", "-web"})
_ENTRY = re.compile(r"\s*([A-Za-z_][\w.]*)\s*:\s*([A-Za-z_][\w.]*)\s*(?:\[[^\]]*\]\s*)?", re.ASCII)


def start_streamlit(root: Path, modules: Sequence[Module]) -> Entry | None:
    """Return how a Streamlit app starts: the best-named script that imports it, no ``pages/``."""
    used = (one for one in modules if "streamlit" in one.tops)
    found = [one for one in used if "pages" not in one.file.split("/")[:-1]]
    if not found:
        return None
    port, base = streamlit_server(root)
    if port is None:
        port = from_default(8501, "streamlit")
    module = min(found, key=rank_file)
    options = ("--server.port", str(port.value), "--server.address", EVERYWHERE)
    command = ("python", "-m", "streamlit", "run", module.file, *options)
    origin = _import_origin(module, "streamlit")
    health = f"/{base}/_stcore/health" if base else "/_stcore/health"
    return Entry(
        start=started("streamlit", (*command, "--server.headless", "true"), origin),
        port=port,
        health=Found(value=health, origin=remark(origin, "Streamlit's own health path")),
    )


def start_gradio(modules: Sequence[Module]) -> Entry | None:
    """Return how a Gradio app starts: the script that calls ``launch()``."""
    found = [
        (module, call)
        for module in sorted(modules, key=rank_file)
        if "gradio" in module.tops
        for _, call in module.calls()
        if method_of(call) == "launch"
    ]
    if not found:
        return None
    module, call = found[0]
    origin = module.origin(call, "launch()")
    asked = argument(call, "server_port")
    port = as_port(module, asked, call)
    if port is None:
        port = from_default(7860, "gradio")
        unknown = asked is not None and not is_none(asked)
        origin = remark(origin, "server_port is not written there: name it with --port" * unknown)
    host = argument(call, "server_name")
    environment: tuple[tuple[str, str], ...] = ()
    if host is None:
        environment = (("GRADIO_SERVER_NAME", EVERYWHERE),)
        origin = remark(origin, f"server_name is not set: GRADIO_SERVER_NAME={EVERYWHERE}")
    elif module.text(host) not in {EVERYWHERE, ""}:
        origin = remark(origin, f"server_name {module.text(host)} is not reachable from outside")
    start = started("gradio", ("python", module.file), origin, environment=environment)
    health = Found(value="/", origin=module.origin(call, "Gradio's page"))
    return Entry(start=start, port=port, health=health)


def start_celery(app: App) -> Entry:
    """Return how a Celery worker starts."""
    name = app.module.name
    target = name if app.attribute in {"app", "celery"} else f"{name}:{app.attribute}"
    command = ("python", "-m", "celery", "-A", target, "worker")
    return Entry(start=started("celery", command, app.origin))


def start_project_script(root: Path, modules: Sequence[Module]) -> Entry | None:
    """Return how a script of pyproject.toml, setup.cfg or setup.py starts.

    Of several it is the one that is named as the project, or as its service, then that which the
    README names most, then the first by name. Raises ConfigInvalidError for a script that is not
    of the form ``package.module:function``.
    """
    own, scripts = project_scripts(root)
    if not scripts:
        return _start_script_file(own, read_script_files(root), modules)
    readme = "".join(text_of(root, one.name) for one in sorted(root.glob("[Rr][Ee][Aa][Dd]*")))
    names = sorted(
        scripts,
        key=lambda name: (
            _bare(name) != _bare(own),
            _bare(name).removeprefix(_bare(own)) not in _SERVICE,
            -len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", readme)),
            name,
        ),
    )
    chosen = names[0]
    origin = scripts[chosen][1]
    command = run_project_script(chosen, *scripts[chosen])
    module = _parse_entry(chosen, *scripts[chosen])[0]
    for one in modules:
        if one.name == module and _guard(one) and imports_beside(one, modules):
            command = ("python", one.file)
    return Entry(
        start=started("script", command, remark(origin, others(names[1:]))),
        port=find_port(modules, variable=False),
    )


def script_target(root: Path) -> tuple[str, str]:
    """Return module and function of the script that has the project's name, empty for none."""
    own, scripts = project_scripts(root)
    found = [(name, *one) for name, one in scripts.items() if _bare(name) == _bare(own)]
    return _parse_entry(*found[0]) if found else ("", "")


def is_named_as_project(root: Path) -> bool:
    """Tell whether a script of the project has its name."""
    own, scripts = project_scripts(root)
    return _bare(own) in map(_bare, scripts)


def _start_script_file(
    own: str, files: Mapping[str, Origin], modules: Sequence[Module]
) -> Entry | None:
    """Return how a file starts that is installed as a command: that named as the project first."""
    found = [module for file in files for module in modules if module.file == file]
    found.sort(key=lambda module: _bare(_stem(module)) != _bare(own))
    if not found and files:  # no module by its name: bin/meter
        path = min(files, key=lambda one: _bare(one.rpartition("/")[2]) != _bare(own))
        return Entry(
            start=started("script", ("python", path), files[path]),
            port=find_port(modules, variable=False),
        )
    if not found:
        return None
    origin = remark(files[found[0].file], others([module.file for module in found[1:]]))
    return Entry(
        start=started("script", _run(found[0], modules), origin),
        port=find_port(found[:1], variable=False) or find_port(modules, variable=False),
    )


def run_project_script(name: str, value: str, origin: Origin) -> tuple[str, ...]:
    """Return the command that does what an installed script would: the image may lack those.

    The program sees the script's name as ``sys.argv[0]``, as it does when pip made the script:
    usage texts and default file names come from there.
    """
    module, function = _parse_entry(name, value, origin)
    imported = function.partition(".")[0]
    code = f"import sys; sys.argv[0] = {json.dumps(name)}; from {module} import {imported}"
    return ("python", "-c", f"{code}; sys.exit({function}())")


def project_scripts(root: Path) -> tuple[str, Mapping[str, tuple[str, Origin]]]:
    """Return the project's name and its scripts: what each calls, and where that stands."""
    pyproject = load_pyproject(root)
    if pyproject is None:
        return read_setup_name(root), read_console_scripts(root)
    own = ""
    for keys in (("project", "scripts"), ("tool", "poetry", "scripts")):
        own = own or str(pyproject.table(*keys[:-1]).get("name", ""))
        table = {k: v for k, v in pyproject.table(*keys).items() if isinstance(v, str)}
        if table:
            return own, {
                name: (value, pyproject.origin(*keys, name, detail=f"script {name}"))
                for name, value in table.items()
            }
    return own or read_setup_name(root), read_console_scripts(root)


def _parse_entry(name: str, value: str, origin: Origin) -> tuple[str, str]:
    found = _ENTRY.fullmatch(value)
    if found is None:
        text = f"{value!r} is not of the form 'package.module:function'"
        raise ConfigInvalidError(
            f"the script {name} cannot be used",
            hint="write it as 'package.module:function', or say how the app starts with --cmd",
            details=[origin.problem(text)],
        )
    return found[1], found[2]


def start_script(modules: Sequence[Module]) -> Entry | None:
    """Return how a plain script starts.

    What does something when it is run is preferred, in the order of ``_rank_script``; of those
    alike that lead to much, one that requires no arguments. Where nothing does, a conventional
    name, then the only file.
    """
    running = [module for module in modules if runs_something(module)]
    known = [m for m in running if place_of(m) < len(CONVENTIONAL) - 1 or _guard(m)]
    known = [m for m in known if not _only_demonstrates(m, known)] or known
    named = [module for module in modules if place_of(module) < len(CONVENTIONAL) - 1]
    only = [*(running if len(running) == 1 else modules if len(modules) == 1 else ())]
    only = [module for module in only if _stem(module) != "__init__" or runs_something(module)]
    found = sorted(known, key=_rank_script) or only or sorted(named, key=_rank_script)
    if not found:
        return None
    alike = [one for one in found if _rank_script(one)[:-1] == _rank_script(found[0])[:-1]]
    if 1 < len(alike) <= _MOST_ALIKE and known:  # the application leads to most of its files
        named_ = by_name(modules)
        leads = {one.file: len(_imported(one, named_)) for one in alike}
        wide = [one for one in alike if 2 * leads[one.file] >= max(leads.values())]
        lacks = {one.file: name_required(_run(one, modules), modules) for one in wide}
        most = min(wide, key=lambda one: (bool(lacks[one.file]), -leads[one.file]))
        found = [most, *(one for one in found if one is not most)]
    module = found[0]
    rest = others([other.file for other in found[1:]])
    origin = Origin(file=module.file, line=_guard(module), detail=rest)
    return Entry(
        start=started("script", _run(module, modules), origin),
        port=find_port([module], variable=False) or find_port(modules, variable=False),
    )


def _imported(script: Module, named: Mapping[str, Module]) -> set[str]:
    """Return the names of the project's modules that a script imports, and those they import."""
    found, waiting = set[str](), [script]
    while waiting:
        for name in waiting.pop().names.values():
            for one in {name, name.rpartition(".")[0]} & named.keys() - found:
                found.add(one)
                waiting.append(named[one])
    return found


def _only_demonstrates(module: Module, scripts: Sequence[Module]) -> bool:
    """Tell whether a file of a package is imported by a script at the top, which is what is run."""
    return (
        "." in module.name
        and not _is_main(module)
        and any(
            "/" not in one.file and name.startswith(f"{module.name}.")
            for one in scripts
            if not is_aside(one)
            for name in one.names.values()
        )
    )


def _rank_script(module: Module) -> tuple[bool, int, int, int, bool, str]:
    """Return how a script ranks: conventional names at the top or one folder down first."""
    depth = module.file.count("/")
    below = depth - (module.root.count("/") + 1 if module.root != "." else 0) - _is_main(module)
    named = place_of(module) < len(CONVENTIONAL) - 1
    order = max(below, 0) if named and below < _DEEP else _DEEP if below <= 0 else _DEEP + 1
    folder, _, name = module.file.rpartition("/")
    other = name != f"{posixpath.basename(folder)}.py"  # klippy/klippy.py goes before its siblings
    return (is_aside(module), order, place_of(module), depth, other, module.file)


def _guard(module: Module) -> int | None:
    """Return the line of ``if __name__ == "__main__"``."""
    return next((node.lineno for node in module.tree.body if is_main_guard(node)), None)


def runs_something(module: Module) -> bool:
    """Return whether running a file does more than define things."""
    if _is_main(module) or _guard(module) is not None:
        return True
    return any(
        isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await))
        for node in module.top
    )


def main_body(module: Module) -> Sequence[ast.stmt]:
    """Return what a file does when it is run, a single ``main()`` followed."""
    guard = next((node for node in module.tree.body if is_main_guard(node)), None)
    body: Sequence[ast.stmt] = guard.body if isinstance(guard, ast.If) else ()
    call = body[-1] if body else None
    if isinstance(call, ast.Expr) and isinstance(call.value, ast.Call):
        name = call.value.args[0] if call.value.args else call.value
        func = name.func if isinstance(name, ast.Call) else None
        for node in module.tree.body:
            if isinstance(node, Function) and isinstance(func, ast.Name) and node.name == func.id:
                return (*body[:-1], *node.body)
    return body


def does_more(module: Module, function: str = "") -> bool:
    """Tell whether running a file, or a function of it, does more than start a server."""
    named = (one for one in module.tree.body if isinstance(one, Function))
    body = [one.body for one in named if one.name == function]
    calls = [
        node
        for statement in (body[0] if body else main_body(module))
        for node in ast.walk(statement)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)
    ]
    return len(calls) > 1


_RUNS_SERVER = {"uvicorn.run", "waitress.serve", "aiohttp.web.run_app"}


def runs_server(module: Module, app: App, calls: Iterable[ast.Call]) -> bool:
    """Tell whether one of these calls of a file has an application listen."""
    served = _RUNS_SERVER | {f"{app.module.name}.{app.attribute}.run"}
    return any(module.dotted(call.func) in served for call in calls)


def takes_command_line(module: Module, app: App) -> bool:
    """Tell whether the import of a file parses the command line, or has the application listen.

    A server that imports it has arguments of its own, and listens itself.
    """
    parsing = {
        one.name
        for one in module.tree.body
        if isinstance(one, ast.FunctionDef) and any(map(_parses, ast.walk(one)))
    }
    simple = [one for one in module.top if isinstance(one, ast.Expr | ast.Assign | ast.AnnAssign)]
    calls = [node for one in simple for node in ast.walk(one) if isinstance(node, ast.Call)]
    parses = any(
        _parses(call) or (isinstance(call.func, ast.Name) and call.func.id in parsing)
        for call in calls
    )
    return parses or runs_server(module, app, calls)


def _parses(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and method_of(node) == "parse_args"
        and not (node.args or node.keywords)
    )


def _stem(module: Module) -> str:
    return module.file.rpartition("/")[2].removesuffix(".py")


def _is_main(module: Module) -> bool:
    return module.file.rpartition("/")[2] == "__main__.py"


def _run(module: Module, modules: Sequence[Module]) -> tuple[str, ...]:
    if "." not in module.name or imports_beside(module, modules):
        return ("python", module.file)
    return ("python", "-m", module.name.removesuffix(".__main__"))


def _import_origin(module: Module, name: str) -> Origin:
    for top, node in imported_tops(module.imports):
        if top == name:
            return module.origin(node, f"imports {name}")
    return Origin(file=module.file)


def _bare(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
