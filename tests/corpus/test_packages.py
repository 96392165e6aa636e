"""Projects that are packages themselves, and projects that ask for repositories."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from scaffold.model.errors import RequirementsInvalidError
from scaffold.model.project import Found, Origin, OwnPackage, Project, Start
from scaffold.operations.services import real_services
from scaffold.planner.os_package_cost import SystemCost
from scaffold.planner.source_builds import weigh_collected, weigh_unbuilt
from scaffold.project.reader import read_project
from scaffold.project.repositories import Address, Checkout, FetchError
from tests.cli.outside import run
from tests.support.builders import make_project, make_weighed
from tests.support.folders import write


def read(root: Path, files: Mapping[str, str]) -> Project:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_project(root)


def test_own_extension(tmp_path: Path) -> None:
    """A C extension named in pyproject.toml. Source: our own."""
    project = read(
        tmp_path,
        {
            "pyproject.toml": """
[build-system]
requires = ["setuptools>=74"]
build-backend = "setuptools.build_meta"
[project]
name = "gate"
version = "0.1"
dependencies = ["paho-mqtt"]
[tool.setuptools]
packages = ["gate"]
ext-modules = [{name = "gate._fast", sources = ["gate/_fast.c"]}]
""",
            "gate/__init__.py": "",
            "gate/__main__.py": "from gate import _fast\nprint('ok', _fast)\n",
            "gate/_fast.c": "#include <Python.h>\n",
        },
    )
    (own,) = project.packages
    assert (own.path, own.root, own.tools) == (".", ".", ("c",))
    assert project.start is not None
    assert project.start.value.command == ("python", "-m", "gate")


def test_poetry_metadata(tmp_path: Path) -> None:
    """A poetry project that asks for its own version. Source: our own, made as a user would."""
    project = read(
        tmp_path,
        {
            "pyproject.toml": """
[tool.poetry]
name = "thermo"
version = "2.0.1"
packages = [{ include = "thermo" }]
[tool.poetry.dependencies]
python = "^3.12"
[tool.poetry.scripts]
thermo = "thermo.main:main"
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
""",
            "thermo/__init__.py": "",
            "thermo/main.py": "import importlib.metadata\n\n\ndef main():\n"
            "    print(importlib.metadata.version('thermo'))\n",
        },
    )
    (own,) = project.packages
    assert (own.name, own.requires, own.root) == ("thermo", ("poetry-core",), ".")


def test_src_layout_metadata(tmp_path: Path) -> None:
    """A package below src whose version comes from its metadata. Source: our own."""
    project = read(
        tmp_path,
        {
            "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "fleetctl"
version = "0.4.2"
[project.scripts]
fleetctl = "fleetctl.cli:app"
""",
            "src/fleetctl/__init__.py": "from importlib.metadata import version\n",
            "src/fleetctl/cli.py": "def app():\n    print(1)\n",
            "src/fleetctl/data/devices.json": "{}",
        },
    )
    (own,) = project.packages
    assert (own.name, own.root, own.problem) == ("fleetctl", "src", "")


def test_workspace_build(tmp_path: Path) -> None:
    """A uv workspace: its members are packages of the last layer. Source: our own."""
    member = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-{name}"
version = "0.2"
dependencies = [{dependencies}]
[tool.uv.sources]
acme-core = {{ workspace = true }}
"""
    project = read(
        tmp_path,
        {
            "pyproject.toml": """
[project]
name = "acme"
version = "0.1"
dependencies = ["acme-api"]
[tool.uv.sources]
acme-api = { workspace = true }
[tool.uv.workspace]
members = ["packages/*"]
""",
            "packages/api/pyproject.toml": member.format(name="api", dependencies='"acme-core"'),
            "packages/api/src/acme_api/__init__.py": "",
            "packages/api/src/acme_api/app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "packages/core/pyproject.toml": member.format(name="core", dependencies=""),
            "packages/core/src/acme_core/__init__.py": "",
        },
    )
    assert [(own.path, own.root) for own in project.packages] == [
        ("packages/api", "packages/api/src"),
        ("packages/core", "packages/core/src"),
    ]
    assert project.start is not None
    assert "acme_api.app:app" in project.start.value.command


def test_setup_py_script(tmp_path: Path) -> None:
    """A command of setup.py starts the image. Source: repo2docker#535."""
    project = read(
        tmp_path,
        {
            "setup.py": """
from setuptools import setup, find_packages
setup(name="weather-station", version="1.0", packages=find_packages("src"),
      package_dir={"": "src"}, install_requires=["paho-mqtt>=2"],
      entry_points={"console_scripts": ["weather=weather.cli:main"]})
""",
            "src/weather/__init__.py": "",
            "src/weather/cli.py": "def main():\n    print('hi')\n",
        },
    )
    assert [own.root for own in project.packages] == ["src"]
    assert project.start is not None
    assert project.start.value.command[-1].startswith(
        'import sys; sys.argv[0] = "weather"; from weather.cli import main'
    )
    assert (project.start.origin.file, project.start.origin.line) == ("setup.py", 5)


