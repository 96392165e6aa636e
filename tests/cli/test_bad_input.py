"""What people get wrong, through the command line with the real edges: each says what to do."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from scaffold.operations.services import real_services
from tests.cli.outside import code_of, run

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
PYPROJECT = '[project]\nname = "demo"\nversion = "1"\ndependencies = ["fastapi", "uvicorn"]\n'
UV_LOCK = """\
version = 1

[[package]]
name = "fastapi"
version = "0.115.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "starl"""

GIVEN = {"requirements.txt", "main.py"}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def plan(folder: Path, *options: str) -> Result:
    argv = ("plan", str(folder), "--offline", "--quiet", *options)
    if not {"--device", "--target"} & set(options):
        argv = (*argv, "--target", "arm64")
    return run(*argv, outside=real_services())


def outcome(result: Result) -> tuple[int, str]:
    assert result.stdout == ""
    assert "hint: " in result.stderr
    return result.exit_code, code_of(result)


def test_a_misspelt_device_gets_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "fastapi\nuvicorn\n", "main.py": APP})
    result = plan(tmp_path, "--device", "rasberry-pi-4")
    assert outcome(result) == (2, "usage")
    assert "raspberry-pi-4" in result.stderr


@pytest.mark.parametrize("line", ["fastapi==one", "fastapi>=1.0.x", "fastapi=1", "fastapi =="])
def test_a_version_that_is_none_names_file_and_line(tmp_path: Path, line: str) -> None:
    write(tmp_path, {"requirements.txt": f"uvicorn\n{line}\n", "main.py": APP})
    result = plan(tmp_path)
    assert outcome(result) == (4, "requirements-invalid")
    assert "requirements.txt:2: " in result.stderr


def test_a_version_that_nobody_released_names_the_package(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "fastapi==99.0\nuvicorn\n", "main.py": APP})
    result = plan(tmp_path)
    assert result.exit_code in {3, 5}
    assert "fastapi" in result.stdout + result.stderr
    assert "99.0" in result.stdout + result.stderr


def test_an_impossible_python_is_an_error_with_its_line(tmp_path: Path) -> None:
    files = {"requirements.txt": "uvicorn\n", "main.py": APP, ".python-version": "4.7\n"}
    result = plan(write(tmp_path, dict(files)))
    assert outcome(result) == (2, "config-invalid")
    assert ".python-version:1: " in result.stderr


def test_files_that_include_each_other_are_shown_as_the_circle(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "requirements.txt": "-r base.txt\n",
        "base.txt": "uvicorn\n-r requirements.txt\n",
    }
    result = plan(write(tmp_path, files))
    assert outcome(result) == (4, "requirements-invalid")
    assert "base.txt:2: " in result.stderr
    assert "requirements.txt → base.txt → requirements.txt" in result.stderr


@pytest.mark.parametrize(
    "requirement",
    ['"uvicorn\\nUSER root"', '"uvicorn\\u2028x"', '"uvicorn\'"', '"uvicorn; x == \\"1"'],
)
def test_a_line_break_or_quote_in_a_requirement_never_gets_anywhere(
    tmp_path: Path, requirement: str
) -> None:
    text = f'[project]\nname = "demo"\ndependencies = [\n  {requirement},\n]\n'
    result = plan(write(tmp_path, {"pyproject.toml": text, "main.py": APP}))
    assert outcome(result) == (4, "requirements-invalid")
    assert "pyproject.toml:" in result.stderr
    assert "\nUSER root" not in result.stderr


def test_a_quote_in_a_requirements_file_names_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": 'uvicorn\n"fastapi"\n', "main.py": APP})
    result = plan(tmp_path)
    assert outcome(result) == (4, "requirements-invalid")
    assert "requirements.txt:2: " in result.stderr


@pytest.mark.parametrize("data", [b"\x00\x01\x02\x7fELF", b"numpy\n\xff\xfe\x00broken\x81\n"])
def test_a_binary_file_is_named(tmp_path: Path, data: bytes) -> None:
    result = plan(write(tmp_path, {"requirements.txt": data, "main.py": APP}))
    assert outcome(result) == (4, "requirements-invalid")
    assert "requirements.txt" in result.stderr


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    result = plan(tmp_path / "loop")
    assert outcome(result) == (10, "path-unreadable")
    assert "loop" in result.stderr


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    result = plan(write(tmp_path, {"main.py": APP}) / "main.py")
    assert outcome(result) == (10, "path-unreadable")
    assert "is not a folder" in result.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", UV_LOCK),
        ("poetry.lock", '[[package]]\nname = "fastapi"\nversion = "0.1'),
        ("pdm.lock", '[[package]]\nname = "fastapi"\nversion = "0.1'),
        ("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nname = "fasta'),
        ("Pipfile.lock", '{"_meta": {"sources": []}, "default": {"fastapi": {"version": "==0.1'),
    ],
)
def test_a_lock_that_is_cut_off_is_never_read_in_part(tmp_path: Path, name: str, text: str) -> None:
    result = plan(write(tmp_path, {"pyproject.toml": PYPROJECT, name: text, "main.py": APP}))
    assert outcome(result) == (4, "requirements-invalid")
    assert f"{name}:" in result.stderr
    assert "create it again" in result.stderr


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": '[project]\nname = "demo"\n'}])
def test_imports_that_no_file_asks_for_are_refused_unless_allowed(
    tmp_path: Path, files: dict[str, str | bytes]
) -> None:
    folder = write(tmp_path, {"main.py": APP, **files})
    refused = plan(folder)
    assert outcome(refused) == (4, "requirements-invalid")
    assert "main.py:1: imports fastapi" in refused.stderr
    result = plan(folder, "--json", "--allow-empty")
    assert result.exit_code == 0, result.stderr
    remarks = [remark["text"] for remark in json.loads(result.stdout)["remarks"]]
    (said,) = [text for text in remarks if "no file asks for" in text]
    assert "fastapi" in said
    assert "requirements.txt" in said


def test_all_bad_lines_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "requirements.txt": "a b\n-r more.txt\nnumpy=1\n",
        "more.txt": "\n--what\n",
    }
    result = plan(write(tmp_path, files))
    assert outcome(result) == (4, "requirements-invalid")
    for place in ("requirements.txt:1: ", "requirements.txt:3: ", "more.txt:2: "):
        assert place in result.stderr


PLANTED = "hunter2-very-secret"
DIGEST = "a" * 64
SECRETIVE = f"""\
--index-url http://bob:${{TOKEN}}@127.0.0.1:9/simple
--extra-index-url http://ann:{PLANTED}-literal@127.0.0.1:9/simple
--extra-index-url http://127.0.0.1:9/${{TOKEN}}/simple
fastapi
uvicorn
"""
DIRECT = "idna @ http://bob:${TOKEN}@127.0.0.1:9/idna-3.10-py3-none-any.whl?key=${TOKEN}"


@pytest.mark.parametrize(
    ("argv", "last"),
    [
        (("plan", "--offline", "--json"), ""),
        (("plan", "--offline"), ""),
        (("generate", "--offline"), ""),
        (("generate", "--offline", "--json"), ""),
        (("generate", "--offline"), f"{DIRECT}#sha256={DIGEST}\n"),
        (("plan",), ""),
        (("plan", "--offline"), "uvicorn junk @ http://x:${TOKEN}@127.0.0.1:9/\n"),
        (("plan", "--offline"), "--extra-index-url http://x:${TOKEN}@127.0.0.1:9/ junk\n"),
        (("plan", "--offline"), "-r http://x:${TOKEN}@127.0.0.1:9/more.txt\n"),
        (("plan", "--offline"), f"b @ http://x:{PLANTED}@127.0.0.1:9/'\n"),
        (("plan", "--offline"), "b @ http://x:${TOKEN}@127.0.0.1:9/b\n"),
    ],
)
def test_a_password_of_the_project_is_neither_printed_nor_written(
    tmp_path: Path, argv: tuple[str, ...], last: str
) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    write(folder, {"requirements.txt": SECRETIVE + last, "main.py": APP})
    env = {"TOKEN": PLANTED, "XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_PROXY": "*"}
    command, *options = argv
    result = run(
        command, str(folder), "--target", "arm64", *options, outside=real_services(), env=env
    )
    made = [path for path in folder.rglob("*") if path.is_file() and path.name not in GIVEN]
    said = [result.stdout, result.stderr, *(path.read_text() for path in made)]
    assert result.exit_code != 70, result.stderr
    assert any(said)
    assert [text for text in said if PLANTED in text] == []
    if command == "generate" and result.exit_code == 0:
        lock = (folder / "requirements.arm64.lock").read_text()
        assert "# http://127.0.0.1:9/${TOKEN}/simple has variables in it" in lock
        assert "--index-url" not in lock


def test_a_token_in_the_path_of_an_index_that_is_down_is_not_shown(tmp_path: Path) -> None:
    text = "--index-url http://127.0.0.1:9/${TOKEN}/simple\nuvicorn\n"
    write(tmp_path, {"requirements.txt": text, "main.py": APP})
    env = {"TOKEN": PLANTED, "XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_PROXY": "*"}
    result = run("plan", str(tmp_path), "--target", "arm64", outside=real_services(), env=env)
    assert (result.exit_code, code_of(result)) == (75, "index-unreachable")
    assert "http://127.0.0.1:9/${TOKEN}/simple/" in result.stderr
    assert PLANTED not in result.stderr + result.stdout


def test_an_index_that_is_down_says_which_without_its_password(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": SECRETIVE, "main.py": APP})
    env = {"TOKEN": PLANTED, "XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_PROXY": "*"}
    argv = ("plan", str(tmp_path), "--target", "arm64", "--json")
    result = run(*argv, outside=real_services(), env=env)
    assert (result.exit_code, code_of(result)) == (75, "index-unreachable")
    assert "http://127.0.0.1:9/simple/" in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == "index-unreachable"
    assert PLANTED not in result.stderr + result.stdout


def test_a_python_asked_for_beats_a_pin_but_not_what_the_project_declares(tmp_path: Path) -> None:
    pinned = write(tmp_path / "a", {"main.py": "x = 1\n", "runtime.txt": "python-3.12.4\n"})
    assert plan(pinned, "--python", "3.13").exit_code == 0
    text = '[project]\nname = "a"\nrequires-python = "<3.13"\ndependencies = []\n'
    declared = write(tmp_path / "b", {"main.py": "x = 1\n", "pyproject.toml": text})
    assert plan(declared, "--python", "3.13").exit_code == 3


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("deploy",), "missing option --on ENGINE"),
        (("bundle",), "missing option --to FILE"),
        (("wheels",), "missing argument PACKAGE"),
    ],
)
def test_what_is_missing_is_named_as_it_is_typed(words: tuple[str, ...], text: str) -> None:
    result = run(*words, outside=real_services())
    assert result.exit_code == 2
    assert text in result.stderr
