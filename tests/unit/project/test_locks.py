"""Reading lock files: versions, edges, files and hashes; broken ones are errors with lines."""

import json
from pathlib import Path

import pytest

from scaffold.model.errors import RequirementsInvalidError, UsageError
from scaffold.model.project import Lock, LockedFile, LockedPackage
from scaffold.project import locks
from scaffold.project.locks import FORMATS, LockFormat
from tests.support.folders import OTHER_SHA, SHA, at, read, refused, texts, write

WHEELS = "https://index.example"
PYPROJECT = """
[project]
name = "demo"
version = "1"
requires-python = ">=3.11"
dependencies = ["flask[async]>=3"]

[dependency-groups]
dev = ["pytest"]
"""


FILES = {path.stem for path in Path(str(locks.__file__)).parent.glob("*.py")}


@pytest.mark.parametrize("name", sorted(FILES - {"__init__", "entries"}))
def test_each_reader_stands_in_the_table(name: str) -> None:
    assert name in {one.read.__module__.rpartition(".")[2] for one in FORMATS}


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_a_format_says_how_it_is_locked_again_and_installed(one: LockFormat) -> None:
    assert one.install
    assert one.refresh or one.choices is not None


def locked(root: Path, **options: list[str]) -> Lock:
    lock = read(root, **options).lock
    assert lock is not None
    return lock


def package(root: Path, name: str) -> LockedPackage:
    (only,) = [one for one in locked(root).packages if one.name == name]
    return only


UV = f"""
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "asgiref"
version = "3.8.1"
source = {{ registry = "https://index.example/simple" }}
dependencies = [
    {{ name = "typing-extensions", marker = "python_full_version < '3.11'" }},
]
sdist = {{ url = "https://index.example/asgiref-3.8.1.tar.gz", hash = "sha256:{SHA}", size = 35 }}
wheels = [
    {{ url = "{WHEELS}/asgiref-3.8.1-py3-none-any.whl", hash = "sha256:{OTHER_SHA}", size = 23 }},
]

[[package]]
name = "demo"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "flask", extra = ["async"] }},
]

[[package]]
name = "flask"
version = "3.0.3"
source = {{ registry = "https://index.example/simple" }}
resolution-markers = [
    "python_full_version < '3.12'",
    "python_full_version >= '3.13'",
]
dependencies = [
    {{ name = "werkzeug", version = "3.0", marker = "sys_platform == 'linux'" }},
]
wheels = [
    {{ url = "{WHEELS}/flask-3.0.3-py3-none-any.whl", hash = "sha256:{SHA}", size = 101 }},
]

[package.optional-dependencies]
async = [
    {{ name = "asgiref" }},
]

[[package]]
name = "libs-inner"
version = "0.1"
source = {{ directory = "libs/inner" }}

[[package]]
name = "pytest"
version = "8.0"
source = {{ registry = "../wheels" }}
wheels = [
    {{ path = "pytest-8.0-py3-none-any.whl" }},
]

[[package]]
name = "tool"
version = "0.2"
source = {{ git = "https://index.example/tool?subdirectory=py&tag=v2#abc123" }}

[[package]]
name = "typing-extensions"
version = "4.12"
source = {{ url = "{WHEELS}/typing_extensions-4.12-py3-none-any.whl" }}
wheels = [
    {{ url = "{WHEELS}/typing_extensions-4.12-py3-none-any.whl", hash = "sha256:{SHA}" }},
]

[[package]]
name = "werkzeug"
version = "3.0"
source = {{ registry = "https://index.example/simple" }}
"""


@pytest.fixture
def uv(tmp_path: Path) -> Path:
    return write(tmp_path, {"pyproject.toml": PYPROJECT, "uv.lock": UV})


