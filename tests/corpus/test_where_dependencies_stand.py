"""Where people write down what to install, apart from one requirements.txt at the root.

Sources: uv#10674 (script blocks), repo2docker#113 and MiDaS (environment.yml), repo2docker#535
(setup.py), InkyPi (install/requirements.txt), pip-tools' and uv's headers of compiled files, the
Dockerfiles of many projects (a server that only `pip install` names).
"""

from pathlib import Path

import pytest

from scaffold.model.errors import RequirementsInvalidError, UsageError
from scaffold.model.project import Project
from scaffold.model.resolution import Resolution
from scaffold.project.conda import to_pep440
from scaffold.project.elsewhere import refuse_unlisted
from scaffold.project.reader import read_project
from tests.corpus.resolving import offer, pins, resolve_folder
from tests.support.folders import texts, write
from tests.support.index_server import FakeIndex

APP = "import flask\n"
LISTED = '[project]\nname = "app"\nversion = "1"\ndependencies = ["flask"]\n'


def read(
    folder: Path,
    files: dict[str, str],
    *,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    requirements: tuple[str, ...] = (),
) -> Project:
    write(folder, files)
    return read_project(folder, environ={}, extras=extras, groups=groups, requirements=requirements)


def test_a_script_block_is_the_project(tmp_path: Path) -> None:
    script = """
        # /// script
        # requires-python = ">=3.11"
        # dependencies = [
        #   "requests<3",
        #   "corplib",
        # ]
        # [tool.uv.sources]
        # corplib = { index = "company" }
        # [[tool.uv.index]]
        # name = "company"
        # url = "https://index.example/simple"
        # explicit = true
        # ///
        import requests
    """
    project = read(tmp_path, {"main.py": script})
    assert texts(project.asked) == ["requests<3", "corplib"]
    assert [str(one.origin) for one in project.asked] == ["main.py:4", "main.py:5"]
    assert project.asked[1].index == "https://index.example/simple"
    assert [str(one.origin) for one in project.pythons] == ["main.py:2 (requires-python)"]
    assert [one.value for one in project.pythons] == [">=3.11"]


def test_of_several_scripts_one_is_named_by_hand(tmp_path: Path) -> None:
    block = "# /// script\n# dependencies = ['{}']\n# ///\nimport {}\n"
    files = {"a.py": block.format("flask", "flask"), "b.py": block.format("six", "six")}
    with pytest.raises(RequirementsInvalidError, match="no requirements found"):
        refuse_unlisted(read(tmp_path, files))
    assert texts(read(tmp_path, {}, requirements=("b.py",)).asked) == ["six"]


def test_a_script_block_beside_a_list_is_passed_over(tmp_path: Path) -> None:
    script = "# /// script\n# dependencies = ['six']\n# ///\n"
    project = read(tmp_path, {"tool.py": script, "requirements.txt": "flask\n"})
    assert texts(project.asked) == ["flask"]


def test_conda_names_python_packages_and_a_pip_part(tmp_path: Path) -> None:
    listed = """
        name: sensor
        channels: [pytorch, conda-forge]
        dependencies:
          - python=3.12.4
          - numpy
          - conda-forge::pandas>=2,<3
          - pytorch=2.5
          - scipy=1.14.1=py312h_0
          - cudatoolkit=11.8
          - ffmpeg
          - pip
          - pip:
            - flask==3.1.2
            - -r more.txt
    """
    project = read(tmp_path, {"environment.yml": listed, "more.txt": "six\n", "app.py": APP})
    assert texts(project.asked) == [
        "numpy",
        "pandas<3,>=2",
        "torch==2.5.*",
        "scipy==1.14.1",
        "flask==3.1.2",
        "six",
    ]
    assert str(project.asked[4].origin) == "environment.yml:13"
    assert [one.value for one in project.pythons] == ["==3.12.*"]
    assert any("only conda has cudatoolkit, ffmpeg" in note for note in project.notes)


