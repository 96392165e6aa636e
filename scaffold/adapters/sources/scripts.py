"""Applications without a web framework's object: scripts, packages, Streamlit, Gradio, Celery."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scaffold.adapters.pyproject_file import Pyproject, load_pyproject
from scaffold.adapters.sources.apps import CONVENTIONAL, App, rank_file
from scaffold.adapters.sources.entry import EVERYWHERE, Entry, others, remark, started
from scaffold.adapters.sources.modules import Module, argument, imported_tops, is_main_guard
from scaffold.adapters.sources.ports import find_port, is_port, streamlit_server
from scaffold.errors import ConfigInvalidError, Detail
from scaffold.model.project import Found, Origin

_ENTRY = re.compile(r"\s*([A-Za-z_][\w.]*)\s*:\s*([A-Za-z_][\w.]*)\s*(?:\[[^\]]*\]\s*)?", re.ASCII)


def start_streamlit(root: Path, modules: Sequence[Module]) -> Entry | None:
    """Return how a Streamlit app starts: the best-named script that imports it, no ``pages/``."""
    found = _sorted(
        module
        for module in modules
        if "streamlit" in module.names.values() and "pages" not in module.file.split("/")[:-1]
    )
    if not found:
        return None
    port, base = streamlit_server(root)
    if port is None:
        port = _default("streamlit", 8501)
    module = found[0]
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
        for module in _sorted(modules)
        if "gradio" in {name.partition(".")[0] for name in module.names.values()}
        for _, call in module.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "launch"
    ]
    if not found:
        return None
    module, call = found[0]
    number = module.literal(argument(call, "server_port"))
    origin = module.origin(call, "launch()")
    port = _default("gradio", 7860)
    if isinstance(number, int) and is_port(number):
        port = Found(value=number, origin=remark(origin, "server_port"))
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
    """Return how a script of pyproject.toml starts.

    Of several it is the one that is named as the project, else the first by name. Raises
    ConfigInvalidError for a script that is not of the form ``package.module:function``.
    """
    pyproject = load_pyproject(root)
    if pyproject is None:
        return None
    for keys in (("project", "scripts"), ("tool", "poetry", "scripts")):
        table = _plain_scripts(pyproject.table(*keys))
        if table:
            break
    else:
        return None
    own = str(pyproject.table("project").get("name", pyproject.table("tool", "poetry").get("name")))
    names = sorted(table, key=lambda name: (_bare(name) != _bare(own), name))
    chosen = names[0]
    module, function = _parse_entry(pyproject, (*keys, chosen), table[chosen])
    imported = function.partition(".")[0]
    code = f"import sys; from {module} import {imported}; sys.exit({function}())"
    origin = pyproject.origin(*keys, chosen, detail=f"script {chosen}")
    return Entry(
        start=started("script", ("python", "-c", code), remark(origin, others(names[1:]))),
        port=find_port(modules),
    )


def _plain_scripts(table: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in table.items() if isinstance(value, str)}


def _parse_entry(pyproject: Pyproject, keys: tuple[str, ...], value: str) -> tuple[str, str]:
    found = _ENTRY.fullmatch(value)
    if found is None:
        raise ConfigInvalidError(
            f"the script {keys[-1]} cannot be used",
            hint="write it as 'package.module:function', or say how the app starts with --cmd",
            details=[
                Detail(
                    text=f"{value!r} is not of the form 'package.module:function'",
                    file=pyproject.file,
                    line=pyproject.line(*keys),
                )
            ],
        )
    return found[1], found[2]


def start_script(modules: Sequence[Module]) -> Entry | None:
    """Return how a plain script starts.

    The order: files under ``if __name__ == "__main__"`` and packages' ``__main__.py``, the
    conventional names, few folders; without any guard a conventional name, then the only file.
    """
    guarded = _sorted(m for m in modules if _is_main(m) or any(map(is_main_guard, m.tree.body)))
    named = _sorted(module for module in modules if rank_file(module)[0] < len(CONVENTIONAL) - 1)
    found = guarded or named or (list(modules) if len(modules) == 1 else [])
    if not found:
        return None
    module = found[0]
    guards = (node for node in module.tree.body if is_main_guard(node))
    line = next((node.lineno for node in guards), None)
    rest = others([other.file for other in found[1:]])
    return Entry(
        start=started("script", _run(module), Origin(file=module.file, line=line, detail=rest)),
        port=find_port([module]) or find_port(modules),
    )


def _is_main(module: Module) -> bool:
    return module.file.rpartition("/")[2] == "__main__.py"


def _run(module: Module) -> tuple[str, ...]:
    if "." not in module.name:
        return ("python", module.file)
    return (
        "python",
        "-m",
        module.name.removesuffix(".__main__") if _is_main(module) else module.name,
    )


def _sorted(modules: Sequence[Module] | Iterator[Module]) -> list[Module]:
    return sorted(modules, key=rank_file)


def _import_origin(module: Module, name: str) -> Origin:
    for top, node in imported_tops(module.nodes):
        if top == name:
            return module.origin(node, f"imports {name}")
    return Origin(file=module.file)


def _default(server: str, port: int) -> Found[int]:
    return Found(value=port, origin=Origin(file=server, detail="its default port"))


def _bare(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