def test_a_uv_lock_gives_versions_and_pyproject_what_is_asked(uv: Path) -> None:
    project = read(uv)
    assert texts(project.asked) == ["flask[async]>=3"]
    lock = locked(uv)
    assert (lock.file, lock.kind) == ("uv.lock", "uv")
    assert [(one.name, one.version) for one in lock.packages] == [
        ("asgiref", "3.8.1"),
        ("flask", "3.0.3"),
        ("libs-inner", "0.1"),
        ("pytest", "8.0"),
        ("tool", "0.2"),
        ("typing-extensions", "4.12"),
        ("werkzeug", "3.0"),
    ]
    assert project.files == ("pyproject.toml", "uv.lock")
    assert project.notes == ()


def test_a_uv_lock_keeps_edges_files_hashes_sizes_and_lines(uv: Path) -> None:
    found = package(uv, "asgiref")
    assert found.requires == ("typing-extensions; python_full_version < '3.11'",)
    assert found.files == (
        LockedFile(
            filename="asgiref-3.8.1-py3-none-any.whl",
            url="https://index.example/asgiref-3.8.1-py3-none-any.whl",
            sha256=OTHER_SHA,
            size=23,
        ),
        LockedFile(
            filename="asgiref-3.8.1.tar.gz",
            url="https://index.example/asgiref-3.8.1.tar.gz",
            sha256=SHA,
            size=35,
        ),
    )
    assert found.origin == at("uv.lock", 5)


def test_a_uv_lock_keeps_forks_and_extras(uv: Path) -> None:
    found = package(uv, "flask")
    assert found.requires == ("werkzeug==3.0; sys_platform == 'linux'",)
    assert found.extra_requires == (("async", ("asgiref",)),)
    assert found.marker == 'python_full_version < "3.12" or python_full_version >= "3.13"'


def test_a_uv_lock_keeps_addresses_and_paths(uv: Path) -> None:
    assert package(uv, "tool").url == "git+https://index.example/tool@abc123#subdirectory=py"
    assert package(uv, "libs-inner").path == "libs/inner"
    wheel = "https://index.example/typing_extensions-4.12-py3-none-any.whl"
    assert package(uv, "typing-extensions").url == wheel
    assert package(uv, "pytest").files == (LockedFile(filename="pytest-8.0-py3-none-any.whl"),)
    assert package(uv, "werkzeug").files == ()


def test_a_group_is_asked_for_from_pyproject_beside_a_lock(uv: Path) -> None:
    assert texts(read(uv, groups=["dev"]).asked) == ["flask[async]>=3", "pytest"]


def test_a_uv_lock_cut_off_between_packages_is_an_error(uv: Path) -> None:
    (uv / "uv.lock").write_text(UV.lstrip()[: UV.lstrip().index('[[package]]\nname = "werkzeug"')])
    lines = refused(uv)
    assert lines == ["uv.lock:25: flask needs werkzeug, which the lock does not have"]


def test_every_lock_that_is_cut_off_inside_a_line_is_an_error_with_its_line(tmp_path: Path) -> None:
    for name, text in (("uv.lock", UV), ("poetry.lock", POETRY), ("pdm.lock", PDM)):
        root = write(tmp_path / name, {"pyproject.toml": PYPROJECT, name: text})
        cut = text.lstrip().index("sha256:")
        (root / name).write_text(text.lstrip()[:cut])
        (only,) = refused(root)
        line = text.lstrip()[:cut].count("\n") + 1
        assert only.startswith(f"{name}:{line}: ")


def test_a_uv_lock_of_an_unknown_version_is_an_error(uv: Path) -> None:
    write(uv, {"uv.lock": "version = 7\n"})
    assert refused(uv) == ["uv.lock:1: version 7 of uv.lock is not known here; 1 is"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('version = "1"\nsource = {registry = "x"}', "without a name"),
        ('name = "a"\nsource = {registry = "x"}', "a has no version"),
        ('name = "a"\nversion = "one"\nsource = {registry = "x"}', "impossible version 'one'"),
        ('name = "a"\nversion = "1"', "a has no source"),
        ('name = "a"\nversion = "1"\nsource = {registry = "x"}\nwheels = 3', "list of tables"),
        (
            'name = "a"\nversion = "1"\nsource = {registry = "x"}\nresolution-markers = ["what"]',
            "is not a marker",
        ),
    ],
)
def test_a_broken_entry_of_a_uv_lock_is_an_error_with_its_line(
    uv: Path, entry: str, says: str
) -> None:
    (uv / "uv.lock").write_text(f"version = 1\n\n[[package]]\n{entry}\n")
    (only,) = refused(uv)
    assert only.startswith("uv.lock:3: ")
    assert says in only


