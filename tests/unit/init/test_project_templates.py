import ast
import json
import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge, templates
from scaffold.cli import cli
from scaffold.init.create import create_project, place_project
from scaffold.init.project_templates import questions
from scaffold.init.starters import list_starters
from scaffold.init.template_source import open_template
from scaffold.model.errors import (
    FileConflictError,
    PathUnreadableError,
    TemplateInvalidError,
    UsageError,
)
from scaffold.model.target import Arch
from tests.support.template_folders import make_archive, make_repository, make_template

START = {
    "api": "python -m uvicorn app.main:app --host 0.0.0.0 --port 8000",
    "cli": "python -m app --memory 90 --temperature 80",
}
SAID = 'It says "hello" \\ and 🎉'
NAMES = [starter.name for starter in list_starters()]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_starter_names_devices_that_are_known_and_were_verified() -> None:
    devices = load_facts(knowledge()).devices
    for starter in list_starters():
        arches = {devices[name].arch for name in starter.devices}
        assert arches <= {Arch.AMD64, Arch.ARM64}
        assert starter.check


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_becomes_a_project_for_uv_and_pip_with_readme(name: str, tmp_path: Path) -> None:
    project = tmp_path / "garden-hub"
    files = create_project(name, project, {"description": SAID})
    assert set(files) == set(tree(project))
    assert "README.md" in files
    document = tomllib.loads((project / "pyproject.toml").read_text())
    facts = document["project"]
    assert (facts["name"], facts["description"]) == ("garden-hub", SAID)
    assert facts["dependencies"]
    assert {"mypy", "pytest", "ruff"} <= set(document["dependency-groups"]["dev"])
    for file in files:
        assert "__pycache__" not in file
        text = (project / file).read_bytes()
        assert b"cookiecutter" not in text
        if file.endswith(".py"):
            ast.parse(text)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_project_can_be_planned_offline_for_every_device_that_it_names(
    name: str, tmp_path: Path
) -> None:
    create_project(name, tmp_path / "made", {})
    (starter,) = [one for one in list_starters() if one.name == name]
    facts = load_facts(knowledge())
    for device in {facts.devices[one].arch: one for one in starter.devices}.values():
        words = ["plan", str(tmp_path / "made"), "--device", device, "--offline", "--json"]
        result = CliRunner().invoke(cli, words)
        assert result.exit_code == 0, result.stderr
        document = json.loads(result.stdout)
        assert " ".join(document["start"]["command"]) == START.get(name, "python -m app")
        assert (document["port"] or {}).get("value") == starter.port


@pytest.mark.parametrize("name", NAMES)
def test_compiled_leftovers_beside_a_template_stay_behind(name: str, tmp_path: Path) -> None:
    with open_template(name) as template:
        assert not [path for path in template.folder.rglob("*") if path.suffix == ".pyc"]
    copy = make_template(tmp_path / "template")
    cache = copy / "{{cookiecutter.slug}}" / "src" / "__pycache__"
    cache.mkdir()
    (cache / "x.pyc").write_bytes(b"\0")
    assert create_project(str(copy), tmp_path / "made", {}) == ("README.md", "src/my-thing.py")


def test_questions_have_defaults_that_follow_from_answers(tmp_path: Path) -> None:
    folder = make_template(
        tmp_path / "template",
        licence=["MIT", "none"],
        tests=True,
        __prompts__={"title": "What is it called?", "licence": {"__prompt__": "Which licence?"}},
    )
    with open_template(str(folder)) as template:
        title, slug, licence, tests = questions(template, {"title": "Big Box", "licence": "none"})
    assert (title.text, title.default) == ("What is it called?", "Big Box")
    assert (slug.text, slug.default) == ("slug", "big-box")
    assert (licence.text, licence.default) == ("Which licence?", "none")
    assert set(licence.choices) == {"MIT", "none"}
    assert (tests.default, tests.choices) == ("yes", ("yes", "no"))


def test_an_answer_to_no_question_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'nmae'") as caught:
        create_project("api", tmp_path / "made", {"nmae": "x"})
    assert "did you mean name?" in caught.value.hint
    folder = make_template(tmp_path / "template", licence=["MIT", "none"])
    with pytest.raises(UsageError, match="does not suit"):
        create_project(str(folder), tmp_path / "made", {"licence": "GPL"})
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["", "a b", "-x", "a\nb", "../up"])
def test_a_name_that_no_project_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        create_project("api", tmp_path / "made", {"name": name})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [("sensor", {"button": "x"}), ("worker", {"broker": "here"}), ("cli", {"description": "a\nb"})],
)
def test_an_answer_that_would_break_a_project_is_refused(
    name: str, answer: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError):
        create_project(name, tmp_path / "made", answer)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_an_archive_and_a_repository_are_templates(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "template.git")
    archive = make_archive(make_template(tmp_path / "plain"), tmp_path / "template.zip")
    for number, source in enumerate(
        (str(tmp_path / "plain"), str(archive), f"file://{repository}", str(repository))
    ):
        made = tmp_path / f"made-{number}"
        create_project(source, made, {"title": "Big Box"})
        assert tree(made) == {
            "README.md": b"# Big Box\n",
            "src/big-box.py": b'NAME = "big-box"\n',
        }


