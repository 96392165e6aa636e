"""What an sdist requires where only its build backend knows, asked for with --build-metadata."""

import os
from pathlib import Path

import pytest

from scaffold.index.configuration import IndexConfig
from scaffold.index.metadata_builder import build_folder_metadata
from scaffold.model.codes import Code
from scaffold.model.errors import RequirementsInvalidError
from scaffold.model.index import Metadata
from scaffold.model.resolution import Conflict
from scaffold.project.reader import read_project
from tests.corpus.resolving import offer, pins, resolve_folder
from tests.support.folders import texts
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


OWN_BUILD = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
DYNAMIC = '[project]\nname = "demo"\nversion = "1"\ndynamic = ["dependencies"]\n' + OWN_BUILD
COMPUTING: dict[str, dict[str, str]] = {
    "a condition of the machine": {
        "setup.py": "r = ['dep']\nif on_pi():\n    r.append('lgpio')\nsetup(install_requires=r)\n"
    },
    "a file that is read": {"setup.py": "setup(install_requires=open('list').read().split())\n"},
    "arguments of a function": {"setup.py": "setup(**arguments())\n"},
    "a call": {"setup.py": "setup(install_requires=requires('dep'))\n"},
    "a backend of its own": {"pyproject.toml": DYNAMIC},
}


@pytest.mark.parametrize("files", COMPUTING.values(), ids=COMPUTING)
def test_a_project_that_computes_what_it_requires_is_built_where_the_user_wants_it(
    tmp_path: Path, files: dict[str, str]
) -> None:
    """zigate and rhasspy3 compute install_requires in setup.py."""
    own = {"pyproject.toml": OWN_BUILD, "own.py": BACKEND, "demo.py": "", **files}
    for name, text in own.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(RequirementsInvalidError) as refused:
        read_project(tmp_path, environ={})
    assert "--build-metadata" in str(refused.value.details[0])

    def build(folder: Path) -> Metadata:
        return build_folder_metadata(folder, IndexConfig(index_url=""))

    project = read_project(tmp_path, environ={}, build=build)
    assert texts(project.asked) == ["dep"]
    assert any("was run on this computer" in note for note in project.notes)
    assert {one.name for one in tmp_path.iterdir()} == set(own)  # nothing is written there

    (tmp_path / "own.py").write_text("raise ValueError('no such thing')")
    with pytest.raises(RequirementsInvalidError) as broken:
        read_project(tmp_path, environ={}, build=build)
    assert "ValueError: no such thing" in str(broken.value.details[0])


@pytest.mark.parametrize(
    ("line", "without", "asked"),
    [
        ('b ; extra == "mqtt"', [], ["b"]),
        ('b ; python_version < "3.12" and extra == "mqtt"', [], ['b; python_version < "3.12"']),
        ('b ; extra == "mqtt" and os_name == "nt"', [], ['b; os_name == "nt"']),
        ('b>=2 ; os_name == "nt"', ['b>=2; os_name == "nt"'], ['b>=2; os_name == "nt"']),
        ('b ; extra == "other"', [], []),
    ],
)
def test_of_what_a_build_tells_the_extras_asked_for_are_taken(
    tmp_path: Path, line: str, without: list[str], asked: list[str]
) -> None:
    (tmp_path / "setup.py").write_text(
        "setup(name='a', install_requires=find(), extras_require={'mqtt': [], 'other': []})\n"
    )

    def build(_: Path) -> Metadata:
        return Metadata(name="a", version="1", requires=("c", line), requires_python=">=3.9")

    plain = read_project(tmp_path, environ={}, build=build)
    assert texts(plain.asked) == ["c", *without]
    assert [found.value for found in plain.pythons] == [">=3.9"]
    extra = read_project(tmp_path, environ={}, build=build, extras=("mqtt",))
    assert texts(extra.asked) == ["c", *asked]