REQUIREMENTS = """flask==3.1.2
git+https://github.com/example-org/sensorlib.git@v1.2.0#egg=sensorlib
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LIBRARY = "https://index.example/sensorlib"


def test_git_requirement_is_pinned_to_the_commit_of_its_tag(tmp_path: Path) -> None:
    """A repository at a tag. Source: docker-library/python#319."""
    library = tmp_path / "library"
    library.mkdir()
    (library / "setup.py").write_text("setup(name='sensorlib', install_requires=['pyserial>=3'])")
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text(REQUIREMENTS)
    (project / "app.py").write_text("import sensorlib")
    wanted: list[Address] = []

    def fetch(address: Address) -> Checkout:
        wanted.append(address)
        return Checkout(commit=COMMIT, folder=library)

    found = read_project(project, repositories=fetch)
    assert [(one.repository, one.revision) for one in wanted] == [
        ("https://github.com/example-org/sensorlib.git", "v1.2.0")
    ]
    asked = {one.name: one for one in found.asked}
    assert asked["sensorlib"].build_from == (
        f"git+https://github.com/example-org/sensorlib.git@{COMMIT}"
    )
    assert asked["pyserial"].specifier == ">=3"
    assert asked["pyserial"].origin.line == 2


def test_git_requirement_that_cannot_be_pinned_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """The same without a network. Source: docker-library/python#319."""

    def fetch(_: Address) -> Checkout:
        raise FetchError("Could not resolve host: github.com")

    (tmp_path / "requirements.txt").write_text(REQUIREMENTS)
    (tmp_path / "app.py").write_text("")
    with pytest.raises(RequirementsInvalidError) as caught:
        read_project(tmp_path, repositories=fetch)
    (detail,) = caught.value.details
    assert (detail.file, detail.line) == ("requirements.txt", 2)
    assert "pip wheel --no-deps 'sensorlib @ git+https://" in detail.text


