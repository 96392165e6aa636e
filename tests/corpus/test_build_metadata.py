"""What an sdist requires where only its build backend knows, asked for with --build-metadata."""

import os
from pathlib import Path

import pytest

from scaffold.model.codes import Code
from scaffold.model.resolution import Conflict
from tests.corpus.resolving import offer, pins, resolve_folder
from tests.support.index_server import FakeIndex, make_sdist

BACKEND = """
import os, pathlib
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = pathlib.Path(folder, "demo-1.0.dist-info")
    info.mkdir()
    fields = ["Metadata-Version: 2.1", "Name: demo", "Version: 1.0", "Requires-Dist: dep"]
    fields += [f"Requires-Dist: saw-{name.lower()}" for name in os.environ if "TEST" in name]
    (info / "METADATA").write_text("\\n".join(fields) + "\\n")
    return info.name
def build_wheel(*_, **__):
    raise NotImplementedError
"""
SDISTS = {
    "a backend": (BACKEND, ""),
    "a broken one": ("raise ValueError('no such thing')", "ValueError: no such thing"),
    "one that takes all memory": ("bytearray(8 << 30)", "MemoryError"),
    "one that says nothing": ("", "building it failed"),
}


@pytest.mark.parametrize(("code", "why"), SDISTS.values(), ids=SDISTS)
def test_an_sdist_is_asked_in_an_empty_environment_where_the_user_wants_it(
    tmp_path: Path, public: FakeIndex, code: str, why: str
) -> None:
    table = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
    body = make_sdist("demo", "1.0", level="2.1", files={"pyproject.toml": table, "own.py": code})
    public.add_page("demo", [public.add_file("demo-1.0.tar.gz", body)])
    offer(public, "dep", "3.0")
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "requirements.txt").write_text("demo==1.0\n")
    assert any("TEST" in name for name in os.environ)  # pytest's own

    unasked = resolve_folder(folder, public)
    assert isinstance(unasked, Conflict)
    assert unasked.reasons[0].code is Code.REQUIREMENTS_UNKNOWN
    assert "--build-metadata" in unasked.reasons[0].text

    built = resolve_folder(folder, public, build=True)
    if why:
        assert isinstance(built, Conflict)
        assert why in built.reasons[0].text
    else:
        assert pins(built) == {"demo": "1.0", "dep": "3.0"}
        again = resolve_folder(folder, public, offline=True, build=True)
        assert pins(again) == {"demo": "1.0", "dep": "3.0"}