def test_a_lock_that_lacks_what_is_asked_is_noted(uv: Path) -> None:
    write(uv, {"pyproject.toml": PYPROJECT.replace('>=3"]', '>=3", "numpy"]')})
    project = read(uv)
    assert project.notes == (
        "pyproject.toml:5 asks for numpy, which uv.lock does not have: run uv lock",
    )
    assert "numpy" in texts(project.asked)


def test_a_lock_that_contradicts_what_is_asked_is_an_error(uv: Path) -> None:
    write(uv, {"pyproject.toml": PYPROJECT.replace("[async]>=3", "[async]>=3.1")})
    (only,) = refused(uv)
    assert only == (
        "pyproject.toml:5: asks for flask>=3.1, but uv.lock:25 has 3.0.3:"
        " run uv lock, or correct the line"
    )


def test_a_lock_without_the_pyproject_it_belongs_to_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"uv.lock": UV})
    with pytest.raises(RequirementsInvalidError, match=r"uv\.lock exists without pyproject"):
        read(tmp_path)


POETRY = f"""
# This file is automatically @generated by Poetry 2.1.1 and should not be changed by hand.

[[package]]
name = "Flask"
version = "3.0.3"
description = "x"
optional = false
python-versions = ">=3.8"
groups = ["main"]
markers = "python_version >= \\"3.9\\""
files = [
    {{file = "flask-3.0.3-py3-none-any.whl", hash = "sha256:{SHA}"}},
    {{file = "flask-3.0.3.tar.gz", hash = "sha256:{OTHER_SHA}"}},
]

[package.dependencies]
asgiref = {{version = ">=3.2", optional = true, markers = "extra == \\"async\\""}}
Werkzeug = ">=3.0.0"
numpy = [
    {{version = ">=1.21", markers = "python_version < \\"3.12\\""}},
    {{version = ">=1.26", markers = "python_version >= \\"3.12\\""}},
]

[package.extras]
async = ["asgiref (>=3.2)"]

[[package]]
name = "tool"
version = "0.2"
optional = false
python-versions = "*"
markers = {{main = "python_version < \\"3.12\\"", dev = "sys_platform == \\"linux\\""}}
files = []
develop = false

[package.source]
type = "git"
url = "https://index.example/tool"
reference = "main"
resolved_reference = "abc123"

[[package]]
name = "inner"
version = "0.1"
files = []

[package.source]
type = "directory"
url = "libs/inner"

[metadata]
lock-version = "2.1"
python-versions = "^3.10"
content-hash = "x"
"""

POETRY_PROJECT = """
[tool.poetry]
name = "demo"
[tool.poetry.dependencies]
python = "^3.10"
flask = "^2 || ^3"
"""


@pytest.fixture
def poetry(tmp_path: Path) -> Path:
    return write(tmp_path, {"pyproject.toml": POETRY_PROJECT, "poetry.lock": POETRY})


def test_a_poetry_lock_keeps_edges_files_and_hashes(poetry: Path) -> None:
    found = package(poetry, "flask")
    assert found.version == "3.0.3"
    assert found.requires == (
        "Werkzeug>=3.0.0",
        'numpy>=1.21; python_version < "3.12"',
        'numpy>=1.26; python_version >= "3.12"',
    )
    assert found.extra_requires == (("async", ("asgiref (>=3.2)",)),)
    assert found.files[0] == LockedFile(filename="flask-3.0.3-py3-none-any.whl", sha256=SHA)
    assert found.marker == 'python_version >= "3.9"'
    assert found.origin == at("poetry.lock", 3)