@pytest.mark.parametrize(
    "source", ["file:///nowhere/template.git", "./nowhere.zip", "/nowhere/at/all"]
)
def test_a_template_that_is_nowhere_is_an_error(source: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateInvalidError, match="cannot get the template"):
        create_project(source, tmp_path / "made", {})
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_gets_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown template 'apy'") as caught:
        create_project("apy", tmp_path / "made", {})
    assert "did you mean api?" in caught.value.hint


def test_a_folder_without_questions_is_no_template(tmp_path: Path) -> None:
    with pytest.raises(TemplateInvalidError, match=r"has no cookiecutter\.json"):
        create_project(str(tmp_path), tmp_path / "made", {})
    (tmp_path / "cookiecutter.json").write_text("{")
    with pytest.raises(TemplateInvalidError, match=r"cannot read cookiecutter\.json"):
        create_project(str(tmp_path), tmp_path / "made", {})


def test_a_mistake_in_a_template_names_file_and_line_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    folder = make_template(tmp_path / "template")
    broken = folder / "{{cookiecutter.slug}}" / "README.md"
    broken.write_text("fine\n{{ cookiecutter.nothing }}\n")
    with pytest.raises(TemplateInvalidError, match="cannot be filled in") as caught:
        create_project(str(folder), tmp_path / "made", {})
    assert "nothing" in str(caught.value.details[0])
    broken.write_text("fine\n{% if %}\n")
    with pytest.raises(TemplateInvalidError) as caught:
        create_project(str(folder), tmp_path / "made", {})
    assert caught.value.details[0].line == 2
    assert [path.name for path in tmp_path.iterdir()] == ["template"]


def test_hooks_of_others_run_only_when_they_are_trusted(tmp_path: Path) -> None:
    folder = make_template(tmp_path / "template")
    (folder / "hooks").mkdir()
    hook = "from pathlib import Path\nPath('ran').write_text('yes')\n"
    (folder / "hooks" / "post_gen_project.py").write_text(hook)
    with pytest.raises(TemplateInvalidError, match="brings code") as caught:
        create_project(str(folder), tmp_path / "made", {})
    assert [str(detail) for detail in caught.value.details] == ["hooks/post_gen_project.py"]
    assert not (tmp_path / "made").exists()
    assert "ran" in create_project(str(folder), tmp_path / "made", {}, trusted=True)


def test_extensions_of_others_are_imported_only_when_they_are_trusted(tmp_path: Path) -> None:
    folder = make_template(tmp_path / "template", _extensions=["box_extension.Loud"])
    (folder / "box_extension.py").write_text(
        "from jinja2.ext import Extension\n\nclass Loud(Extension):\n    pass\n"
    )
    with pytest.raises(TemplateInvalidError) as caught:
        create_project(str(folder), tmp_path / "made", {})
    assert "extension box_extension.Loud" in str(caught.value.details[0])
    assert create_project(str(folder), tmp_path / "made", {}, trusted=True)


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "notes.txt").write_text("mine")
    with pytest.raises(FileConflictError, match="not empty") as caught:
        create_project("api", made, {})
    assert [str(detail) for detail in caught.value.details] == ["notes.txt"]
    assert tree(made) == {"notes.txt": b"mine"}


def test_an_empty_folder_and_a_fresh_repository_are_filled(tmp_path: Path) -> None:
    for name in ("empty", "repository"):
        (tmp_path / name).mkdir()
    (tmp_path / "repository" / ".git").mkdir()
    template = make_template(tmp_path / "template")
    for name in ("empty", "repository"):
        create_project(str(template), tmp_path / name, {})
        assert set(tree(tmp_path / name)) == {"README.md", "src/my-thing.py"}


def test_force_lays_a_project_over_files_and_keeps_the_rest(tmp_path: Path) -> None:
    made = tmp_path / "made"
    (made / "src").mkdir(parents=True)
    (made / "README.md").write_text("mine")
    (made / "src" / "own.py").write_text("mine")
    create_project(str(make_template(tmp_path / "template")), tmp_path / "my-thing", {})
    place_project(tmp_path / "my-thing", made, force=True)
    assert tree(made) == {
        "README.md": b"# My Thing\n",
        "src/my-thing.py": b'NAME = "my-thing"\n',
        "src/own.py": b"mine",
    }


def test_a_failure_on_the_way_leaves_everything_as_it_was(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "README.md").write_text("mine")
    create_project(str(make_template(tmp_path / "template")), tmp_path / "my-thing", {})
    calls = 0

    def fail_late(source: Path, goal: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError(28, "No space left on device")
        os.replace(source, goal)  # noqa: PTH105

    with pytest.raises(PathUnreadableError, match="No space left"):
        place_project(tmp_path / "my-thing", made, force=True, rename=fail_late)
    assert calls == 3
    assert tree(made) == {"README.md": b"mine"}
    assert [path.name for path in made.iterdir()] == ["README.md"]


def test_a_new_folder_that_cannot_be_renamed_in_leaves_nothing(tmp_path: Path) -> None:
    def fail(*_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(PathUnreadableError):
        create_project("api", tmp_path / "deep" / "made", {}, rename=fail)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "made").write_text("mine")
    with pytest.raises(FileConflictError, match="is a file"):
        create_project("api", tmp_path / "made", {})


@pytest.mark.parametrize("name", [one.name for one in (templates() / "project").iterdir()])
def test_each_folder_is_a_starter(name: str) -> None:
    assert name in NAMES