@pytest.mark.parametrize(
    ("line", "folder", "pin"),
    [
        (f"git+{LIBRARY}.git", "", f"git+{LIBRARY}.git@{COMMIT}"),
        (f"-e git+{LIBRARY}.git", "", f"git+{LIBRARY}.git@{COMMIT}"),
        (f"git+{LIBRARY}@v1.2.0 ; python_version > '3'", "", f"git+{LIBRARY}@{COMMIT}"),
        (f"git+{LIBRARY}@main#subdirectory=py", "py", f"git+{LIBRARY}@{COMMIT}#subdirectory=py"),
        (f"{LIBRARY}/archive/main.zip", "", f"{LIBRARY}/archive/main.zip#sha256={COMMIT}"),
    ],
)
def test_repository_without_a_name_has_that_of_the_package_in_it(
    line: str, folder: str, pin: str, tmp_path: Path
) -> None:
    """As READMEs tell to install from git. Source: jhj0517/Whisper-WebUI."""
    library = tmp_path / "library" / folder
    library.mkdir(parents=True)
    (library / "setup.py").write_text("setup(name='sensorlib', install_requires=['pyserial>=3'])")
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text(f"flask\n{line}\n")
    (project / "app.py").write_text("import sensorlib")
    checkout = Checkout(commit=COMMIT, folder=tmp_path / "library")
    found = read_project(project, repositories=lambda _: checkout)
    assert {one.name: one.build_from for one in found.asked} == {
        "flask": "",
        "sensorlib": pin,
        "pyserial": "",
    }


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"git+{LIBRARY}.git", f"nobody knows it: write name @ git+{LIBRARY}.git"),
        (f"-e git+{LIBRARY}.git", "does not say its name"),
        (f"{LIBRARY}/download", "its address is neither a repository's nor an archive's"),
    ],
)
def test_repository_without_a_name_that_nobody_reads_is_refused(
    line: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text(f"flask\n{line}\n")
    (tmp_path / "app.py").write_text("")
    with pytest.raises(RequirementsInvalidError) as caught:
        read_project(tmp_path, repositories=None)
    (detail,) = caught.value.details
    assert (detail.file, detail.line) == ("requirements.txt", 2)
    assert says in detail.text


def test_a_package_that_its_backend_refuses_runs_from_its_sources(tmp_path: Path) -> None:
    """A flat folder of two packages, with a [build-system] nobody ever used. Source: our own."""
    project = read(
        tmp_path,
        {
            "pyproject.toml": """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "shop"
version = "1"
""",
            "app/__init__.py": "",
            "web/__init__.py": "",
            "main.py": "print(1)\n",
        },
    )
    assert project.packages == ()
    assert any("shop is not installed as a package" in note for note in project.notes)


@pytest.mark.parametrize(
    ("package", "missing"), [("mqtt-helper-plant", False), ("unrelated", True)]
)
def test_a_package_from_a_repository_may_bring_a_module_of_another_name(
    package: str, *, missing: bool, tmp_path: Path
) -> None:
    """Imported as mqtt_helper, locked from git. Source: weirdtangent/govee2mqtt."""
    git = f"git+https://github.com/example-org/{package}"
    lock = f"""\
        version = 1
        requires-python = ">=3.12"
        [[package]]
        name = "plant"
        version = "1.0"
        source = {{ virtual = "." }}
        dependencies = [{{ name = "{package}" }}]
        [[package]]
        name = "{package}"
        version = "1.3.0"
        source = {{ git = "{git.removeprefix("git+")}?rev=v1#{COMMIT}" }}
        """
    files = {
        "pyproject.toml": '[project]\nname = "plant"\nversion = "1.0"\n'
        f'requires-python = ">=3.12"\ndependencies = ["{package} @ {git}"]\n',
        "uv.lock": dedent(lock),
        "main.py": f"import mqtt_helper\nimport {package.replace('-', '_')}\nmqtt_helper.run()\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    argv = ("plan", str(tmp_path), "--target", "arm64", "--offline", "--json", "--quiet")
    result = run(*argv, outside=real_services())
    said = f"{result.stdout}{result.stderr}"
    assert f"{git}@{COMMIT}" in said
    assert ("imports mqtt_helper, and no installed package" in said) is missing


@pytest.mark.parametrize(
    ("tools", "least", "most"), [(("c",), 44_000, 1_840_000), (("c", "rust"), 330_000, 4_900_000)]
)
def test_the_size_of_own_machine_code_is_a_range(
    tools: tuple[str, ...], least: int, most: int
) -> None:
    own = OwnPackage(
        name="gate",
        path=".",
        backend="setuptools.build_meta",
        requires=(),
        root=".",
        origin=Origin(file="setup.py"),
        tools=tools,
    )
    cost = weigh_unbuilt(replace(make_project(), packages=(own,)))
    assert (cost.on_disk - cost.error, cost.on_disk + cost.error) == (least, most)
    assert weigh_unbuilt(make_project()) == SystemCost()


def test_the_size_of_a_front_end_is_not_known_before(tmp_path: Path) -> None:
    text = "FROM node:22 AS ui\nFROM python:3\nCOPY --from=ui /dist /public\nCMD python a.py\n"
    files = {"Dockerfile": text, "a.py": "print()\n", "requirements.txt": ""}
    cost = weigh_unbuilt(read_project(write(tmp_path, files), environ={}))
    assert cost.on_disk == cost.error == 21_200_000


def test_static_files_that_a_site_collects_are_weighed_twice_over() -> None:
    django, plugin, other = map(make_weighed, ("django", "django-plugin", "requests"))
    django = replace(django, facts=replace(django.facts, kinds=(("other", 1000),)))
    plugin = replace(plugin, facts=replace(plugin.facts, served=500))
    site = replace(make_project(), app_served=100)
    start = Start(
        command=("python", "-m", "gunicorn", "shop.wsgi"),
        framework="gunicorn",
        prepares=(("manage.py", "collectstatic", "--noinput"),),
    )
    collecting = replace(site, start=Found(value=start, origin=Origin(file="manage.py")))
    packages = (django, plugin, other)
    cost = weigh_collected(collecting, packages)
    assert cost.on_disk == 100 + 790 + 500
    assert cost.error > 0
    assert weigh_collected(site, packages) == SystemCost()
