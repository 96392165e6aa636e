"""Reading pyproject.toml: PEP 621, extras, groups, poetry's tables, sources."""

from itertools import product
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from scaffold.model.errors import ConfigInvalidError, UsageError
from scaffold.project.reader import read_project
from scaffold.project.tool_tables import entries
from scaffold.project.version_constraints import alternatives, python_marker, union
from tests.support.folders import at, read, refused, said, texts, write

PEP_621 = """
[project]
name = "demo"
dependencies = [
  "flask[async]>=3",
  "tzdata; sys_platform == 'win32'",
]

[project.optional-dependencies]
web = ["uvicorn>=0.30"]
db = ["psycopg", "demo[web]"]
all = ["demo[db,web]"]

[dependency-groups]
test = ["pytest>=8", {include-group = "typing"}]
typing = ["mypy"]
"""


def test_dependencies_come_with_their_lines(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": PEP_621}))
    assert texts(project.asked) == ["flask[async]>=3", 'tzdata; sys_platform == "win32"']
    assert [one.origin for one in project.asked] == [
        at("pyproject.toml", 4),
        at("pyproject.toml", 5),
    ]
    assert project.files == ("pyproject.toml",)
    assert project.name.value == "demo"
    assert project.name.origin == at("pyproject.toml", 2)


def test_an_extra_brings_its_dependencies(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": PEP_621}), extras=["Web"])
    assert texts(project.asked)[2:] == ["uvicorn>=0.30"]
    assert str(project.asked[2].origin) == "pyproject.toml:9 (extra web)"


def test_an_extra_that_names_the_project_stands_for_its_other_extras(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": PEP_621}), extras=["all"])
    assert sorted(texts(project.asked)[2:]) == ["psycopg", "uvicorn>=0.30"]


def test_a_group_brings_its_dependencies_and_those_it_includes(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": PEP_621}), groups=["test"])
    assert texts(project.asked)[2:] == ["pytest>=8", "mypy"]
    assert str(project.asked[2].origin) == "pyproject.toml:14 (group test)"


def test_groups_are_not_installed_unless_asked_for(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": PEP_621}))
    assert not {"pytest", "mypy", "uvicorn"} & {one.name for one in project.asked}


@pytest.mark.parametrize(
    ("kind", "name", "nearest"), [("extras", "wbe", "web"), ("groups", "tset", "test")]
)
def test_an_unknown_extra_or_group_is_an_error_with_the_nearest_name(
    tmp_path: Path, kind: str, name: str, nearest: str
) -> None:
    write(tmp_path, {"pyproject.toml": PEP_621})
    with pytest.raises(UsageError) as caught:
        read(tmp_path, **{kind: [name]})
    assert repr(name) in caught.value.cause
    assert caught.value.hint == f"did you mean {nearest}?"


def test_all_bad_requirements_are_reported_at_once_with_lines(tmp_path: Path) -> None:
    text = """
    [project]
    name = "demo"
    dependencies = [
      "flask",
      "numpy=1",
      "ok",
      3,
      "a b",
    ]
    """
    lines = refused(write(tmp_path, {"pyproject.toml": text}))
    assert [line.split(": ")[0] for line in lines] == [
        "pyproject.toml:5",
        "pyproject.toml:3",
        "pyproject.toml:8",
    ]
    assert "'numpy=1' is not a requirement" in lines[0]
    assert "3 is not a string" in lines[1]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (r'"flask\nRUN evil"', "U+000A"),
        (r'"flask\u2028evil"', "U+2028"),
        ('''"flask @ https://index.example/f'x.whl"''', "has a quote in it"),
        ("""'flask==="1"'""", "has a quote in it"),
        ('"flask==="', "flask==="),
    ],
)
def test_a_line_break_or_quote_in_a_requirement_is_an_error(
    tmp_path: Path, written: str, says: str
) -> None:
    text = f'[project]\nname = "demo"\ndependencies = [{written}]\n'
    (only,) = refused(write(tmp_path, {"pyproject.toml": text}))
    assert only.startswith("pyproject.toml:3: ")
    assert says in only


def test_dependencies_that_are_no_list_are_an_error(tmp_path: Path) -> None:
    text = '[project]\nname = "demo"\ndependencies = "flask"\n'
    assert refused(write(tmp_path, {"pyproject.toml": text})) == [
        "pyproject.toml:3: dependencies is not a list of strings"
    ]


def test_a_table_that_is_none_is_an_error_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '# x\nproject = "demo"\n'})
    with pytest.raises(ConfigInvalidError) as caught:
        read(tmp_path)
    assert str(caught.value.details[0]) == "pyproject.toml:2: project is not a table"


def test_what_is_not_toml_is_an_error_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '[project]\nname = "demo\n'})
    with pytest.raises(ConfigInvalidError) as caught:
        read(tmp_path)
    assert caught.value.details[0].line == 2