def test_a_poetry_lock_keeps_addresses_paths_and_markers_of_groups(poetry: Path) -> None:
    found = package(poetry, "tool")
    assert found.url == "git+https://index.example/tool@abc123"
    assert found.marker == 'python_version < "3.12" or sys_platform == "linux"'
    assert package(poetry, "inner").path == "libs/inner"


def test_of_alternatives_the_one_that_is_locked_counts(poetry: Path) -> None:
    write(poetry, {"poetry.lock": POETRY.replace("3.0.3", "2.3.3")})
    assert texts(read(poetry).asked) == ["flask"]


def test_an_old_poetry_lock_has_its_files_at_the_end(tmp_path: Path) -> None:
    text = f"""
    [[package]]
    name = "flask"
    version = "3.0"
    category = "main"

    [metadata]
    lock-version = "1.1"

    [metadata.files]
    flask = [
        {{file = "flask-3.0.tar.gz", hash = "sha256:{SHA}"}},
    ]
    """
    write(tmp_path, {"pyproject.toml": POETRY_PROJECT, "poetry.lock": text})
    assert package(tmp_path, "flask").files[0].sha256 == SHA


def test_a_poetry_lock_cut_off_between_packages_is_an_error(poetry: Path) -> None:
    text = POETRY.lstrip()
    (poetry / "poetry.lock").write_text(text[: text.index("[metadata]")])
    (only,) = refused(poetry)
    assert "ends too early" in only


def test_a_bad_dependency_in_a_poetry_lock_is_an_error_with_its_line(poetry: Path) -> None:
    write(poetry, {"poetry.lock": POETRY.replace('">=3.0.0"', '"banana split"')})
    (only,) = refused(poetry)
    assert only.startswith("poetry.lock:3: ")


PDM = f"""
[metadata]
groups = ["default", "dev"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256-x"

[[package]]
name = "flask"
version = "3.0.3"
requires_python = ">=3.8"
groups = ["default"]
marker = "python_version >= \\"3.8\\""
dependencies = [
    "Werkzeug>=3.0.0",
    "importlib-metadata>=3.6.0; python_version < \\"3.10\\"",
]
files = [
    {{file = "flask-3.0.3-py3-none-any.whl", hash = "sha256:{SHA}"}},
]

[[package]]
name = "flask"
version = "3.0.3"
extras = ["async"]
marker = "python_version >= \\"3.8\\""
dependencies = [
    "asgiref>=3.2",
    "flask==3.0.3",
]
files = [
    {{file = "flask-3.0.3-py3-none-any.whl", hash = "sha256:{SHA}"}},
]

[[package]]
name = "inner"
version = "0.1"
path = "./libs/inner"

[[package]]
name = "tool"
version = "0.2"
git = "https://index.example/tool"
ref = "main"
revision = "abc123"
"""


