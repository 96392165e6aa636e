"""What is copied from the terminal works there, however this run was started."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from scaffold.cli import cli
from scaffold.report.invocation import called_as, spell_upgrade
from scaffold.report.terminal import show, styled


def on_path(script: str) -> Callable[[str], str | None]:
    return lambda _: script


@pytest.mark.parametrize(
    ("program", "packages", "says"),
    [
        ("leanscaffold", "/venv/lib", "pip install --upgrade leanscaffold"),
        ("uvx leanscaffold", "/root/.cache/uv/archive-v0/x/lib", "uvx leanscaffold@latest"),
        ("uvx --from ./a.whl leanscaffold", "/x", "uvx leanscaffold@latest"),
        ("uv run leanscaffold", "/src/.venv/lib", "uv sync --upgrade-package leanscaffold"),
        (
            "leanscaffold",
            "/home/me/uv/tools/leanscaffold",
            "uv tool upgrade leanscaffold",
        ),
        (
            "leanscaffold",
            "/home/me/pipx/venvs/leanscaffold",
            "pipx upgrade leanscaffold",
        ),
    ],
)
def test_a_newer_release_comes_from_what_installed_this(
    program: str, packages: str, says: str
) -> None:
    assert spell_upgrade(program, Path(packages)) == says


@pytest.mark.parametrize(
    ("argv0", "environ", "found", "says"),
    [
        ("/venv/bin/leanscaffold", {}, "/venv/bin/leanscaffold", "leanscaffold"),
        ("C:/venv/leanscaffold", {}, "C:/venv/leanscaffold.EXE", "leanscaffold"),
        (".venv/bin/leanscaffold", {}, None, ".venv/bin/leanscaffold"),
        (".venv/bin/leanscaffold", {}, "/older/bin/leanscaffold", ".venv/bin/leanscaffold"),
        ("my tools/bin/leanscaffold", {}, None, "'my tools/bin/leanscaffold'"),
        ("/home/me/.docker/cli-plugins/docker-lean", {}, None, "docker lean"),
        ("/src/scaffold/__main__.py", {}, None, "leanscaffold"),
        (
            "/src/.venv/bin/leanscaffold",
            {"UV": "/bin/uv", "UV_RUN_RECURSION_DEPTH": "1"},
            "/src/.venv/bin/leanscaffold",
            "uv run leanscaffold",
        ),
    ],
)
def test_the_program_is_named_as_it_can_be_called_again(
    argv0: str, environ: dict[str, str], found: str, says: str
) -> None:
    packages = Path("/venv/lib/python3.13/site-packages")
    assert called_as(argv0, environ, packages, which=on_path(found)) == says


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "uvx leanscaffold"),
        ("https://index.example/leanscaffold.whl", "uvx leanscaffold"),
        ("file:///src/my%20dist/l-1.whl", "uvx --from '/src/my dist/l-1.whl' leanscaffold"),
    ],
)
def test_uvx_leaves_nothing_on_the_path_and_is_named(tmp_path: Path, url: str, says: str) -> None:
    packages = tmp_path / "archive-v0" / "ab" / "site-packages"
    told = packages / "leanscaffold-0.1.0.dist-info" / "direct_url.json"
    told.parent.mkdir(parents=True)
    if url:
        told.write_text(json.dumps({"url": url}))
    script = str(tmp_path / "archive-v0" / "ab" / "bin" / "leanscaffold")
    assert called_as(script, {"UV": "/bin/uv"}, packages, which=on_path(script)) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("leanscaffold build .", "uvx leanscaffold build ."),
        ("see `leanscaffold plan -v`", "see `uvx leanscaffold plan -v`"),
        ("leanscaffold --help", "uvx leanscaffold --help"),
        ("pip install --upgrade leanscaffold", "uvx leanscaffold@latest"),
        ("leanscaffold wrote nothing", "leanscaffold wrote nothing"),
        (".venv/bin/leanscaffold build .", ".venv/bin/leanscaffold build ."),
    ],
)
def test_commands_are_shown_as_they_were_called(text: str, says: str) -> None:
    stream = io.StringIO()
    with click.Context(cli, info_name="uvx leanscaffold"):
        show(stream, [styled(text)])
    assert stream.getvalue() == f"{says}\n"


def test_errors_name_commands_as_they_were_called(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["verify", "--no-such-option"], prog_name="docker lean")
    assert "docker lean verify --help" in capsys.readouterr().err
