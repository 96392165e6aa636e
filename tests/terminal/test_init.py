"""``init`` as people meet it: a real terminal, real keys, and what is on the screen."""

from pathlib import Path

import pytest

from tests.terminal.screen import Screen, find_tmux, pointed_at

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_tmux() is None, reason="needs tmux: apt-get install tmux"),
]

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
GIVEN = {"main.py", "requirements.txt"}
QUESTIONS = (
    "Which device is it for?",
    "How large may the image be on disk?",
    "What matters most?",
    "Which other files should be written?",
    "Write these files?",
)


@pytest.fixture(autouse=True)
def app(place: Path) -> Path:
    folder = place / "app"
    folder.mkdir()
    (folder / "main.py").write_text(APP)
    (folder / "requirements.txt").write_text("fastapi\nuvicorn\n")
    return folder


def names(place: Path) -> set[str]:
    return {path.name for path in (place / "app").iterdir()}


def test_with_enter_alone_one_gets_through(screen: Screen, place: Path) -> None:
    screen.enter("leanscaffold init app; echo ended $?")
    for question in QUESTIONS:
        shown = screen.wait_for(pointed_at(question))
        assert names(place) == GIVEN
        assert not [line for line in shown.splitlines() if len(line) > 200]
        screen.press("Enter")
    screen.wait_for(r"^ended 0")
    text = screen.scrolled()
    for said in (
        "requirements.txt:1-2",
        "main.py:3",
        "· Which device is it for? Raspberry Pi 4 Model B (4 GB)\n",
        "· What matters most? A small image\n",
        "leanscaffold generate app --device=raspberry-pi-4\n",
    ):
        assert said in text
    assert names(place) > GIVEN | {"Dockerfile", "leanscaffold.json"}


@pytest.mark.parametrize("key", ["C-c", "C-d"])
@pytest.mark.parametrize("at", range(len(QUESTIONS)))
def test_ctrl_c_or_d_at_any_question_writes_nothing_and_the_answers_are_offered_again(
    screen: Screen, place: Path, at: int, key: str
) -> None:
    screen.enter("leanscaffold init app; echo ended $?")
    for number, question in enumerate(QUESTIONS[: at + 1]):
        screen.wait_for(pointed_at(question))
        screen.press(key if number == at else "Enter")
    shown = screen.wait_for(r"^ended 130")
    assert "Nothing was written." in shown
    assert names(place) == GIVEN
    assert not list(place.rglob("*.tmp"))

    screen.enter("clear; leanscaffold init app; echo ended $?")
    if at:
        assert "Go on" in screen.wait_for(pointed_at("Continue where you stopped last time?"))
        screen.press("Enter")
    screen.wait_for(pointed_at(QUESTIONS[at]))
    screen.press("C-c")
    screen.wait_for(r"^ended 130")
    assert names(place) == GIVEN


def test_escape_where_answers_are_offered_again_asks_again(screen: Screen, place: Path) -> None:
    screen.enter("leanscaffold init app; echo ended $?")
    screen.wait_for(pointed_at(QUESTIONS[0]))
    screen.press("Enter")
    screen.wait_for(pointed_at(QUESTIONS[1]))
    screen.press("C-c")
    screen.wait_for(r"^ended 130")
    screen.enter("clear; leanscaffold init app; echo ended $?")
    screen.wait_for(pointed_at("Continue where you stopped last time?"))
    screen.press("Escape")
    screen.wait_for(pointed_at("Continue where you stopped last time?"))
    screen.press("Enter")
    screen.wait_for(pointed_at(QUESTIONS[1]))
    screen.press("C-d")
    screen.wait_for(r"^ended 130")
    assert names(place) == GIVEN


def test_ctrl_c_while_it_decides_writes_nothing(screen: Screen, place: Path) -> None:
    screen.enter("leanscaffold init app; echo ended $?")
    for question in QUESTIONS[:4]:
        screen.wait_for(pointed_at(question))
        screen.press("Enter")
    screen.press("C-c")
    # Of a command that the signal itself ended, bash does not say how it ended.
    screen.wait_for(r"^(ended 130|\$( \^C)?)$")
    assert names(place) == GIVEN


