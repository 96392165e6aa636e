import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from scaffold.init.services import WIZARD, SavedAnswers
from scaffold.model.errors import Detail
from scaffold.operations.services import Services, real_services
from tests.cli.outside import Seen, code_of, make_outside, run
from tests.cli.wizards import Typist, make_wizard
from tests.support.builders import make_decision, make_rejected

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
DEFAULTS = {"device": "raspberry-pi-4", "max-size": "", "objective": "size", "also": ""}
GENERATED = {
    *("Dockerfile", ".dockerignore", "leanscaffold.json", "requirements.arm64.lock"),
    ".leanscaffold",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "main.py").write_text(APP)
    (folder / "requirements.txt").write_text("fastapi\nuvicorn\n")
    return folder


def real(typist: Typist, state: Path, **changes: object) -> Services:
    """Return the real world with somebody at the keyboard, and a state folder of the test's."""
    outside = real_services()
    kept = SavedAnswers(folder=lambda: state / "state")
    wizard = replace(WIZARD, interactive=lambda: True, ask=typist, kept=kept)
    return replace(outside, wizard=replace(wizard, **changes))  # type: ignore[arg-type]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def init(folder: Path, outside: Services, *options: str) -> Result:
    return run("init", str(folder), "--offline", *options, outside=outside)


def test_a_project_is_read_asked_about_previewed_and_written(project: Path, tmp_path: Path) -> None:
    before = names(project)
    seen: list[set[str]] = []

    class Watching(Typist):
        def __call__(self, question: object) -> str:
            seen.append(names(project))
            return super().__call__(question)  # type: ignore[arg-type]

    typist = Watching({**DEFAULTS, "max-size": "250MB", "also": "compose", "review": "write"})
    result = init(project, real(typist, tmp_path))
    assert result.exit_code == 0, result.stderr
    assert typist.names == ["device", "max-size", "objective", "also", "review"]
    assert all(there == before for there in seen)
    assert names(project) == before | GENERATED | {"compose.yaml"}
    assert "requirements.txt:1-2" in result.stdout
    assert "main.py:3" in result.stdout
    options = "--also=compose --device=raspberry-pi-4 --max-size=250MB --offline"
    command = f"leanscaffold generate {project} {options}"
    assert command in result.stdout

    written = {path: path.read_bytes() for path in project.iterdir() if path.is_file()}
    again = run(*command.split()[1:], outside=real_services())
    assert again.exit_code == 0, again.stderr
    assert {path: path.read_bytes() for path in written} == written


def test_with_yes_nothing_is_asked(project: Path, tmp_path: Path) -> None:
    outside = real(Typist({}), tmp_path, interactive=lambda: False)
    result = init(project, outside, "--yes", "--max-size", "300MB")
    assert result.exit_code == 0, result.stderr
    assert names(project) >= GENERATED
    recorded = json.loads((project / "leanscaffold.json").read_text())
    assert recorded["options"] == ["--device=raspberry-pi-4", "--max-size=300MB", "--offline"]


def test_without_a_terminal_the_error_names_the_options(project: Path, tmp_path: Path) -> None:
    before = names(project)
    result = init(project, real(Typist({}), tmp_path, interactive=lambda: False))
    assert (result.exit_code, code_of(result)) == (2, "no-terminal")
    for word in ("--yes", "--device", "--max-size", "--objective", "--template", "--cmd"):
        assert word in result.stderr
    assert names(project) == before


@pytest.mark.parametrize("last", ["device", "max-size", "objective", "also", "review"])
def test_broken_off_nothing_is_written_and_the_next_run_goes_on(
    project: Path, tmp_path: Path, last: str
) -> None:
    before = names(project)
    answers: dict[str, str | None] = {**DEFAULTS, "max-size": "250MB", "review": "write"}
    result = init(project, real(Typist({**answers, last: None}), tmp_path))
    assert result.exit_code == 130
    assert "Nothing was written." in result.stderr
    assert names(project) == before

    typist = Typist({**answers, "resume": "go-on"})
    result = init(project, real(typist, tmp_path))
    assert result.exit_code == 0, result.stderr
    order = ["device", "max-size", "objective", "also", "review"]
    resumed = ["resume"] if last != "device" else []
    assert typist.names == [*resumed, *order[order.index(last) :]]
    assert names(project) >= GENERATED
    assert SavedAnswers(folder=lambda: tmp_path / "state").load(project) == {}