@pytest.mark.parametrize(
    "main",
    [
        "try:\n    from queue import Queue\nexcept ImportError:\n    from Queue import Queue\n",
        "try:\n    import uvloop\nexcept ImportError:\n    uvloop = None\n",
    ],
)
def test_what_it_gets_along_without_needs_no_list(tmp_path: Path, main: str) -> None:
    """Source: NewFuture/DDNS, read 2026-11-30."""
    refuse_unlisted(read(tmp_path, {"main.py": f"{main}while True:\n    print(1)\n"}))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("", ""),
        ("=1.2", "==1.2.*"),
        ("==1.2", "==1.2"),
        ("=1.2.*", "==1.2.*"),
        ("1.2.*", "==1.2.*"),
        ("=1.2.3=py39_0", "==1.2.3"),
        (">=1.2, <2", "<2,>=1.2"),
        ("1.6|1.8", "==1.8"),
    ],
)
def test_condas_versions_are_read_as_conda_means_them(spec: str, said: str) -> None:
    assert to_pep440(spec) == said


def test_environment_yml_that_is_not_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(RequirementsInvalidError) as caught:
        read(tmp_path, {"environment.yml": "dependencies:\n  - a\n - b: [\n"})
    assert str(caught.value.details[0]).startswith("environment.yml:3: ")


@pytest.mark.parametrize("line", ["-e .", ".", "-e .[extra]", "--editable ."])
def test_a_list_that_installs_the_project_itself_wins(tmp_path: Path, line: str) -> None:
    text = f"{LISTED}[project.optional-dependencies]\nextra = []\n"
    project = read(tmp_path, {"pyproject.toml": text, "requirements.txt": f"{line}\ngunicorn\n"})
    assert sorted(one.name for one in project.asked if not one.path) == ["flask", "gunicorn"]
    (note,) = project.notes
    assert "requirements.txt (it installs the project itself" in note
    assert "pyproject.toml was not read" in note


PIP_COMPILE = """\
#
# This file is autogenerated by pip-compile with Python 3.12
# by the following command:
#
#    pip-compile pyproject.toml
#
"""
UV_COMPILE = """\
# This file was autogenerated by uv via the following command:
#    uv pip compile pyproject.toml -o requirements.txt
"""


@pytest.mark.parametrize("head", [PIP_COMPILE, UV_COMPILE])
def test_a_list_that_was_compiled_from_pyproject_is_its_lock(tmp_path: Path, head: str) -> None:
    files = {"pyproject.toml": LISTED, "requirements.txt": f"{head}flask==3.1.2\nsix==1.17.0\n"}
    (tmp_path / "requirements.txt").write_text(files.pop("requirements.txt"))
    assert texts(read(tmp_path, files).asked) == ["flask==3.1.2", "six==1.17.0"]


def test_any_other_list_beside_pyproject_is_passed_over(tmp_path: Path) -> None:
    project = read(tmp_path, {"pyproject.toml": LISTED, "requirements.txt": "six\n"})
    assert texts(project.asked) == ["flask"]


def test_what_the_projects_dockerfile_installs_is_the_list(tmp_path: Path) -> None:
    dockerfile = """
        FROM python:3.12 AS test
        RUN pip install pytest
        FROM python:3.12
        COPY install/requirements.txt /tmp/
        RUN pip install --upgrade pip && pip install -r /tmp/requirements.txt gunicorn
    """
    files = {"Dockerfile": dockerfile, "install/requirements.txt": "flask\n", "app.py": APP}
    project = read(tmp_path, files)
    assert texts(project.asked) == ["flask", "gunicorn"]
    assert str(project.asked[1].origin) == "Dockerfile:5"
    assert any("install/requirements.txt (the project's own Dockerfile" in n for n in project.notes)
    assert any("gunicorn" in note for note in project.notes)


@pytest.mark.parametrize(
    "file",
    [
        "install/requirements.txt",
        "docker/requirements-prod.txt",
        "build/requirements.in",
        "backend/pyproject.toml",
        "service/setup.py",
        "deploy/environment.yml",
    ],
)
def test_a_list_only_in_a_subfolder_is_named_and_nothing_planned(tmp_path: Path, file: str) -> None:
    project = read(tmp_path, {file: "", "main.py": "x = 1\n"})
    with pytest.raises(RequirementsInvalidError) as caught:
        refuse_unlisted(project)
    assert [one.file for one in caught.value.details] == [file]
    assert "--allow-empty" in caught.value.hint
    refuse_unlisted(project, allowed=True)


FOLDER, FILE = "plan the folder itself: `leanscaffold plan {}`", "name the file: --requirement {}"
LISTS = ("project/requirements.txt",)