def test_a_pdm_lock_puts_a_package_and_its_extras_together(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": PYPROJECT, "pdm.lock": PDM})
    found = package(tmp_path, "flask")
    assert found.requires == (
        "Werkzeug>=3.0.0",
        'importlib-metadata>=3.6.0; python_version < "3.10"',
    )
    assert found.extra_requires == (("async", ("asgiref>=3.2",)),)
    assert found.files == (LockedFile(filename="flask-3.0.3-py3-none-any.whl", sha256=SHA),)
    assert found.origin == at("pdm.lock", 7)
    assert package(tmp_path, "inner").path == "libs/inner"
    assert package(tmp_path, "tool").url == "git+https://index.example/tool@abc123"
    assert locked(tmp_path).kind == "pdm"


def test_a_pdm_lock_with_a_bad_dependency_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = PDM.replace("asgiref>=3.2", "asgiref >= = 3.2")
    write(tmp_path, {"pyproject.toml": PYPROJECT, "pdm.lock": text})
    (only,) = refused(tmp_path)
    assert only.startswith("pdm.lock:21: 'asgiref >= = 3.2' is not a requirement")


PYLOCK = f"""
lock-version = "1.0"
created-by = "hand"
requires-python = ">=3.11"
extras = ["web"]
dependency-groups = ["dev", "docs"]
default-groups = ["dev"]

[[packages]]
name = "flask"
version = "3.0.3"
marker = "sys_platform == 'linux'"
requires-python = ">=3.8"
dependencies = [{{name = "werkzeug", version = "3.0"}}]
[[packages.wheels]]
url = "{WHEELS}/flask-3.0.3-py3-none-any.whl"
size = 101
hashes = {{sha256 = "{SHA}"}}
[packages.sdist]
name = "flask-3.0.3.tar.gz"
url = "https://index.example/x"
hashes = {{sha256 = "{OTHER_SHA}"}}

[[packages]]
name = "uvicorn"
version = "0.30"
marker = "'web' in extras"
wheels = [{{url = "{WHEELS}/uvicorn-0.30-py3-none-any.whl", hashes = {{sha256 = "{SHA}"}}}}]

[[packages]]
name = "pytest"
version = "8.0"
marker = "'dev' in dependency_groups and python_version >= '3.8'"
wheels = [{{url = "{WHEELS}/pytest-8.0-py3-none-any.whl", hashes = {{sha256 = "{SHA}"}}}}]

[[packages]]
name = "tool"
[packages.vcs]
type = "git"
url = "https://index.example/tool"
commit-id = "abc123"
subdirectory = "py"

[[packages]]
name = "far"
archive = {{url = "{WHEELS}/far-1.0.tar.gz", hashes = {{sha256 = "{SHA}"}}}}
"""


def test_all_packages_of_a_pylock_are_asked_for_with_their_markers(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pylock.toml": PYLOCK}))
    assert texts(project.asked) == [
        'flask==3.0.3; sys_platform == "linux" and python_full_version >= "3.8"',
        'uvicorn==0.30; python_version < "0"',
        'pytest==8.0; python_version >= "0" and python_version >= "3.8"',
        "tool @ git+https://index.example/tool@abc123#subdirectory=py",
        "far @ https://index.example/far-1.0.tar.gz",
    ]
    assert [found.value for found in project.pythons] == [">=3.11"]
    found = package(tmp_path, "flask")
    assert found.requires == ("werkzeug==3.0",)
    assert [(one.filename, one.sha256, one.size) for one in found.files] == [
        ("flask-3.0.3-py3-none-any.whl", SHA, 101),
        ("flask-3.0.3.tar.gz", OTHER_SHA, None),
    ]
    assert found.origin == at("pylock.toml", 8)
    assert package(tmp_path, "uvicorn").requires is None
    assert package(tmp_path, "far").hashes == (f"sha256:{SHA}",)


def test_extras_and_groups_of_a_pylock_decide_its_markers(tmp_path: Path) -> None:
    write(tmp_path, {"pylock.deploy.toml": PYLOCK})
    asked = texts(read(tmp_path, extras=["web"], groups=["docs"]).asked)
    assert asked[1] == "uvicorn==0.30"
    assert asked[2] == 'pytest==8.0; python_version < "0" and python_version >= "3.8"'


def test_an_unknown_extra_of_a_pylock_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"pylock.toml": PYLOCK})
    with pytest.raises(UsageError) as caught:
        read(tmp_path, extras=["wbe"])
    assert caught.value.hint == "did you mean web?"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('version = "0.30"', 'version = "0.31"', "pylock.toml:23: Version in"),
        ('created-by = "hand"', "", "pylock.toml: Missing required value"),
        ('lock-version = "1.0"', 'lock-version = "9"', "pylock.toml: pylock version 9"),
        ('name = "pytest"\n', "", "pylock.toml:29: Missing required value"),
    ],
)
def test_a_pylock_that_breaks_the_standard_is_an_error(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    (only,) = refused(write(tmp_path, {"pylock.toml": PYLOCK.replace(old, new)}))
    assert only.startswith(where)


PIPFILE_LOCK = {
    "_meta": {
        "requires": {"python_version": "3.11"},
        "sources": [
            {"name": "mine", "url": "https://index.example/one"},
            {"name": "more", "url": "https://index.example/two"},
        ],
    },
    "default": {
        "flask": {
            "hashes": [f"sha256:{SHA}"],
            "markers": "python_version >= '3.8'",
            "extras": ["async"],
            "version": "==3.0.3",
        },
        "inner": {"path": "./libs/inner", "editable": True},
        "tool": {"git": "https://index.example/tool", "ref": "abc123"},
        "far": {"file": "https://index.example/far-1.0.tar.gz"},
    },
    "develop": {"pytest": {"version": "==8.0"}},
}


def test_the_default_section_of_a_pipfile_lock_is_asked_for(tmp_path: Path) -> None:
    files = {
        "Pipfile": '[requires]\npython_version = "3.11"\n',
        "Pipfile.lock": json.dumps(PIPFILE_LOCK, indent=4),
        "libs/inner/setup.py": "",
    }
    project = read(write(tmp_path, files))
    assert texts(project.asked) == [
        'flask[async]==3.0.3; python_version >= "3.8"',
        "inner @ libs/inner",
        "tool @ git+https://index.example/tool@abc123",
        "far @ https://index.example/far-1.0.tar.gz",
    ]
    assert project.asked[1].editable
    assert project.index.index_url == "https://index.example/one"
    assert project.index.bound_urls == ("https://index.example/two",)
    assert [found.value for found in project.pythons] == ["==3.11.*"]
    assert project.files == ("Pipfile.lock", "Pipfile")
    found = package(tmp_path, "flask")
    assert (found.version, found.hashes, found.requires) == ("3.0.3", (f"sha256:{SHA}",), None)
    assert found.origin == at("Pipfile.lock", 18)


def test_the_develop_section_of_a_pipfile_lock_is_a_group(tmp_path: Path) -> None:
    write(
        tmp_path, {"Pipfile.lock": json.dumps({"default": {}, "develop": PIPFILE_LOCK["develop"]})}
    )
    assert texts(read(tmp_path).asked) == []
    assert texts(read(tmp_path, groups=["dev"]).asked) == ["pytest==8.0"]
    with pytest.raises(UsageError, match="no group 'nowhere'"):
        read(tmp_path, groups=["nowhere"])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (json.dumps(PIPFILE_LOCK, indent=1)[:400], None),
        ('{\n"default": {\n"flask": {"version": "==="}\n}}', 3),
        ('{\n"default": {\n"flask": 3\n}}', 3),
        ("[]", 1),
    ],
)
def test_a_broken_pipfile_lock_is_an_error_with_its_line(
    tmp_path: Path, text: str, line: int | None
) -> None:
    (tmp_path / "Pipfile.lock").write_text(text)
    (only,) = refused(tmp_path)
    expected = line if line is not None else text.count("\n") + 1
    assert only.startswith(f"Pipfile.lock:{expected}: ")


