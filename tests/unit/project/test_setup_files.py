from pathlib import Path

import pytest

from tests.support.folders import at, read, refused, texts, write

CFG = """
[metadata]
name = demo

[options]
python_requires = >=3.11
install_requires =
    numpy>=2
    # comment
    requests  # why
    tomli; python_version < "3.11"

[options.extras_require]
web =
    flask
"""


def test_setup_cfg_says_what_to_install_and_on_which_python(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"setup.cfg": CFG}))
    assert texts(project.asked) == ["numpy>=2", "requests", 'tomli; python_version < "3.11"']
    assert [asked.origin for asked in project.asked] == [at("setup.cfg", n) for n in (7, 9, 10)]
    assert [found.value for found in project.pythons] == [">=3.11"]
    assert project.files == ("setup.cfg",)


def test_an_extra_of_setup_cfg_brings_its_requirements(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"setup.cfg": CFG}), extras=["web"])
    assert "flask" in texts(project.asked)


def test_a_file_that_setup_cfg_names_is_read(tmp_path: Path) -> None:
    files = {
        "setup.cfg": "[options]\ninstall_requires = file: needs.txt, gone.txt\n",
        "needs.txt": "numpy\na b\n",
    }
    lines = refused(write(tmp_path, files))
    assert len(lines) == 2
    assert "setup.cfg:2: asks for gone.txt, which is not a file" in lines
    assert any(line.startswith("needs.txt:2: ") for line in lines)


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("setup(install_requires=['numpy>=2', 'requests'])", ["numpy>=2", "requests"]),
        ("need = ['numpy']\nsetup(install_requires=need + ['flask'])", ["numpy", "flask"]),
        ("base = ['a']\nsetuptools.setup(install_requires=[*base, 'b'])", ["a", "b"]),
        ("setup(install_requires='''\nnumpy\nflask\n''')", ["numpy", "flask"]),
        ("setup(name='demo', packages=[])", []),
        ("setup(**{'install_requires': ['numpy']})", ["numpy"]),
        ("d = dict(install_requires=['numpy'])\nsetup(name='demo', **d)", ["numpy"]),
        ("d = {'name': 'demo'}\nd['cmdclass'] = {}\nsetup(**d)", []),
        ("d = {}\nd.update(name='demo')\nsetup(**d)", []),
        ("d = {}\nif sys.platform == 'win32':\n    d = dict(scripts=[])\nsetup(**d)", []),
        ("d = {'name': 'demo', **d}\nsetup(**d)", []),
    ],
)
def test_setup_py_is_read_without_being_run(tmp_path: Path, body: str, asked: list[str]) -> None:
    source = f"import setuptools\nfrom setuptools import setup\nopen('ran', 'w')\n{body}\n"
    project = read(write(tmp_path, {"setup.py": source}))
    assert texts(project.asked) == asked
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "body",
    [
        "setup(install_requires=open('r.txt').read().split())",
        "need = ['a']\nneed.append('b')\nsetup(install_requires=need)",
        "need = ['a']\nneed += ['b']\nsetup(install_requires=need)",
        "setup(**settings)",
        "d = {}\nd.update(load())\nsetup(**d)",
        "d = {}\nd['install_requires'] = ['a']\nsetup(**d)",
        "d = read()\nsetup(**d)",
        "setup(**{key: ['a']})",
        "setup(install_requires=['a', version('b')])",
    ],
)
def test_what_setup_py_computes_is_an_error_that_says_what_to_do(tmp_path: Path, body: str) -> None:
    (line,) = refused(write(tmp_path, {"setup.py": f"from setuptools import setup\n{body}\n"}))
    assert line.startswith("setup.py:")
    assert "--requirement" in line


OF_FILES = [
    (
        "def needs(name):\n    return open('requirements/' + name).read().splitlines()\n"
        "setup(install_requires=needs('default.txt'))"
    ),
    (
        "from pathlib import Path\nhere = Path(__file__).parent.resolve()\n"
        "setup(install_requires=(here / 'requirements/default.txt').read_text().splitlines())"
    ),
    (
        "with open('requirements/default.txt') as f:\n    needs = f.readlines()\n"
        "setup(install_requires=needs)"
    ),
    (
        "import os\ndef needs(name='default.txt'):\n    'Lines of a file.'\n    found = []\n"
        "    with open(os.path.join(os.path.dirname(__file__), 'requirements', name)) as f:\n"
        "        for line in f:\n            line = line.strip()\n"
        "            if line and not line.startswith('#'):\n                found.append(line)\n"
        "    return found\nsetup(install_requires=needs())"
    ),
    (
        "lines = [one.strip() for one in open('requirements/default.txt') if one.strip()]\n"
        "setup(install_requires=lines)"
    ),
    (
        "with open('README.md') as f:\n    text = f.read()\ndef needs():\n"
        "    with open('requirements/default.txt', encoding='utf-8') as f:\n"
        "        return list(filter(None, f.read().split('\\n')))\n"
        "setup(long_description=text, install_requires=needs())"
    ),
]