@pytest.mark.parametrize(
    ("lists", "sources", "hint"),
    [
        (LISTS, ("project/main.py",), FOLDER.format("project")),
        (LISTS, ("project/app/main.py",), FOLDER.format("project")),
        (LISTS, ("main.py",), FILE.format(LISTS[0])),
        (LISTS, ("main.py", "project/db.py"), FILE.format(LISTS[0])),
        (("install/requirements.txt",), ("install/tool.py",), FILE.format("install/requirements")),
        (
            ("api/requirements.txt", "worker/requirements.txt"),
            ("api/main.py", "worker/main.py"),
            f"{FOLDER.format('api')}, or {FOLDER.format('worker')}",
        ),
        (("backend/pyproject.toml",), ("main.py",), FOLDER.format("backend")),
        (("users/requirements.txt", "setup.cfg"), ("users/app.py",), FOLDER.format("users")),
    ],
)
def test_a_folder_with_a_list_and_all_that_imports_is_planned_itself(
    tmp_path: Path, lists: tuple[str, ...], sources: tuple[str, ...], hint: str
) -> None:
    files = dict.fromkeys(lists, "") | dict.fromkeys(sources, "import flask\n")
    with pytest.raises(RequirementsInvalidError) as caught:
        refuse_unlisted(read(tmp_path, files))
    assert caught.value.hint.startswith(hint)


INSTALLED, KLIPPER = "install/requirements.txt", "scripts/klippy-requirements.txt"


@pytest.mark.parametrize(
    ("listed", "script", "line"),
    [
        (
            INSTALLED,
            "install/install.sh",
            (
                'OS="$HERE/debian-requirements.txt"\nLIST="$HERE/requirements.txt"\n'
                'EPD="$HERE/screen-requirements.txt"\npip3 install -r "$LIST"\n'
            ),
        ),
        (INSTALLED, "Makefile", f"deps:\n\tpip install -r {INSTALLED}\n"),
        (INSTALLED, "README.md", f"```\npython -m pip install --user -r {INSTALLED}\n```\n"),
        (INSTALLED, "app/tools/upgrade.sh", f'"$ENV"/bin/pip install -r "$HERE"/{INSTALLED}\n'),
        (KLIPPER, "scripts/install-octopi.sh", f"${{ENV}}/bin/pip install -r ${{SRC}}/{KLIPPER}\n"),
        (KLIPPER, "scripts/install.sh", f"pip --no-input install --pre -r ${{SRC}}/{KLIPPER}\n"),
    ],
)
def test_a_list_that_an_install_script_of_the_project_installs_is_read(
    tmp_path: Path, listed: str, script: str, line: str
) -> None:
    """Sources: InkyPi, whose lists lie beside its install.sh; Mycodo; Klipper."""
    lists = {
        listed: "flask\n",
        "install/requirements-dev.txt": "pytest\n",
        "install/debian-requirements.txt": "libopenjp2-7\n",
        "install/screen-requirements.txt": "spidev\n",
    }
    described = {"pyproject.toml": '[project]\nname = "screen"\n[tool.ruff]\n'}
    project = read(tmp_path, {**lists, **described, script: line, "main.py": "import flask\n"})
    assert [one.name for one in project.asked] == ["flask"]
    assert any(f"{script}:" in note and "installs it" in note for note in project.notes)
    refuse_unlisted(project)


@pytest.mark.parametrize(
    ("copied", "installed", "path", "extras"),
    [
        ("./api /srv/api", "./api", "api", ()),
        ("api /srv/api", "/srv/api", "api", ()),
        (". .", "-r requirements.txt ./api[web]", "api", ("web",)),
        ("libs/core /opt/core", "/opt/core", "libs/core", ()),
        (". .", "--no-cache-dir ./libs/core/", "libs/core", ()),
    ],
)
def test_a_folder_that_the_projects_dockerfile_installs_is_asked_for(
    tmp_path: Path, copied: str, installed: str, path: str, extras: tuple[str, ...]
) -> None:
    """Source: serge-chat/serge, whose lists were taken from a second file alone."""
    package = '[project]\nname = "{}"\nversion = "1"\ndependencies = ["{}"]\n'
    files = {
        "Dockerfile": f"FROM python:3\nWORKDIR /srv\nCOPY {copied}\nRUN pip install {installed}\n",
        "api/pyproject.toml": package.format("api", "flask")
        + '[project.optional-dependencies]\nweb = ["waitress"]\n',
        "libs/core/pyproject.toml": package.format("core", "requests"),
        "requirements.txt": "six\n",
        "app.py": APP,
    }
    project = read(tmp_path, files)
    brought = {"api": ["flask"], "libs/core": ["requests"]}[path]
    names = {"six", *brought, *(["waitress"] if extras else [])}
    assert {one.name for one in project.asked if not one.path} == names
    assert [one.path for one in project.packages] == [path]
    assert any(note.startswith("Dockerfile:4 installs ") for note in project.notes)