def test_a_pipfile_without_a_lock_is_read(tmp_path: Path) -> None:
    text = """
    [[source]]
    url = "https://index.example/one"
    [packages]
    flask = {version = ">=3", extras = ["async"], sys_platform = "== 'linux'"}
    click = "*"
    [dev-packages]
    pytest = "*"
    """
    project = read(write(tmp_path, {"Pipfile": text}), groups=["dev"])
    assert texts(project.asked) == ['flask[async]>=3; sys_platform == "linux"', "click", "pytest"]
    assert project.asked[1].origin == at("Pipfile", 5)
    assert project.index.index_url == "https://index.example/one"


def test_a_bad_line_of_a_pipfile_is_an_error(tmp_path: Path) -> None:
    (only,) = refused(write(tmp_path, {"Pipfile": '[packages]\nflask = "one"\n'}))
    assert only.startswith("Pipfile:2: ")


@pytest.mark.parametrize(
    "name", ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"]
)
def test_a_binary_lock_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"pyproject.toml": PYPROJECT})
    (tmp_path / name).write_bytes(b"\x00\x01\xff")
    (only,) = refused(tmp_path)
    assert only.startswith(f"{name}: this is a binary file")


@pytest.mark.parametrize(
    ("name", "text", "old", "new"),
    [
        ("uv.lock", UV, "asgiref-3.8.1.tar.gz", "asgiref'3.8.1.tar.gz"),
        ("uv.lock", UV, "libs/inner", "libs/in\\nner"),
        ("uv.lock", UV, '"typing-extensions", marker', '"typing-extensions\\n", marker'),
        ("poetry.lock", POETRY, "abc123", "abc`id`"),
        ("poetry.lock", POETRY, "Werkzeug = ", '"Werk\\nzeug" = '),
        ("poetry.lock", POETRY, 'python_version >= \\"3.9\\"', "on mars"),
        ("pdm.lock", PDM, "./libs/inner", "./libs/in\\u2028ner"),
        ("pdm.lock", PDM, "Werkzeug>=3.0.0", "Werkzeug>=3.0.0\\n"),
        ("pylock.toml", PYLOCK, "index.example/x", "index.example/x'y"),
        ("pylock.toml", PYLOCK, "/tool", "/to\\u0085ol"),
    ],
)
def test_a_line_break_or_quote_in_a_lock_is_an_error_with_its_line(
    tmp_path: Path, name: str, text: str, old: str, new: str
) -> None:
    assert old in text
    write(tmp_path, {"pyproject.toml": PYPROJECT, name: text.replace(old, new)})
    lines = refused(tmp_path)
    assert all(line.startswith(f"{name}:") for line in lines)


