"""Read a small project and resolve it against indexes on loopback."""

from collections.abc import Mapping
from pathlib import Path

from scaffold.catalog.snapshot import Snapshot
from scaffold.index.layered_index import open_index
from scaffold.index.metadata_builder import build_metadata
from scaffold.model.options import Options
from scaffold.model.resolution import Conflict, Resolution
from scaffold.model.target import Environment
from scaffold.planner.candidates import wanted_of
from scaffold.project.reader import read_project
from scaffold.resolver.cache import ResolverCache
from scaffold.resolver.resolve import resolve
from tests.support.builders import make_facts
from tests.support.index_server import FakeIndex, make_wheel
from tests.support.worlds import environment

LINUX = environment("3.13")


def offer(
    index: FakeIndex, name: str, *versions: str, requires: Mapping[str, str] | None = None
) -> None:
    """Put pure wheels of a name on an index; ``requires`` is a requirement by version."""
    files = []
    for version in versions:
        needed = (requires or {}).get(version)
        lines = (f"Requires-Dist: {needed}",) if needed else ()
        body = make_wheel(name, version, *lines)
        files.append(index.add_file(f"{name}-{version}-py3-none-any.whl", body))
    index.add_page(name, files)


def resolve_folder(
    folder: Path,
    public: FakeIndex | None,
    *,
    on: Environment = LINUX,
    offline: bool = False,
    build: bool = False,
) -> Resolution | Conflict:
    """Return what a project resolves to where ``public`` is the configured index."""
    project = read_project(folder, environ={})
    env = {
        "LEANSCAFFOLD_CACHE_DIR": str(folder.parent / "cache"),
        "PIP_CONFIG_FILE": "/dev/null",
        **({"UV_DEFAULT_INDEX": public.url} if public else {}),
    }
    with open_index(
        env,
        folder=folder,
        options=project.index,
        project=project,
        offline=offline,
        build=build_metadata if build else None,
        snapshot=Snapshot(folder.parent / "snapshot"),
    ) as index:
        return resolve(
            wanted_of(project, Options(offline=offline), make_facts()), on, ResolverCache(index)
        )


def pins(found: Resolution | Conflict) -> dict[str, str]:
    """Return name → version; a conflict is a failure with its reasons."""
    assert isinstance(found, Resolution), found
    return {pinned.name: pinned.version for pinned in found.packages}