@pytest.mark.parametrize(
    ("copied", "known"),
    [
        (("kaldi", "whisper"), False),
        (("kaldi/stt", "whisper/stt"), False),
        (("kaldi whisper", "whisper kaldi"), True),
        (("run.py kaldi", "run.py whisper"), False),
        (("run.py requirements.txt", "requirements.txt run.py"), True),
    ],
)
def test_of_dockerfiles_in_folders_none_counts_that_copies_what_another_does_not(
    tmp_path: Path, copied: tuple[str, str], *, known: bool
) -> None:
    """Source: linto-ai/linto-stt, one application for each engine, with entry scripts alike."""
    text = "FROM python:3\nCOPY {} /app/\nRUN pip install six\nCMD python /app/run.py\n"
    files = {
        **dict(
            zip(("kaldi/Dockerfile", "whisper/Dockerfile"), map(text.format, copied), strict=True)
        ),
        **dict.fromkeys(("kaldi/stt/a.py", "whisper/stt/a.py", "run.py"), APP),
        "requirements.txt": "flask\n",
    }
    names = texts(read(tmp_path, files).asked)
    assert names == (["flask", "six"] if known else ["flask"])


def test_a_program_that_needs_nothing_is_planned_as_it_is(tmp_path: Path) -> None:
    refuse_unlisted(read(tmp_path, {"main.py": "import json\n", "tests/requirements.txt": "x\n"}))


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    text = '[project]\nname = "a"\nversion = "1"\ndependencies = []\n'
    refuse_unlisted(read(tmp_path, {"pyproject.toml": text, "docker/requirements.txt": "x\n"}))


def test_the_project_itself_is_no_package_that_its_dockerfile_adds(tmp_path: Path) -> None:
    """Source: HABApp, which installs the wheel that it built by its name."""
    dockerfile = "FROM python:3\nCOPY . .\nRUN pip install --find-links dist gate_keeper six\n"
    setup = "from setuptools import setup\nsetup(name='gate-keeper', install_requires=['attrs'])\n"
    found = read(tmp_path, {"Dockerfile": dockerfile, "setup.py": setup, "a.py": ""})
    assert [one.name for one in found.asked] == ["attrs", "six"]


def test_what_packages_import_that_are_brought_along_is_no_list_that_lacks(tmp_path: Path) -> None:
    """Source: headphones, whose lib/ has all that it needs."""
    files = {"main.py": "import json\n", "lib/requests/__init__.py": "import simplejson\n"}
    refuse_unlisted(read(tmp_path, files))


@pytest.mark.parametrize(("option", "alone"), [("--no-deps ", True), ("", False)])
def test_what_the_dockerfile_installs_without_dependencies_brings_none(
    tmp_path: Path, public: FakeIndex, option: str, *, alone: bool
) -> None:
    """Source: batmon-ha, whose aiobmsble would ask for another bleak than its list."""
    offer(public, "scanner", "1.0", requires={"1.0": "bleak>=3"})
    offer(public, "bleak", "2.0", "3.0")
    files = {
        "requirements.txt": "bleak==2.0\n",
        "Dockerfile": "FROM python:3\nCOPY . .\nRUN pip install -r requirements.txt\n"
        f"RUN pip install {option}scanner==1.0\nCMD python a.py\n",
        "a.py": "",
    }
    found = resolve_folder(write(tmp_path / "app", files), public)
    assert isinstance(found, Resolution) == alone
    if alone:
        assert pins(found) == {"bleak": "2.0", "scanner": "1.0"}


