import json
from pathlib import Path

from scaffold.model.target import Arch
from scaffold.model.verification import Expectation, Variant
from scaffold.verify.compare import stage_project


def make_project(folder: Path) -> Path:
    source = folder / "source"
    (source / ".git").mkdir(parents=True)
    (source / ".leanscaffold").mkdir()
    for name in (".git/HEAD", "main.py", "Dockerfile", ".leanscaffold/a.py", ".dockerignore"):
        (source / name).write_text(f"old {name}")
    files = {"Dockerfile": "1", ".leanscaffold/a.py": "2"}
    (source / "leanscaffold.json").write_text(json.dumps({"files": files}))
    return source


def stage(folder: Path, *, kept: bool) -> tuple[set[str], Path]:
    source, goal = make_project(folder), folder / "goal"
    contender = Variant(
        name="n",
        title="t",
        promise=Expectation(arch=Arch.AMD64),
        files={"Dockerfile": "new", ".leanscaffold/b/c.py": "new"},
        kept=kept,
    )
    before = {path: path.read_text() for path in source.rglob("*") if path.is_file()}
    stage_project(source, goal, contender)
    after = {path: path.read_text() for path in source.rglob("*") if path.is_file()}
    assert after == before, "the user's own folder was touched"
    return {str(p.relative_to(goal)) for p in goal.rglob("*") if p.is_file()}, goal


def test_a_copy_has_the_sources_and_the_contenders_files_but_none_of_an_earlier_run(
    tmp_path: Path,
) -> None:
    names, goal = stage(tmp_path, kept=False)
    assert names >= {"main.py", "Dockerfile", ".leanscaffold/b/c.py", ".dockerignore"}
    assert not names & {".git/HEAD", ".leanscaffold/a.py"}
    assert (goal / "Dockerfile").read_text() == "new"


def test_a_dockerfile_of_the_users_keeps_what_an_earlier_run_left(tmp_path: Path) -> None:
    names, _ = stage(tmp_path, kept=True)
    assert ".leanscaffold/a.py" in names
