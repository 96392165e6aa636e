"""Completion as people meet it: a real shell in a real terminal, and the Tab key."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.terminal.conftest import variables
from tests.terminal.screen import BASH, Screen, find_tmux

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_tmux() is None, reason="needs tmux: apt-get install tmux"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A shell: how to start it, and how its user has the script in it.

    ``tabs`` is how often Tab is pressed to see what there is.
    """

    start: tuple[str, ...]
    install: tuple[str, ...]
    tabs: int = 1


SHELLS = {
    "bash": Shell(start=BASH, install=("source <(leanscaffold completion bash)",), tabs=2),
    "zsh": Shell(
        start=("zsh", "-f"),
        install=(
            "mkdir functions; fpath=(~/functions $fpath)",
            'leanscaffold completion zsh > "${fpath[1]}/_leanscaffold"',
            "autoload -U compinit; compinit -D -u",
        ),
    ),
    "fish": Shell(
        start=("fish", "--init-command", "function fish_prompt; echo '$ '; end"),
        install=(
            "mkdir -p ~/.config/fish/completions",
            "leanscaffold completion fish > ~/.config/fish/completions/leanscaffold.fish",
        ),
    ),
}


@pytest.fixture(params=SHELLS)
def screen(place: Path, request: pytest.FixtureRequest) -> Iterator[Screen]:
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}: apt-get install {name}")
    shell = SHELLS[name]
    opened = Screen.open(place, columns=80, rows=24, env=variables(place), shell=shell.start)
    for number, line in enumerate(shell.install):
        opened.enter(f"{line}; echo done {number}")
        opened.wait_for(rf"^done {number}")
    opened.enter("clear")
    opened.wait_for(r"\A\$\Z")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("leanscaffold gener", "leanscaffold generate"),
        ("leanscaffold plan --device visi", "leanscaffold plan --device visionfive-2"),
        ("leanscaffold plan --device=visi", "leanscaffold plan --device=visionfive-2"),
        ("leanscaffold plan --max-si", "leanscaffold plan --max-size"),
        ("leanscaffold plan --target riscv", "leanscaffold plan --target riscv64"),
        ("leanscaffold init --template sens", "leanscaffold init --template sensor"),
        ("leanscaffold explain no-whe", "leanscaffold explain no-wheel"),
        ("leanscaffold compare --bases slim,dis", "leanscaffold compare --bases slim,distroless"),
    ],
)
def test_a_beginning_is_completed(screen: Screen, typed: str, completed: str) -> None:
    screen.type(typed)
    screen.press("Tab")
    screen.wait_for(rf"^\$ {completed}\b")


def test_where_several_go_on_they_are_listed(
    screen: Screen, request: pytest.FixtureRequest
) -> None:
    screen.type("leanscaffold plan --objective ")
    screen.press(*["Tab"] * SHELLS[request.node.callspec.params["screen"]].tabs)
    for name in ("size", "balanced", "compatible"):
        screen.wait_for(name)


def test_a_folder_is_completed(screen: Screen, place: Path) -> None:
    (place / "garden").mkdir()
    screen.type("leanscaffold plan gard")
    screen.press("Tab")
    screen.wait_for(r"^\$ leanscaffold plan garden")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("--ca gard", "--ca garden.pem"),
        ("--ca=gard", "--ca=garden.pem"),
        ("--ca=shed/sp", "--ca=shed/spade.pem"),
        ("--knowledge=sh", "--knowledge=shed/"),
    ],
)
def test_a_file_is_completed_after_an_option_and_an_equals_sign(
    screen: Screen, place: Path, typed: str, completed: str
) -> None:
    (place / "garden.pem").touch()
    (place / "shed").mkdir()
    (place / "shed" / "spade.pem").touch()
    screen.type(f"leanscaffold plan {typed}")
    screen.press("Tab")
    screen.wait_for(rf"^\$ leanscaffold plan {completed}")
