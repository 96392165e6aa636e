"""``init`` in an empty folder, in a real terminal: broken off at every question, and taken up."""

import json
import time
from pathlib import Path

import pytest

from tests.terminal.screen import PATIENCE, Screen, find_tmux, pointed_at

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_tmux() is None, reason="needs tmux: apt-get install tmux"),
]

ENTER = ("Enter",)
# The screen that waits for an answer, and the keys that give one.
REST = (
    (pointed_at("Which device is it for?"), ENTER),
    (pointed_at("How large may the image be on disk?"), ("Down", "Down", "Enter")),
    (pointed_at("What matters most?"), ENTER),
    (pointed_at("Which other files should be written?"), ("Space", "Enter")),
    (pointed_at("Write these files?"), ENTER),
)
OURS = ((pointed_at("What kind of project?"), ENTER), *REST)
SOMEBODYS = (
    (pointed_at("What kind of project?"), ("Up", "Enter")),
    (r"^· Where is the template[?] +\(", (*"../mine", "Enter")),
    (r"^· slug thing", ("C-u", *"boat", "Enter")),
    (pointed_at("greeting"), ("Down", "Enter")),
    *REST,
)
GENERATED = {"Dockerfile", "compose.yaml", "leanscaffold.json", "requirements.arm64.lock"}


@pytest.fixture(autouse=True)
def template(place: Path) -> Path:
    """Return a template that the bundled knowledge can plan without a network."""
    folder = place / "mine"
    body = folder / "{{cookiecutter.slug}}"
    body.mkdir(parents=True)
    context = {"slug": "thing", "greeting": ["hello", "ahoy"]}
    (folder / "cookiecutter.json").write_text(json.dumps(context))
    (body / "main.py").write_text("print('{{cookiecutter.greeting}}')\n")
    (body / "requirements.txt").write_text("click\n")
    (body / "pyproject.toml").write_text('[tool.leanscaffold]\ncmd = "python main.py"\n')
    (place / "new").mkdir()
    return folder


def begin(screen: Screen, *, resumed: bool) -> None:
    screen.enter("clear; cd ~/new; leanscaffold init; echo ended $?")
    if resumed:
        screen.wait_for(pointed_at("Continue where you stopped last time?"))
        screen.press("Enter")


@pytest.mark.parametrize("way", [OURS, SOMEBODYS], ids=["ours", "somebodys"])
def test_broken_off_at_every_question_the_folder_stays_empty_and_the_next_run_goes_on(
    screen: Screen, place: Path, way: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    new = place / "new"
    for number, (question, keys) in enumerate(way):
        begin(screen, resumed=number > 0)
        shown = screen.wait_for(question)
        assert max(map(len, shown.splitlines())) <= 200
        screen.press("C-c")
        shown = screen.wait_for(r"^ended 130")
        assert "Nothing was written." in shown
        assert ("Your answers are kept" in shown) == (number > 0)
        assert not list(new.iterdir())

        begin(screen, resumed=number > 0)
        screen.wait_for(question)
        screen.press(*keys)
        if number + 1 < len(way):
            screen.wait_for(way[number + 1][0])
            screen.press("C-c")
            screen.wait_for(r"^ended 130")
    screen.wait_for(r"^ended 0")
    assert {path.name for path in new.iterdir()} >= GENERATED
    options = json.loads((new / "leanscaffold.json").read_text())["options"]
    assert {"--also=compose", "--device=raspberry-pi-4", "--max-size=250MB"} <= set(options)
    if way is SOMEBODYS:
        assert (new / "main.py").read_text() == "print('ahoy')\n"
    assert not list(place.rglob("*.leanscaffold-*"))


def test_a_terminal_that_is_closed_leaves_nothing_behind(screen: Screen, place: Path) -> None:
    (place / "drafts").mkdir()
    screen.enter("export TMPDIR=~/drafts; cd ~/new; leanscaffold init")
    for question, keys in OURS[:2]:
        screen.wait_for(question)
        screen.press(*keys)
    screen.wait_for(OURS[2][0])
    assert list((place / "drafts").iterdir())
    screen.close()
    end = time.monotonic() + PATIENCE
    while list((place / "drafts").iterdir()) and time.monotonic() < end:
        time.sleep(0.1)
    assert not list((place / "drafts").iterdir())
    assert not list((place / "new").iterdir())
    # The answers are kept.
    assert list((place / "state").rglob("*.json"))
