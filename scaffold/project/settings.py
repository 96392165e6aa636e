"""The variables of the environment that the sources cannot do without."""

import ast
from collections.abc import Iterator

from scaffold.project.source_modules import (
    Module,
)
from scaffold.project.syntax import (
    READS,
    argument,
    first_of,
    is_empty,
    method_of,
    names_of,
    owner_of,
)

# What every container has, or a shell in it.
_GIVEN = frozenset({"HOME", "PATH", "PWD", "USER", "LANG", "TERM", "HOSTNAME", "SHELL"})
_READERS = frozenset({"environ.Env", "environs.Env", "decouple.config", "decouple.Config"})
# django-environ's methods whose variable has a name of its own.
_NAMED_SETTINGS = {"db": "DATABASE_URL", "cache": "CACHE_URL", "email_url": "EMAIL_URL",
                   "search_url": "SEARCH_URL", "db_url": "DATABASE_URL"}  # fmt: skip


def find_settings(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the variables that a module reads of its environment and has no default for."""
    found: list[tuple[str, ast.AST]] = [
        (module.text(node.slice), node)
        for node in module.of(ast.Subscript)
        if isinstance(node.ctx, ast.Load) and module.dotted(node.value) == "os.environ"
    ]
    found += [(_setting_of_call(module, *one), one[1]) for one in module.calls()]
    asked = {
        module.text(node.left)
        for node in module.of(ast.Compare)
        if isinstance(node.ops[0], ast.In) and module.dotted(node.comparators[0]) == "os.environ"
    }
    free = _GIVEN | asked
    where_set = {
        id(node)
        for test in module.of(ast.If)
        if found and _asks_for_variable(module, test.test)
        for statement in test.body
        for node in ast.walk(statement)
    }
    yield from (
        (name, node)
        for name, node in found
        if name and name not in free and id(node) not in where_set
    )
    for one in module.tree.body:
        if isinstance(one, ast.ClassDef) and any(
            module.dotted(base) == "pydantic_settings.BaseSettings" for base in one.bases
        ):
            yield from _fields(module, one)


def _asks_for_variable(module: Module, test: ast.expr | None) -> bool:
    """Tell whether a condition holds only where a variable of the environment is set."""
    test = module.named(test)
    if isinstance(test, ast.BoolOp):
        every = all if isinstance(test.op, ast.Or) else any
        return every(_asks_for_variable(module, one) for one in test.values)
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In):
        return module.dotted(test.comparators[0]) == "os.environ"
    if not isinstance(test, ast.Call):
        return False
    default = argument(test, "default", 1)
    return is_empty(default) and module.called(test) in READS


def _setting_of_call(module: Module, called: str, call: ast.Call) -> str:
    """Return the variable that django-environ, environs or decouple is asked for, or nothing."""
    method = method_of(call)
    made = module.named(owner_of(call) or call.func)
    known = module.called(made) in _READERS
    if called != "decouple.config" and (not known or method == "read_env"):
        return ""
    name = module.text(first_of(call))
    if isinstance(made, ast.Call) and any(one.arg == name for one in made.keywords):
        return ""  # django-environ's scheme has its default
    if argument(call, "default", 1 if method in {"", "db", "cache"} else None) is not None:
        return ""
    return name if call.args else _NAMED_SETTINGS.get(method, "")


def _fields(module: Module, settings: ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    """Yield the variables of pydantic's settings that have no default, with their prefix."""
    prefix = ""
    for node in ast.walk(settings):
        if isinstance(node, ast.keyword | ast.Assign | ast.Dict):
            prefix = _prefix_of(module, node) or prefix
    for one in settings.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            optional = one.value is not None or "ClassVar" in ast.unparse(one.annotation)
            if not optional and one.target.id != "model_config":
                yield f"{prefix}{one.target.id}".upper(), one


def _prefix_of(module: Module, node: ast.AST) -> str:
    if isinstance(node, ast.keyword) and node.arg == "env_prefix":
        return module.text(node.value)
    if isinstance(node, ast.Assign) and "env_prefix" in names_of(node):
        return module.text(node.value)
    return module.text(module.item(node, "env_prefix"))