def test_several_architectures_are_ticked_and_escape_leads_back(screen: Screen) -> None:
    screen.enter("leanscaffold init app; echo ended $?")
    shown = screen.wait_for(pointed_at(QUESTIONS[0]))
    assert "type to search · Enter accept · Esc back · Ctrl-C quit" in shown
    screen.type("archi")
    screen.wait_for(r"› Architectures")  # noqa: RUF001
    screen.press("Enter")
    screen.wait_for(r"› ● arm64")  # noqa: RUF001
    screen.press("Down", "Space", "Enter")
    screen.wait_for(r"^· Which architectures\? arm64, amd64")
    screen.wait_for(pointed_at(QUESTIONS[1]))
    screen.press("Escape")
    screen.wait_for(r"› ● arm64 .*\n   ● amd64")  # noqa: RUF001
    screen.press("Left")
    screen.wait_for(r"› Architectures")  # noqa: RUF001
    screen.press("Enter")
    screen.wait_for(r"› ● arm64 .*\n   ● amd64")  # noqa: RUF001
    screen.press("Enter")
    for question in QUESTIONS[1:4]:
        screen.wait_for(pointed_at(question))
        screen.press("Enter")
    screen.wait_for(pointed_at(QUESTIONS[4]))
    screen.press("Enter")
    screen.wait_for(r"^ended 0")
    assert "leanscaffold generate app --target=arm64 --target=amd64\n" in screen.scrolled()


def test_a_device_is_found_by_typing_what_it_is_called(screen: Screen) -> None:
    screen.enter("leanscaffold init app; echo ended $?")
    screen.wait_for(pointed_at(QUESTIONS[0]))
    screen.type("rpi5")
    screen.wait_for(r"› Raspberry Pi 5")  # noqa: RUF001
    screen.press("C-h", "C-h", "C-h", "C-h")
    screen.type("vision")
    screen.wait_for(r"› .*VisionFive")  # noqa: RUF001
    screen.press("Enter")
    screen.wait_for(r"^· Which device is it for\? .*VisionFive")
    screen.wait_for(pointed_at(QUESTIONS[1]))
    screen.press("Down", "Down", "Down", "Down", "Down", "Enter")
    screen.wait_for(r"^· Maximum size on disk\? +\(such as")
    screen.press("h", "u", "g", "e", "Enter")
    screen.wait_for(r"cannot read 'huge' as a size")
    screen.press("C-u")
    screen.press("9", "9", "M", "B", "Enter")
    screen.wait_for(r"^· Maximum size on disk\? 99MB")
    screen.wait_for(pointed_at(QUESTIONS[2]))
    screen.press("C-c")
    screen.wait_for(r"^ended 130")


def test_the_dockerfile_is_looked_at_before_it_is_written(screen: Screen, place: Path) -> None:
    screen.enter("leanscaffold init app; echo ended $?")
    for question in QUESTIONS[:4]:
        screen.wait_for(pointed_at(question))
        screen.press("Enter")
    screen.wait_for(pointed_at(QUESTIONS[4]))
    screen.press("Down", "Enter")
    screen.wait_for(r"^CMD \[.*\n(.*\n)*· Write these files\?")
    assert names(place) == GIVEN
    screen.press("Up", "Enter")
    screen.wait_for(r"^ended 0")
    assert "FROM --platform=$BUILDPLATFORM" in screen.scrolled()


def test_what_no_source_says_is_asked_for(screen: Screen, place: Path) -> None:
    (place / "app" / "main.py").unlink()
    (place / "app" / "one.py").write_text("import fastapi\n")
    (place / "app" / "two.py").write_text("import fastapi\n")
    screen.enter("leanscaffold init app --device raspberry-pi-5; echo ended $?")
    for question in QUESTIONS[1:3]:
        screen.wait_for(pointed_at(question))
        screen.press("Enter")
    screen.wait_for(r"^· How does it start\? +\(")
    screen.enter("python -m app")
    screen.wait_for(r"^· On which port does it listen\? +\(")
    screen.press("Enter")
    screen.wait_for(pointed_at(QUESTIONS[3]))
    screen.press("Enter")
    screen.wait_for(pointed_at(QUESTIONS[4]))
    screen.press("C-c")
    screen.wait_for(r"^ended 130")