@pytest.mark.parametrize(
    "value",
    [
        {"version": "==3.0", "hashes": ["sha256:abc"]},
        {"version": "==3.0", "hashes": [f"sha256:{SHA}\nRUN evil"]},
        {"path": "./it's"},
        {"version": "==3.0\n"},
        {"version": "==3.0", "markers": "on mars"},
    ],
)
def test_a_line_break_quote_or_short_hash_in_a_pipfile_lock_is_an_error(
    tmp_path: Path, value: dict[str, object]
) -> None:
    lock = {"default": {"flask": value}}
    (only,) = refused(write(tmp_path, {"Pipfile.lock": json.dumps(lock, indent=1)}))
    assert only.startswith("Pipfile.lock:3: ")


UV_ENTRY = 'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = {registry = "x"}\n'
POETRY_ENTRY = '[metadata]\nlock-version = "2"\n[[package]]\nname = "a"\nversion = "1"\n'
PDM_ENTRY = '[metadata]\nlock_version = "4"\n[[package]]\nname = "a"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("uv.lock", f"{UV_ENTRY}optional-dependencies = 3\n", "uv.lock:2: optional-dependencies"),
        ("uv.lock", f"{UV_ENTRY}resolution-markers = 3\n", "uv.lock:2: markers is not a list"),
        ("uv.lock", "version = 1\npackage = 3\n", "uv.lock: package is not a list of tables"),
        ("poetry.lock", f"{POETRY_ENTRY}source = 3\n", "poetry.lock:3: a: source is not a table"),
        ("poetry.lock", f"{POETRY_ENTRY}dependencies = 3\n", "poetry.lock:3: a: dependencies"),
        ("pdm.lock", f"{PDM_ENTRY}dependencies = 3\n", "pdm.lock:3: dependencies is not a list"),
        ("pdm.lock", f"{PDM_ENTRY}extras = 3\n", "pdm.lock:3: extras is not a list"),
        ("Pipfile.lock", '{"default": {\n"a": {"extras": 3}}}', "Pipfile.lock:2: a: extras"),
        ("Pipfile", "packages = 3\n", "Pipfile:1: packages is not a table"),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error_with_its_line(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    write(tmp_path, {name: text})
    if name in {"uv.lock", "poetry.lock", "pdm.lock"}:
        write(tmp_path, {"pyproject.toml": PYPROJECT})
    (only,) = refused(tmp_path)
    assert only.startswith(where)