def test_broken_off_answers_can_be_given_anew(project: Path, tmp_path: Path) -> None:
    init(project, real(Typist({**DEFAULTS, "objective": None}), tmp_path))
    typist = Typist({**DEFAULTS, "resume": "start-over", "review": "leave"})
    result = init(project, real(typist, tmp_path))
    assert result.exit_code == 0
    assert typist.names == ["resume", "device", "max-size", "objective", "also", "review"]
    assert "Nothing was written." in result.stderr


def test_a_file_of_the_users_is_never_overwritten(project: Path, tmp_path: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    typist = Typist({**DEFAULTS, "review": "leave"})
    result = init(project, real(typist, tmp_path))
    assert "write" not in [option.value for option in typist.asked[-1].options]
    assert "Dockerfile: not written by leanscaffold" in result.stdout
    assert (project / "Dockerfile").read_text() == "FROM scratch\n"

    refused = init(project, real(Typist({}), tmp_path), "--yes")
    assert (refused.exit_code, code_of(refused)) == (9, "file-exists")
    assert (project / "Dockerfile").read_text() == "FROM scratch\n"

    forced = init(project, real(Typist({}), tmp_path), "--yes", "--force")
    assert forced.exit_code == 0, forced.stderr
    assert (project / "Dockerfile").read_text() != "FROM scratch\n"


def test_the_dockerfile_and_every_reason_can_be_looked_at_first(
    project: Path, tmp_path: Path
) -> None:
    looks = iter(["dockerfile", "details", "leave"])

    class Looking(Typist):
        def __call__(self, question: object) -> str:
            name = super().__call__(question)  # type: ignore[arg-type]
            return next(looks) if name == "look" else name

    result = init(project, real(Looking({**DEFAULTS, "review": "look"}), tmp_path))
    assert "FROM --platform=$BUILDPLATFORM" in result.stdout
    assert "Would make it smaller" in result.stdout
    assert names(project) == {"main.py", "requirements.txt"}


def test_an_answer_can_be_changed_and_what_follows_from_it_is_asked_again(
    project: Path, tmp_path: Path
) -> None:
    script: dict[str, list[str]] = {
        "device": ["raspberry-pi-4", "visionfive-2"],
        "review": ["change", "leave"],
        "change": ["device"],
    }

    class Changing(Typist):
        def __call__(self, question: object) -> str:
            name = question.name  # type: ignore[attr-defined]
            self.answers = {
                **self.answers,
                name: (script.get(name) or [DEFAULTS.get(name, "")]).pop(0),
            }
            return super().__call__(question)  # type: ignore[arg-type]

    typist = Changing({})
    result = init(project, real(typist, tmp_path))
    assert typist.names == [
        *("device", "max-size", "objective", "also", "review"),
        *("change", "device", "review"),
    ]
    assert "linux/riscv64" in result.stdout
    assert "raspberry-pi-4" in [option.value for option in typist.asked[6].options]
    assert typist.asked[6].default == "raspberry-pi-4"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return a template whose project the bundled knowledge can plan without a network."""
    folder = tmp_path / "templates" / "mine"
    body = folder / "{{cookiecutter.slug}}"
    body.mkdir(parents=True)
    context = {"slug": "thing", "greeting": ["hello", "ahoy"]}
    (folder / "cookiecutter.json").write_text(json.dumps(context))
    (body / "main.py").write_text("print('{{cookiecutter.greeting}}')\n")
    (body / "requirements.txt").write_text("click\n")
    (body / "pyproject.toml").write_text('[tool.leanscaffold]\ncmd = "python main.py"\n')
    return folder


def in_empty(template: Path, /, **answers: str | None) -> dict[str, str | None]:
    mine = {"template": "+other", "template-from": str(template), "template:greeting": "ahoy"}
    return {**mine, "template:slug": "boat", **DEFAULTS, "review": "write", **answers}


def test_in_an_empty_folder_a_project_is_made_of_a_template(tmp_path: Path, template: Path) -> None:
    folder = tmp_path / "new"
    typist = Typist(in_empty(template))
    result = init(folder, real(typist, tmp_path), "--answer", "slug=boat")
    assert result.exit_code == 0, result.stderr
    assert typist.names == [
        *("template", "template-from", "template:greeting"),
        *("device", "max-size", "objective", "also", "review"),
    ]
    assert names(folder) == GENERATED | {"main.py", "requirements.txt", "pyproject.toml"}
    assert (folder / "main.py").read_text() == "print('ahoy')\n"
    assert '["python", "main.py"]' in (folder / "Dockerfile").read_text()
    assert names(tmp_path) == {"new", "state", "templates"}


@pytest.mark.parametrize(
    "last", ["template", "template-from", "template:slug", "device", "max-size", "review"]
)
def test_broken_off_in_an_empty_folder_it_stays_empty(
    tmp_path: Path, template: Path, last: str
) -> None:
    folder = tmp_path / "weather"
    folder.mkdir()
    result = init(folder, real(Typist(in_empty(template, **{last: None})), tmp_path))
    assert result.exit_code == 130
    assert names(folder) == set()
    typist = Typist({**in_empty(template), "resume": "go-on"})
    resumed = init(folder, real(typist, tmp_path))
    assert resumed.exit_code == 0, resumed.stderr
    assert names(folder) >= GENERATED


def test_a_repository_with_nothing_but_texts_is_empty_and_they_stay(
    tmp_path: Path, template: Path
) -> None:
    folder = tmp_path / "new"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    mine = ("README.md", "LICENSE", ".gitignore")
    for name in mine:
        (folder / name).write_text("mine\n")
    (template / "{{cookiecutter.slug}}" / "README.md").write_text("of the template\n")
    result = init(folder, real(Typist(in_empty(template)), tmp_path))
    assert result.exit_code == 0, result.stderr
    assert (
        "has no project, only .git, .gitignore, LICENSE, README.md, which is kept" in result.stdout
    )
    assert {(folder / name).read_text() for name in mine} == {"mine\n"}
    assert names(folder) == {".git", *mine, *GENERATED, "main.py", "requirements.txt"} | {
        "pyproject.toml"
    }
    assert "README.md" not in result.stdout.partition("New project\n")[2]
    assert "git init" not in result.stdout


@pytest.mark.parametrize(
    ("repository", "offered"), [("", True), (".git", False), ("of all/.git", False)]
)
def test_a_new_project_that_no_repository_holds_is_offered_one(
    tmp_path: Path, template: Path, repository: str, *, offered: bool
) -> None:
    folder = tmp_path / "of all" / "new"
    if repository:
        place = (folder if repository == ".git" else tmp_path) / repository
        place.mkdir(parents=True)
    result = init(folder, real(Typist(in_empty(template)), tmp_path))
    assert result.exit_code == 0, result.stderr
    assert (f"git init '{folder}'" in " ".join(result.stdout.split())) is offered


def test_the_readme_of_a_new_project_names_what_was_chosen_and_what_it_starts(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "new"
    options = ("--yes", "--template", "worker", "--device", "orange-pi-5", "--offline")
    result = run("init", str(folder), *options, outside=real_services())
    assert result.exit_code == 0, result.stderr
    command = "leanscaffold generate . --device=orange-pi-5 --offline --also compose"
    assert command in (folder / "README.md").read_text()
    assert f"shown by leanscaffold plan {folder} -v" in result.stdout
    strict = ("--isolated", "--preview", "--select", "ALL", ".leanscaffold")
    linted = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *strict], cwd=folder, check=False
    )
    assert linted.returncode == 0


def test_a_dockerfile_that_a_template_brings_is_in_the_way_before_anything_is_written(
    tmp_path: Path, template: Path
) -> None:
    (template / "{{cookiecutter.slug}}" / "Dockerfile").write_text("FROM scratch\n")
    typist = Typist(in_empty(template, review="leave"))
    result = init(tmp_path / "new", real(typist, tmp_path))
    assert result.exit_code == 0, result.stderr
    assert "Not generated files" in result.stdout
    assert not (tmp_path / "new").exists()


def test_ctrl_c_while_files_are_written_comes_when_all_of_them_are(
    tmp_path: Path, template: Path
) -> None:
    place = real_services().wizard.place

    def interrupted(made: Path, path: Path, force: bool) -> Sequence[str]:  # noqa: FBT001
        signal.raise_signal(signal.SIGINT)
        return place(made, path, force)

    folder = tmp_path / "new"
    result = init(folder, real(Typist(in_empty(template)), tmp_path, place=interrupted))
    assert result.exit_code == 130
    assert "Nothing was written" not in result.stderr
    assert names(folder) == GENERATED | {"main.py", "requirements.txt", "pyproject.toml"}


def test_ours_take_their_name_from_the_folder_and_offer_their_device_first(tmp_path: Path) -> None:
    folder = tmp_path / "weather"
    typist = Typist({"template": "api", **DEFAULTS, "device": None})
    result = init(folder, real(typist, tmp_path))
    assert result.exit_code == 130
    assert typist.names == ["template", "device"]
    assert [option.value for option in typist.asked[0].options][:1] == ["api"]
    assert "  Project      weather  pyproject.toml:" in result.stdout
    assert not folder.exists()


def test_a_template_does_not_go_over_files(project: Path, tmp_path: Path, template: Path) -> None:
    typist = Typist(in_empty(template))
    result = init(project, real(typist, tmp_path), "--template", str(template))
    assert (result.exit_code, code_of(result)) == (9, "file-exists")
    assert typist.names == []
    assert names(project) == {"main.py", "requirements.txt"}


def test_an_unknown_template_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    result = init(tmp_path / "new", real(Typist({}), tmp_path), "--template", "apo")
    assert result.exit_code == 2
    assert "api" in result.stderr


def test_an_answer_without_a_value_is_refused(tmp_path: Path) -> None:
    result = init(tmp_path / "new", real(Typist({}), tmp_path), "--answer", "name")
    assert (result.exit_code, code_of(result)) == (2, "usage")


def test_what_is_about_a_template_is_refused_where_none_is_asked_for(
    project: Path, tmp_path: Path
) -> None:
    for options in (("--answer", "name=x"), ("--trust",)):
        result = init(project, real(Typist({}), tmp_path), "--yes", *options)
        assert (result.exit_code, code_of(result)) == (2, "usage")
    assert names(project) == {"main.py", "requirements.txt"}


def test_where_nothing_fits_nothing_is_written(tmp_path: Path) -> None:
    seen = Seen()
    nothing = make_decision(None, make_rejected())
    (tmp_path / "main.py").write_text(APP)
    typist = Typist({**DEFAULTS, "review": "leave"})
    for options, ask in (((), typist), (("--yes",), Typist({}))):
        outside = make_outside(nothing, seen=seen, wizard=make_wizard(ask, state=tmp_path / "s"))
        result = run("init", str(tmp_path), *options, outside=outside)
        assert result.exit_code == 3
        assert "Nothing fits" in result.stdout
    assert seen.written == {}
    assert typist.asked[-1].text == "Nothing fits. What now?"


def test_what_a_project_sets_is_shown_with_its_line_and_not_asked(
    project: Path, tmp_path: Path
) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.leanscaffold]\ndevice = "raspberry-pi-5"\nindex-url = "https://a:b@x.example/"\n'
    )
    typist = Typist({**DEFAULTS, "review": "leave"})
    result = init(project, real(typist, tmp_path))
    assert typist.names == ["max-size", "objective", "also", "review"]
    assert "pyproject.toml:2" in result.stdout
    assert "a:b@" not in result.stdout


def test_a_second_time_what_was_chosen_is_the_default_and_what_is_not_asked_holds(
    project: Path, tmp_path: Path
) -> None:
    options = ("--device", "raspberry-pi-5", "--max-size", "77MB", "--base", "bare-trixie")
    made = run("generate", str(project), *options, "--offline", outside=real_services())
    assert made.exit_code == 0, made.stderr
    typist = Typist({**DEFAULTS, "max-size": "77MB", "review": "write"})
    result = init(project, real(typist, tmp_path))
    assert result.exit_code == 0, result.stderr
    assert (typist.asked[0].default, typist.asked[1].default) == ("raspberry-pi-5", "77MB")
    assert "leanscaffold.json" in result.stdout
    command = "--device=raspberry-pi-4 --max-size=77MB --base=bare-trixie --offline"
    assert command in result.stdout


def test_what_would_make_it_fit_is_offered_and_taken(project: Path, tmp_path: Path) -> None:
    pending = ["take", "leave"]

    class Taking(Typist):
        def __call__(self, question: object) -> str:
            value = super().__call__(question)  # type: ignore[arg-type]
            return pending.pop(0) if value == "take-then-leave" else value

    typist = Taking({**DEFAULTS, "review": "take-then-leave"})
    init(project, real(typist, tmp_path), "--max-size", "39MB")
    before, after = typist.asked[-2:]
    assert before.options[0].title == "Take --bytecode none"
    assert after.options[0].value == "write"


def test_conflicts_are_found_only_where_the_content_would_change(tmp_path: Path) -> None:
    wizard = real_services().wizard
    (tmp_path / "Dockerfile").write_text("mine\n")
    (tmp_path / ".dockerignore").write_text("same\n")
    found = wizard.conflicts(tmp_path, {"Dockerfile": "x\n", ".dockerignore": "same\n", "n": ""})
    assert found == (
        Detail(file="Dockerfile", text="not written by leanscaffold, or edited since"),
    )
