"""Goes into the image: says of a module that was dropped why it is not there.

It stands at the end of ``sys.meta_path``, so that it costs nothing until an import fails. What was
there looks as if it still were (``find_spec``); only importing it raises.
"""

import sys


class Dropped:
    """Finds modules that no traced run imported, and refuses to load them."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> object:  # noqa: ARG004
        """Return a specification for a module that was dropped."""
        return type(sys.__spec__)(name, Dropped) if name in _read() else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: object) -> object:
        """Say why there is no such module."""
        return Dropped.get_code(spec.name)  # type: ignore[attr-defined]

    @staticmethod
    def get_code(name: str) -> object:
        """Say why; ``python -m`` asks for code instead of importing."""
        raise ModuleNotFoundError(
            f"No module named {name!r}: it was dropped because no traced run imported it; "
            "trace a run that does (leanscaffold trace), or build without (--traced none)",
            name=name,
        )

    @staticmethod
    def exec_module(module: object) -> None:
        """Do nothing: it does not come to that."""


_names: list[frozenset[str]] = []


def _read() -> frozenset[str]:
    """Return the names, read when an import first fails."""
    if not _names:
        path = f"{__file__.rpartition('.')[0]}.txt"
        with open(path, encoding="ascii") as file:  # noqa: PTH123 - nothing more is imported
            _names.append(frozenset(file.read().split()))
    return _names[0]


sys.meta_path.append(Dropped)  # type: ignore[arg-type]
