"""Goes into the image: says of a module that was dropped why it is not there.

It stands at the end of ``sys.meta_path``, so that it costs nothing until an import fails. What was
there looks as if it still were (``find_spec``); only importing it raises.
"""

import sys


class Dropped:
    """Finds modules that no traced run imported, and refuses to load them."""

    @staticmethod
    def find_spec(name, path=None, target=None):  # noqa: ANN001, ANN205, ARG004, D102
        from _frozen_importlib import ModuleSpec  # noqa: PLC0415 - always there

        return ModuleSpec(name, Dropped) if name in _read() else None

    @staticmethod
    def create_module(spec):  # noqa: ANN001, ANN205, D102
        raise ModuleNotFoundError(
            f"No module named {spec.name!r}: it was dropped because no traced run imported it; "
            "trace a run that does (leanscaffold trace), or build without: --traced none",
            name=spec.name,
        )

    @staticmethod
    def exec_module(module):  # noqa: ANN001, ANN205, D102
        raise NotImplementedError


def _read():  # noqa: ANN202
    global _names  # noqa: PLW0603 - read once, when an import first fails
    if _names is None:
        with open(f"{__file__.rpartition('.')[0]}.txt", encoding="ascii") as file:  # noqa: PTH123
            _names = frozenset(file.read().split())
    return _names


_names = None
sys.meta_path.append(Dropped)
