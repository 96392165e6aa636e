from dataclasses import replace

import pytest

from scaffold.config.option_sources import overlay, raw_values, read_flags, read_recorded
from scaffold.config.request import parse_request
from scaffold.init.question import (
    LEAVE,
    OTHER,
    TAKE,
    WRITE,
    TemplateQuestion,
    ask_review,
    ask_template,
    for_template,
    from_template,
    template_of,
    with_default,
)
from scaffold.init.questions import (
    MACHINE,
    Situation,
    answered,
    next_question,
    values_of,
)
from scaffold.model.project import Found, Origin, Project, Start
from scaffold.model.target import Arch
from tests.cli.wizards import STARTERS
from tests.support.builders import make_device, make_project

PI = make_device()
NUC = replace(PI, id="intel-nuc", name="Intel NUC", arch=Arch.AMD64)
BOARD = replace(PI, id="odd-board", name="Odd board")
DEVICES = {device.id: device for device in (PI, NUC, BOARD)}
START = Found(
    value=Start(framework="fastapi", command=("uvicorn", "main:app")),
    origin=Origin(file="main.py", line=3),
)


def situation(**changes: object) -> Situation:
    known = Situation(
        project=replace(make_project(), start=START), devices=DEVICES, machine="x86_64"
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def interview(known: Situation, **answers: str) -> list[str]:
    """Return the names of the questions that are asked; what is not answered gets the default."""
    given: dict[str, str] = {}
    names = []
    while question := next_question(known, given):
        names.append(question.name)
        key = question.name.replace("-", "_")
        given[question.name] = answers.get(key, question.default)
    return names


def test_of_a_project_that_says_how_it_starts_three_things_are_asked() -> None:
    assert interview(situation()) == ["device", "max-size", "objective", "also"]


def test_what_options_variables_or_the_project_say_is_not_asked() -> None:
    for name, texts in (("device", PI.id), ("target", ("arm64",))):
        held = overlay(
            read_flags({name: texts, "max_size": "1GB", "objective": "size", "also": ("ci",)})
        )
        assert interview(situation(held=held)) == []


def test_a_start_that_nothing_tells_is_asked_for_and_then_the_port() -> None:
    unknown = situation(project=Project(name=make_project().name))
    assert interview(unknown) == ["device", "max-size", "objective", "cmd", "also"]
    assert interview(unknown, cmd="python -m app")[-3:] == ["cmd", "port", "also"]
    held = overlay(read_flags({"cmd": "python x.py"}))
    assert "cmd" not in interview(replace(unknown, held=held))


def test_an_architecture_and_another_size_each_have_a_question() -> None:
    assert interview(situation(), max_size=OTHER) == [
        *("device", "max-size", "max-size-other", "objective", "also"),
    ]
    assert interview(situation(), device=OTHER)[:2] == ["device", "target"]


def test_a_device_that_is_not_usual_is_below_the_others() -> None:
    question = next_question(situation(), {})
    assert question
    assert [option.value for option in question.options] == [
        *(PI.id, NUC.id, OTHER, MACHINE, BOARD.id),
    ]


def test_the_last_runs_choices_are_the_defaults_and_the_templates_device_comes_next() -> None:
    recorded = overlay(
        read_recorded({"device": BOARD.id, "max_size": "77MB", "objective": "balanced"})
    )
    question = next_question(situation(recorded=recorded), {})
    assert question
    assert question.default == BOARD.id
    size = next_question(situation(recorded=recorded), {"device": PI.id})
    assert size
    assert (size.default, size.title_of("77MB")) == ("77MB", "At most 77 MB")

    fresh = next_question(situation(starter=STARTERS[1]), {})
    assert fresh
    assert (fresh.default, fresh.options[0].value) == (NUC.id, NUC.id)


def test_recorded_targets_without_a_device_make_the_architecture_the_default() -> None:
    known = situation(recorded=overlay(read_recorded({"target": ("armv7", "amd64")})))
    device = next_question(known, {})
    assert device
    assert device.default == OTHER
    arch = next_question(known, {"device": OTHER})
    assert arch
    assert arch.default == "arm/v7,amd64"


@pytest.mark.parametrize(
    ("answers", "device", "targets"),
    [
        ({"device": PI.id}, PI.id, ()),
        ({"device": OTHER, "target": "riscv64"}, "", (Arch.RISCV64,)),
        ({"device": OTHER, "target": "arm64,amd64"}, "", (Arch.ARM64, Arch.AMD64)),
        ({"device": MACHINE}, "", (Arch.AMD64,)),
        ({}, "", ()),
    ],
)
def test_answers_are_options(
    answers: dict[str, str], device: str, targets: tuple[Arch, ...]
) -> None:
    values = values_of(answers, "x86_64")
    request = parse_request(raw_values(overlay(read_flags(values))))
    assert (request.device, request.targets) == (device, targets)


def test_the_other_answers_are_options_too() -> None:
    answers = {"max-size": OTHER, "max-size-other": "1.5GiB", "objective": "balanced"}
    more = {"cmd": "python -m app", "port": "80", "also": "compose,ci"}
    request = parse_request(values_of({**answers, **more}, "x86_64"))
    assert (request.max_size, request.options.objective) == (1_610_612_736, "balanced")
    assert (request.options.command, request.options.port) == (("python", "-m", "app"), 80)
    assert request.options.also == ("compose", "ci")
    nothing = {"max-size": "", "cmd": "", "port": "", "also": ""}
    assert parse_request(values_of(nothing, "x86_64")) == (parse_request({}))


def test_a_written_answer_is_checked_and_said_what_is_wrong() -> None:
    size = next_question(situation(), {"device": PI.id, "max-size": OTHER})
    assert size
    assert "cannot read 'huge' as a size" in size.problem_of("huge")
    assert size.problem_of("300MB") == ""
    bare = situation(project=Project(name=make_project().name))
    given = {"device": PI.id, "max-size": "", "objective": "size"}
    command = next_question(bare, given)
    assert command
    assert "close every quote" in command.problem_of("python 'x")
    assert command.problem_of("") == ""
    port = next_question(bare, {**given, "cmd": "x"})
    assert port
    assert "invalid port" in port.problem_of("x")
    assert port.problem_of("") == ""


def test_an_earlier_answer_is_the_default_while_it_is_possible() -> None:
    question = next_question(situation(), {})
    assert question
    assert with_default(question, {"device": NUC.id}).default == NUC.id
    assert with_default(question, {"device": "gone"}).default == PI.id


def test_what_was_answered_can_be_told_as_people_read_it() -> None:
    told = answered(situation(), {"device": PI.id, "max-size": ""})
    assert [question.title_of(value) for question, value in told] == [PI.name, "No limit"]


def test_a_template_is_chosen_among_ours_or_named() -> None:
    first = ask_template(STARTERS, {})
    assert first
    assert [option.value for option in first.options] == ["api", "cli", OTHER]
    assert template_of({"template": "api"}) == "api"
    where = ask_template(STARTERS, {"template": OTHER})
    assert where
    assert where.problem_of(" ") == "an answer is needed"
    answers = {"template": OTHER, "template-from": "./mine"}
    assert ask_template(STARTERS, answers) is None
    assert template_of(answers) == "./mine"


def test_a_templates_own_questions_keep_their_names_apart_from_ours() -> None:
    asked = TemplateQuestion(name="device", text="Which?", default="b", choices=("a", "b"))
    question = from_template(asked)
    assert (question.name, question.default) == ("template:device", "b")
    assert for_template({"device": PI.id, "template:device": "a"}) == {"device": "a"}


def test_nothing_can_be_written_where_nothing_fits_or_a_file_is_the_users() -> None:
    def offered(**changes: object) -> list[str]:
        settings = {"files": ["Dockerfile"], "in_the_way": [], "rescue": "", "changeable": True}
        question = ask_review(**{**settings, **changes})  # type: ignore[arg-type]
        assert question.options[-1].value == LEAVE
        return [option.value for option in question.options]

    assert offered()[0] == WRITE
    assert WRITE not in offered(in_the_way=["Dockerfile"])
    assert offered(files=[], rescue="--bytecode none")[0] == TAKE
    assert offered(files=[], changeable=False) == ["details", LEAVE]