@pytest.mark.parametrize("options", [{"extras": ("cpu", "gpu")}, {"extras": ("gpu", "cpu")}])
def test_extras_that_exclude_each_other_are_refused_together(
    tmp_path: Path, options: dict[str, tuple[str, ...]]
) -> None:
    text = """
        [project]
        name = "vision"
        version = "1"
        dependencies = ["pillow"]
        [project.optional-dependencies]
        cpu = ["onnxruntime==1.22.1"]
        gpu = ["onnxruntime-gpu==1.22.0"]
        [tool.uv]
        conflicts = [[{extra = "cpu"}, {extra = "gpu"}]]
    """
    with pytest.raises(UsageError, match="--extra cpu and --extra gpu cannot be installed") as one:
        read(tmp_path, {"pyproject.toml": text}, **options)
    assert str(one.value.details[0]).startswith("pyproject.toml:9: ")
    assert texts(read(tmp_path, {}, extras=("cpu",)).asked) == ["pillow", "onnxruntime==1.22.1"]


def test_an_extra_and_a_group_may_exclude_each_other(tmp_path: Path) -> None:
    text = """
        [project]
        name = "vision"
        version = "1"
        [project.optional-dependencies]
        cpu = ["six"]
        [dependency-groups]
        gpu = ["attrs"]
        [tool.uv]
        conflicts = [[{extra = "cpu"}, {group = "gpu"}]]
    """
    with pytest.raises(UsageError, match="--extra cpu and --group gpu"):
        read(tmp_path, {"pyproject.toml": text}, extras=("cpu",), groups=("gpu",))


@pytest.mark.parametrize(
    "address",
    [
        "file:///croot/certifi_1707229174982/work/certifi",
        "file:///tmp/build/80754af9/certifi_1630003229654/work",
        "file:///home/conda/feedstock_root/build_artifacts/certifi_1713279365350/work",
        "file:///C:/b/abs_5eitqpwlbs/croot/certifi_16/work/dist/certifi-1-py3-none-any.whl",
    ],
)
def test_what_pip_freeze_prints_for_condas_packages(tmp_path: Path, address: str) -> None:
    """Source: pip#8176, conda's own documentation of pip list --format=freeze."""
    root = write(tmp_path, {"requirements.txt": f"certifi @ {address}\n", "a.py": ""})
    with pytest.raises(RequirementsInvalidError) as caught:
        read_project(root, environ={})
    assert "pip list --format=freeze" in str(caught.value.details[0].text)


@pytest.mark.parametrize(
    ("line", "extras"),
    [
        ("pip install .[server]", ["uvloop"]),
        ('pip install -e ".[server,redis]"', ["hiredis", "uvloop"]),
        ("pip install /app[redis]", ["hiredis"]),
        ('uv pip install "gate-keeper[server]@dist/gate_keeper-${V}-py3-none-any.whl"', ["uvloop"]),
        ("uv sync --frozen --extra server", ["uvloop"]),
        ("uv sync --no-dev --group=all", ["hiredis", "uvloop"]),
        ("uv sync --all-groups --all-extras", ["hiredis", "uvloop"]),
        ("poetry install -E server --only main", ["uvloop"]),
        ('poetry install --extras "server redis" --without dev', ["hiredis", "uvloop"]),
        ("poetry install --with all,dev --no-root", ["hiredis", "uvloop"]),
        ("pdm install -Gredis --prod", ["hiredis"]),
        ("poetry install --without all", []),
        ("pip install .", []),
        ("pip install other[server]", []),
        ("pip install .[absent]", []),
    ],
)
def test_extras_that_the_projects_dockerfile_installs_are_in_the_image(
    tmp_path: Path, line: str, extras: list[str]
) -> None:
    project = """
        [project]
        name = "gate_keeper"
        dependencies = ["six"]
        [project.optional-dependencies]
        server = ["uvloop"]
        redis = ["hiredis"]
        [dependency-groups]
        all = ["uvloop", "hiredis"]
        dev = ["pytest"]
    """
    dockerfile = f"FROM python:3\nCOPY . .\nRUN {line}\n"
    found = read(tmp_path, {"pyproject.toml": project, "Dockerfile": dockerfile, "a.py": ""})
    names = sorted({asked.name for asked in found.asked} - {"six"})
    assert names == extras
    assert any("installs the" in note for note in found.notes) == bool(extras)