@pytest.mark.parametrize("body", OF_FILES)
def test_all_lines_of_a_file_that_setup_py_reads_are_what_it_asks_for(
    tmp_path: Path, body: str
) -> None:
    files = {
        "setup.py": f"from setuptools import setup\n{body}\n",
        "requirements/default.txt": "celery>=5\n\n# why\nhumanize\n",
        "README.md": "",
    }
    asked = read(write(tmp_path, files)).asked
    assert texts(asked) == ["celery>=5", "humanize"]
    assert [one.origin for one in asked] == [at("requirements/default.txt", n) for n in (1, 4)]


@pytest.mark.parametrize(
    "body",
    [
        "setup(install_requires=[one for one in open('r.txt') if one != 'a'])",
        "setup(install_requires=[one for one in open('r.txt') if not one.startswith('a')])",
        "setup(install_requires=open('r.txt').read().replace('a', 'c').splitlines())",
        "setup(install_requires=open(NAME).read().splitlines())",
        "setup(install_requires=open('gone.txt').read().splitlines())",
        "setup(install_requires=open('options.txt').read().splitlines())",
        "setup(install_requires=list(open('r.txt')) if light else [])",
        (
            "def needs(name):\n    return [x.split('#')[0] for x in open(name)]\n"
            "setup(install_requires=needs('r.txt'))"
        ),
        "def needs(name):\n    return needs(name)\nsetup(install_requires=needs('r.txt'))",
        "setup(install_requires=[*open('r.txt'), *fetch('b')])",
    ],
)
def test_what_setup_py_makes_of_a_file_is_only_known_when_it_runs(
    tmp_path: Path, body: str
) -> None:
    files = {
        "setup.py": f"from setuptools import setup\n{body}\n",
        "r.txt": "a\nb\n",
        "options.txt": "a\n-r other.txt\n",
    }
    (line,) = refused(write(tmp_path, files))
    assert line.startswith("setup.py:")


def test_a_bad_requirement_in_setup_py_is_an_error_with_its_line(tmp_path: Path) -> None:
    source = "from setuptools import setup\nsetup(install_requires=[\n  'a b',\n  'c=1',\n])\n"
    lines = refused(write(tmp_path, {"setup.py": source}))
    assert [line.partition(": ")[0] for line in lines] == ["setup.py:3", "setup.py:4"]


@pytest.mark.parametrize(
    ("name", "text"), [("setup.py", "def (:\n"), ("setup.cfg", "[options]\nnothing\n")]
)
def test_a_setup_file_that_cannot_be_parsed_is_an_error(
    tmp_path: Path, name: str, text: str
) -> None:
    (line,) = refused(write(tmp_path, {name: text}))
    assert line.startswith(f"{name}:")


def test_an_unknown_extra_of_a_setup_file_is_an_error(tmp_path: Path) -> None:
    (line,) = refused(write(tmp_path, {"setup.cfg": CFG}), extras=["nope"])
    assert "no extra 'nope'" in line


def test_a_pyproject_that_leaves_it_to_setup_py_gets_what_that_asks_for(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "demo"\ndynamic = ["dependencies"]\n',
        "setup.py": "from setuptools import setup\nsetup(install_requires=['numpy'])\n",
    }
    assert texts(read(write(tmp_path, files)).asked) == ["numpy"]


def test_a_pyproject_with_tools_only_does_not_hide_the_setup_file(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[tool.black]\nline-length = 99\n", "setup.cfg": CFG}
    assert "numpy>=2" in texts(read(write(tmp_path, files)).asked)


def test_a_requirements_file_comes_before_a_setup_file(tmp_path: Path) -> None:
    files = {"requirements.txt": "flask\n", "setup.py": "setup(**computed)\n"}
    assert texts(read(write(tmp_path, files)).asked) == ["flask"]


def test_with_a_uv_lock_the_lock_says_what_a_build_would_ask_for(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "demo"\ndynamic = ["dependencies"]\n',
        "uv.lock": """
            version = 1
            [[package]]
            name = "demo"
            source = { editable = "." }
            dependencies = [{ name = "idna", marker = "sys_platform == 'linux'" }]
            [[package]]
            name = "idna"
            version = "3.10"
            source = { registry = "https://index.example/simple" }
        """,
    }
    project = read(write(tmp_path, files))
    assert texts(project.asked) == ['idna; sys_platform == "linux"']
