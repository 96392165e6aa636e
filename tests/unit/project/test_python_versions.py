"""Which Python a project admits, from every file that may say so."""

from pathlib import Path

import pytest

from scaffold.model.errors import ConfigInvalidError
from tests.support.folders import read, write


def pythons(root: Path) -> list[tuple[str, str]]:
    return [(found.value, str(found.origin)) for found in read(root).pythons]


def test_requires_python_is_found_with_its_line(tmp_path: Path) -> None:
    write(
        tmp_path, {"pyproject.toml": '[project]\nname = "demo"\nrequires-python = ">=3.11, <4"\n'}
    )
    assert pythons(tmp_path) == [("<4,>=3.11", "pyproject.toml:3 (requires-python)")]


@pytest.mark.parametrize(
    "text",
    [
        "3.12",
        "3.12.4",
        "# mine\n\n3.12.4  # this\n3.11\n",
        "cpython-3.12",
        "python3.12",
        "3.12.0rc1",
        "3.12.4/envs/gateway",
    ],
)
def test_a_python_version_file_names_a_minor(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"requirements.txt": "", ".python-version": text})
    ((value, origin),) = pythons(tmp_path)
    assert value == "==3.12.*"
    assert origin == f".python-version:{3 if text.startswith('#') else 1}"
    assert ".python-version" in read(tmp_path).files


POETRY = '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "{}"\n'
DECLARED = '[project]\nname = "a"\nversion = "1"\nrequires-python = "{}"\n'


@pytest.mark.parametrize(
    ("file", "text", "value"),
    [
        ("pyproject.toml", POETRY.format("3.11.7"), "==3.11.*"),
        ("pyproject.toml", DECLARED.format("==3.12.4"), "==3.12.*"),
        ("pyproject.toml", DECLARED.format("===3.12.4"), "==3.12.*"),
        ("Pipfile", '[requires]\npython_full_version = "3.13.1"\n', "==3.13.*"),
        ("Pipfile", '[requires]\npython_version = "3"\n', ">=3"),
        ("pyproject.toml", DECLARED.format("~=3.12.4"), "~=3.12.4"),
        ("pyproject.toml", DECLARED.format("==3.12.4,!=3.12.5"), "!=3.12.5,==3.12.4"),
    ],
)
def test_one_release_is_its_minor_whose_patch_release_is_the_base_images(
    tmp_path: Path, file: str, text: str, value: str
) -> None:
    write(tmp_path, {"requirements.txt": "", file: text})
    assert [one for one, _ in pythons(tmp_path)] == [value]


def test_a_python_version_file_may_hold_a_range(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "", ".python-version": ">=3.11\n"})
    assert pythons(tmp_path) == [(">=3.11", ".python-version:1")]


def test_runtime_txt_names_a_minor(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "", "runtime.txt": "python-3.12.4\n"})
    assert pythons(tmp_path) == [("==3.12.*", "runtime.txt:1")]


def test_a_pipfile_names_a_minor(tmp_path: Path) -> None:
    text = '[packages]\nflask = "*"\n[requires]\npython_version = "3.11"\n'
    write(tmp_path, {"Pipfile": text})
    assert pythons(tmp_path) == [("==3.11.*", "Pipfile:4 (python_version)")]


def test_all_files_hold_together(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[project]\nname = "demo"\nrequires-python = ">=3.11"\n',
            ".python-version": "3.12\n",
            "runtime.txt": "python-3.12.1\n",
        },
    )
    assert [value for value, _ in pythons(tmp_path)] == [">=3.11", "==3.12.*", "==3.12.*"]


@pytest.mark.parametrize("name", [".python-version", "runtime.txt"])
@pytest.mark.parametrize(
    "text",
    [
        "pypy-3.10",
        "pypy3.10-7.3.17",
        "banana",
        "2.7",
        "3",
        "",
        "# x\n",
        "3.13t",
        "3.14+freethreaded",
    ],
)
def test_a_python_that_is_not_cpython_3_is_an_error_with_its_line(
    tmp_path: Path, name: str, text: str
) -> None:
    write(tmp_path, {"requirements.txt": ""})
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigInvalidError) as caught:
        read(tmp_path)
    assert (caught.value.details[0].file, caught.value.details[0].line) == (name, 1)
    free = text.endswith(("13t", "freethreaded"))
    assert ("free-threaded" in caught.value.details[0].text) == free
    assert "3.12" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[project]\nname = "demo"\nrequires-python = "three"\n', 3),
        ('[tool.poetry]\nname = "demo"\n[tool.poetry.dependencies]\npython = "^x"\n', 4),
    ],
)
def test_an_impossible_range_is_an_error_with_its_line(
    tmp_path: Path, text: str, line: int
) -> None:
    write(tmp_path, {"pyproject.toml": text})
    with pytest.raises(ConfigInvalidError) as caught:
        read(tmp_path)
    assert (caught.value.details[0].file, caught.value.details[0].line) == ("pyproject.toml", line)


def test_a_bad_version_in_a_pipfile_is_an_error_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"Pipfile": '[requires]\npython_version = "pypy"\n'})
    with pytest.raises(ConfigInvalidError) as caught:
        read(tmp_path)
    assert str(caught.value.details[0]).startswith("Pipfile:2: 'pypy'")


def test_a_binary_python_version_file_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": ""})
    (tmp_path / ".python-version").write_bytes(b"3.12\x00")
    with pytest.raises(ConfigInvalidError) as caught:
        read(tmp_path)
    assert "binary" in caught.value.details[0].text


def test_python_version_as_a_folder_of_pyenv_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "", ".python-version/x": ""})
    assert pythons(tmp_path) == []