def test_a_group_with_a_bad_requirement_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = '[project]\nname = "demo"\n[dependency-groups]\ndev = [\n  "ok",\n  "x y",\n]\n'
    (only,) = refused(write(tmp_path, {"pyproject.toml": text}), groups=["dev"])
    assert only.startswith("pyproject.toml:6: 'x y' is not a requirement")


def test_groups_that_include_each_other_are_an_error(tmp_path: Path) -> None:
    text = '[dependency-groups]\na = [{include-group = "b"}]\nb = [{include-group = "a"}]\n'
    (only,) = refused(write(tmp_path, {"pyproject.toml": text}), groups=["a"])
    assert only.startswith("pyproject.toml:2: group a: Cyclic")


def test_groups_of_uv_and_pdm_before_the_standard_are_known(tmp_path: Path) -> None:
    text = """
    [project]
    name = "demo"
    [tool.uv]
    dev-dependencies = ["ruff"]
    [tool.pdm.dev-dependencies]
    docs = ["mkdocs"]
    """
    project = read(write(tmp_path, {"pyproject.toml": text}), groups=["dev", "docs"])
    assert texts(project.asked) == ["ruff", "mkdocs"]


def test_files_that_setuptools_reads_at_build_time_are_read(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": """
        [project]
        name = "demo"
        dynamic = ["dependencies", "optional-dependencies"]
        [tool.setuptools.dynamic]
        dependencies = {file = ["requirements.txt"]}
        optional-dependencies.web = {file = ["web.txt"]}
        """,
        "requirements.txt": "flask\n",
        "web.txt": "uvicorn\n",
    }
    project = read(write(tmp_path, files), extras=["web"])
    assert texts(project.asked) == ["flask", "uvicorn"]
    assert project.asked[0].origin == at("requirements.txt", 1)


def test_a_dynamic_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    text = """
    [project]
    name = "demo"
    [tool.setuptools.dynamic]
    dependencies = {file = "nowhere.txt"}
    """
    assert refused(write(tmp_path, {"pyproject.toml": text})) == [
        "pyproject.toml:4: asks for nowhere.txt, which is not a file"
    ]


def test_dependencies_that_only_the_build_knows_are_an_error_that_says_what_to_do(
    tmp_path: Path,
) -> None:
    text = '[project]\nname = "demo"\ndynamic = ["dependencies"]\n'
    (line,) = refused(write(tmp_path, {"pyproject.toml": text}))
    assert line.startswith("pyproject.toml:3: the dependencies are dynamic, and the build")
    assert "requirements.txt" in line


def test_an_index_for_some_packages_only_is_bound_to_them(tmp_path: Path) -> None:
    text = """
        [project]
        name = "demo"
        dependencies = ["torch"]
        [tool.uv.sources]
        torch = {index = "wheels"}
        [[tool.uv.index]]
        name = "wheels"
        url = "https://index.example/simple"
        explicit = true
    """
    project = read(write(tmp_path, {"pyproject.toml": text}))
    assert project.index.extra_index_urls == ()
    assert project.index.bound_urls == ("https://index.example/simple",)
    assert [(one.name, one.index) for one in project.asked] == [
        ("torch", "https://index.example/simple")
    ]
    assert project.notes == ()


POETRY = """
[tool.poetry]
name = "demo"

[tool.poetry.dependencies]
python = "^3.10"
flask = "^3.0"
numpy = [
  {version = "^1.26", python = "<3.12"},
  {version = "^2.0", python = ">=3.12"},
]
pywin32 = {version = "*", platform = "win32"}
redis = {version = "~5.0", optional = true, extras = ["hiredis"]}
tool = {git = "https://index.example/tool", tag = "v1", subdirectory = "py"}
archive = {url = "https://index.example/archive-1.0-py3-none-any.whl"}
either = "^1 || ^2"

[tool.poetry.extras]
cache = ["redis"]

[tool.poetry.group.dev.dependencies]
pytest = ">=8,<9"

[tool.poetry.group.all]
include-groups = ["dev"]
[tool.poetry.group.all.dependencies]
mypy = "1.*"
"""


def test_poetry_dependencies_become_standard_ones(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": POETRY}))
    assert texts(project.asked) == [
        "flask<4.0,>=3.0",
        'numpy<2.0,>=1.26; python_version < "3.12"',
        'numpy<3.0,>=2.0; python_version >= "3.12"',
        'pywin32; sys_platform == "win32"',
        "tool @ git+https://index.example/tool@v1#subdirectory=py",
        "archive @ https://index.example/archive-1.0-py3-none-any.whl",
        "either<3.0,>=1",
    ]
    assert project.asked[0].origin == at("pyproject.toml", 6)
    assert project.asked[0].text == "flask ^3.0"
    assert [found.value for found in project.pythons] == [">=3.10,<4.0"]
    assert project.name.value == "demo"


def test_a_poetry_extra_brings_its_optional_dependencies(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": POETRY}), extras=["cache"])
    assert "redis[hiredis]<5.1,>=5.0" in texts(project.asked)


def test_a_poetry_group_brings_the_groups_it_includes(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": POETRY}), groups=["all"])
    assert {"mypy==1.*", "pytest<9,>=8"} <= set(texts(project.asked))


def test_a_poetry_group_that_includes_an_unknown_one_is_an_error(tmp_path: Path) -> None:
    text = POETRY.replace('["dev"]', '["nowhere"]')
    (only,) = refused(write(tmp_path, {"pyproject.toml": text}), groups=["all"])
    assert "group all includes nowhere, which does not exist" in only


@pytest.mark.parametrize(
    ("value", "says"),
    [('"^banana"', "not a version constraint"), ("3", "neither a version nor a table")],
)
def test_a_bad_poetry_constraint_is_an_error_with_its_line(
    tmp_path: Path, value: str, says: str
) -> None:
    text = f'[tool.poetry]\nname = "demo"\n[tool.poetry.dependencies]\nflask = {value}\n'
    (only,) = refused(write(tmp_path, {"pyproject.toml": text}))
    assert only.startswith("pyproject.toml:4: flask: ")
    assert says in only


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2.0"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1.0"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2.0"),
        ("1.2", "==1.2"),
        ("=1.2", "==1.2"),
        ("1.*", "==1.*"),
        ("*", ""),
        (">=1,<2,!=1.5", ">=1,<2,!=1.5"),
        (">=1 <2", ">=1,<2"),
        ("~=1.4", "~=1.4"),
    ],
)
def test_poetry_constraints_mean_what_poetry_says(constraint: str, expected: str) -> None:
    assert alternatives(constraint) == (expected,)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^2.7 || >=3.6,<4", ">=2.7,<4,!=3.0.*,!=3.1.*,!=3.2.*,!=3.3.*,!=3.4.*,!=3.5.*"),
        ("^1 | *", ""),
        (">=4.6.0,<4.7.0 || >4.7.0", ">=4.6.0,!=4.7.0"),
        (">=1.7.4,<1.8 || >1.8,<1.8.1 || >1.8.1,<3", ">=1.7.4,<3,!=1.8,!=1.8.1"),
        (">=3.7.0,<3.8.dev0 || >=3.9.dev0", ">=3.7.0,!=3.8.*"),
        ("^2 || ^1", ">=1,<3.0"),
        ("^1 || ^3", ">=1,<4.0,!=2.*"),
        ("<1 || >=2", "!=1.*"),
    ],
)
def test_alternatives_become_one_set_that_holds_for_each(constraint: str, expected: str) -> None:
    assert union(constraint) == expected
    sides = [SpecifierSet(side) for side in alternatives(constraint)]
    for major, minor, micro in product(range(5), range(10), range(3)):
        version = f"{major}.{minor}.{micro}"
        assert SpecifierSet(expected).contains(version) == any(s.contains(version) for s in sides)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [("<1.2.3 || >=1.5", ">=1.5"), ("1.2 || 1.4", "==1.4"), ("~1.4 || ==2.*", "==2.*")],
)
def test_of_alternatives_that_no_set_can_say_the_highest_holds(
    constraint: str, expected: str
) -> None:
    assert union(constraint) == expected


def test_a_python_constraint_becomes_a_marker() -> None:
    assert python_marker("^3.8") == 'python_version >= "3.8" and python_version < "4.0"'
    assert python_marker(">=3.8.1") == 'python_full_version >= "3.8.1"'
    assert python_marker("3.8.*") == 'python_full_version == "3.8.*"'
    assert python_marker("<3.8 || >=3.12") == 'python_version < "3.8" or python_version >= "3.12"'
    assert python_marker("*") == ""


def test_a_dependency_that_is_neither_text_nor_table_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a version nor a table"):
        entries("flask", 3)


def test_sources_of_uv_give_paths_and_addresses(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": """
        [project]
        name = "demo"
        dependencies = ["near", "member>=1", "far", "split", "pinned"]
        [tool.uv]
        constraint-dependencies = ["werkzeug<3"]
        override-dependencies = ["click==8"]
        exclude-newer = "30 days"
        [tool.uv.workspace]
        members = ["packages/*"]
        [tool.uv.sources]
        near = {path = "libs/near", editable = true}
        member = {workspace = true}
        far = {git = "https://index.example/far", rev = "abc"}
        split = [
          {url = "https://index.example/split-1.tar.gz", marker = "sys_platform == 'linux'"},
          {git = "https://index.example/split", marker = "sys_platform != 'linux'"},
        ]
        pinned = {index = "mine"}
        [[tool.uv.index]]
        name = "mine"
        url = "https://index.example/mine"
        explicit = true
        [[tool.uv.index]]
        url = "https://index.example/default"
        default = true
        """,
        "libs/near/pyproject.toml": '[project]\nname = "near"\ndependencies = ["tiny"]\n',
        "packages/one/pyproject.toml": '[project]\nname = "Member"\n',
    }
    project = read(write(tmp_path, files))
    assert texts(project.asked) == [
        "near @ libs/near",
        "tiny",
        "member @ packages/one",
        "far @ git+https://index.example/far@abc",
        "split",
        'split @ https://index.example/split-1.tar.gz; sys_platform == "linux"',
        'split @ git+https://index.example/split; sys_platform != "linux"',
        "pinned",
    ]
    assert project.asked[0].editable
    assert texts(project.constraints) == ["werkzeug<3"]
    assert project.index.index_url == "https://index.example/default"
    assert project.index.bound_urls == ("https://index.example/mine",)
    assert project.asked[-1].index == "https://index.example/mine"
    assert {"override-dependencies", "exclude-newer"} <= {
        word for note in project.notes for word in note.split()
    }


@pytest.mark.parametrize("said", ["2026-13-99", "lately", "-3 days", "3.5"])
def test_a_date_of_exclude_newer_that_is_none_is_an_error(tmp_path: Path, said: str) -> None:
    text = f"""
    [project]
    name = "demo"
    dependencies = ["click"]
    [tool.uv]
    exclude-newer = "{said}"
    """
    (only,) = refused(write(tmp_path, {"pyproject.toml": text}))
    assert only.startswith("pyproject.toml:5: exclude-newer")


def test_a_workspace_member_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    text = """
    [project]
    name = "demo"
    dependencies = ["member"]
    [tool.uv.sources]
    member = {workspace = true}
    """
    (only,) = refused(write(tmp_path, {"pyproject.toml": text}))
    assert only.startswith("pyproject.toml:3: member is said to be in the workspace")


def test_indexes_of_poetry_and_pdm_are_known(tmp_path: Path) -> None:
    text = """
    [project]
    name = "demo"
    [[tool.poetry.source]]
    name = "main"
    url = "https://index.example/main"
    priority = "primary"
    [[tool.pdm.source]]
    name = "more"
    url = "https://index.example/more"
    [[tool.pdm.source]]
    type = "find_links"
    url = "https://index.example/links"
    """
    index = read(write(tmp_path, {"pyproject.toml": text})).index
    assert index.index_url == "https://index.example/main"
    assert index.extra_index_urls == ("https://index.example/more",)
    assert index.find_links == ("https://index.example/links",)


def test_a_name_that_no_package_can_have_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '[project]\nname = "not a name"\n'})
    with pytest.raises(ConfigInvalidError) as caught:
        read(tmp_path)
    assert "pyproject.toml:2: 'not a name' is not a name" in said(caught.value)


def test_the_bundled_edges_read_a_folder_whole(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": PEP_621, "main.py": "print('hello')\n"})
    project = read_project(tmp_path)
    assert texts(project.asked)[0] == "flask[async]>=3"
    assert project.app_bytes >= len("print('hello')\n")


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("tool.poetry.dependencies", r'"^1\n"'),
        ("tool.poetry.dependencies", r'{path = "a\nb"}'),
        ("tool.uv.sources", r'{git = "https://index.example/a\nb"}'),
        ("tool.uv.sources", """{path = "it's"}"""),
    ],
)
def test_a_line_break_or_quote_in_a_table_is_an_error(
    tmp_path: Path, table: str, value: str
) -> None:
    project = '[project]\nname = "demo"\n'
    asked = 'dependencies = ["flask"]\n' if "uv" in table else ""
    write(tmp_path, {"pyproject.toml": f"{project}{asked}[{table}]\nflask = {value}\n"})
    (only,) = refused(tmp_path)
    assert only.startswith("pyproject.toml:")
