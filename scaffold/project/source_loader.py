"""From the files of a project to its modules: parsed, never run, each with its source root."""

import ast
import gc
import posixpath
import warnings
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scaffold.assembler.syntax import walk
from scaffold.model.project import Origin, Use
from scaffold.project.source_modules import (
    Module,
    folders_above,
    imported_tops,
    is_support,
    names_in,
    running,
)
from scaffold.project.syntax import names_of
from scaffold.project.text_io import read_bytes


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking at trees: millions of nodes, and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


LARGEST_SOURCE = 1_000_000  # bytes of a source that is parsed: 10 MB of it take 1.2 GB of memory


_TOO_LARGE = ValueError(f"it is larger than {LARGEST_SOURCE // 1_000_000} MB and was not read")


def load_modules(
    root: Path, files: Sequence[str], installed: Sequence[str] = ()
) -> tuple[tuple[Module, ...], tuple[Use, ...]]:
    """Return the parsed files of the application and an ``unparsable`` use for each that is not.

    ``installed`` are folders whose modules get installed, so that they are roots in any case.
    Raises PathUnreadableError for a file that cannot be read.
    """
    texts = {
        file: read_bytes(root, file)
        for file in files
        if file.endswith(".py") and not is_support(file)
    }
    return parse_modules(texts, files, installed)


def parse_modules(
    texts: Mapping[str, bytes], files: Sequence[str] = (), installed: Sequence[str] = ()
) -> tuple[tuple[Module, ...], tuple[Use, ...]]:
    """Return parsed texts, by their paths among ``files``, and what cannot be parsed."""
    trees: dict[str, ast.Module] = {}
    broken: list[Use] = []
    for file, text in texts.items():
        try:
            if len(text) > LARGEST_SOURCE:
                broken.append(_unparsable(file, _TOO_LARGE))
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trees[file] = ast.parse(text, filename=file)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken.append(_unparsable(file, error))
    nodes = {file: walk(tree) for file, tree in trees.items()}
    imports = {
        file: tuple(node for node in inside if isinstance(node, (ast.Import, ast.ImportFrom)))
        for file, inside in nodes.items()
    }
    known = {*_source_roots(frozenset(files or texts), imports, trees), *installed}
    roots = (*sorted(known - {"."}, key=lambda one: (-one.count("/"), one)), ".")
    modules = [
        _module(file, tree, nodes=nodes[file], imports=imports[file], root=_root_of(file, roots))
        for file, tree in trees.items()
    ]
    return tuple(modules), tuple(broken)


def _unparsable(file: str, error: Exception) -> Use:
    line = error.lineno if isinstance(error, SyntaxError) else None
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return Use(code="unparsable", value=message, origin=Origin(file=file, line=line or None))


def _module(
    file: str,
    tree: ast.Module,
    *,
    nodes: Iterable[ast.AST],
    imports: tuple[ast.Import | ast.ImportFrom, ...],
    root: str,
) -> Module:
    kinds: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in nodes:
        kinds[node.__class__].append(node)
    name = _module_name(file, root)
    package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
    return Module(
        file=file,
        root=root,
        name=name,
        tree=tree,
        kinds=kinds,
        imports=imports,
        top=tuple(running(tree.body)),
        names=_imported_names(imports, package),
        values=_values(kinds),
    )


def _module_name(file: str, root: str) -> str:
    inner = file if root == "." else file.removeprefix(f"{root}/")
    parts = inner.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else ""


def _imported_names(nodes: Iterable[ast.Import | ast.ImportFrom], package: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        else:
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                names[alias.asname or alias.name] = f"{base}.{alias.name}"
    return names


def _values(kinds: Mapping[type[ast.AST], Sequence[Any]]) -> dict[str, ast.expr]:
    found: dict[str, list[ast.expr | None]] = {node.arg: [None] for node in kinds.get(ast.arg, ())}
    for node in (*kinds.get(ast.Assign, ()), *kinds.get(ast.AnnAssign, ())):
        for name in names_of(node):
            found.setdefault(name, []).append(node.value)
    stores = Counter(one.id for one in kinds.get(ast.Name, ()) if isinstance(one.ctx, ast.Store))
    once = {
        name: values[0]
        for name, values in found.items()
        if len(values) == 1 and values[0] is not None and stores[name] == 1
    }
    return {name: value for name, value in once.items() if _looks_back(value, once)}


def _looks_back(value: ast.expr, known: Mapping[str, ast.expr]) -> bool:
    """Return whether a value names earlier ones only: a circle would be followed for ever."""
    if isinstance(value, ast.Constant):
        return True
    named = (node.id for node in walk(value) if isinstance(node, ast.Name))
    place = (value.lineno, value.col_offset)
    return all(
        (known[name].lineno, known[name].col_offset) < place for name in named if name in known
    )


def _source_roots(
    files: frozenset[str],
    imports: Mapping[str, Iterable[ast.Import | ast.ImportFrom]],
    trees: Mapping[str, ast.Module],
) -> tuple[str, ...]:
    """Return the folders that have to be on ``sys.path``, the deepest first, ``.`` last.

    A folder is one when it is ``src``, holds ``manage.py``, or when a file below it imports a
    sibling by its bare name; never when the project imports the folder itself as a package, unless
    its ``manage.py`` names settings below it.
    """
    tops = {file: {top for top, _ in imported_tops(nodes)} for file, nodes in imports.items()}
    imported = set().union(*tops.values()) if tops else set()
    here = names_in(".", files)
    roots = []
    for folder in sorted({above for file in tops for above in folders_above(file)}):
        first = folder.partition("/")[0]
        manage = trees.get(f"{folder}/manage.py")
        if manage is not None and _has_settings(folder, files, walk(manage)):
            roots.append(folder)
            continue
        if f"{folder}/__init__.py" in files or (first in imported and first in here):
            continue
        siblings = names_in(folder, files) - here
        # A file that imports its own name means what is installed.
        used = any(
            siblings & names - {posixpath.basename(file).removesuffix(".py")}
            for file, names in tops.items()
            if file.startswith(f"{folder}/")
        )
        if folder == "src" or f"{folder}/manage.py" in files or used:
            roots.append(folder)
    return (*sorted(roots, key=lambda root: -root.count("/")), ".")


def _has_settings(folder: str, files: Container[str], manage: Iterable[ast.AST]) -> bool:
    """Tell whether a manage.py names a module that lies below its folder, and not at the top."""
    for node in manage:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            path = node.value.replace(".", "/")
            endings = (f"{path}.py", f"{path}/__init__.py")
            if any(f"{folder}/{one}" in files and one not in files for one in endings):
                return True
    return False


def _root_of(file: str, roots: Sequence[str]) -> str:
    return next((root for root in roots if root == "." or file.startswith(f"{root}/")), ".")
