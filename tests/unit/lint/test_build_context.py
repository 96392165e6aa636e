"""What lies around a Dockerfile."""

from pathlib import Path

import pytest

from scaffold.lint.build_context import find_dockerfile, look_around
from scaffold.lint.context import outer_bases
from scaffold.model.errors import UsageError
from tests.support.lint_cases import case_of


def folder(root: Path) -> Path:
    """Return a folder with a history, an environment and secrets, two levels deep."""
    for path, text in {
        "Dockerfile": "FROM a\n",
        ".env": "TOKEN=1\n",
        ".env.example": "TOKEN=\n",
        "deploy/id_rsa": "key",
        ".git/objects/1": "x" * 1000,
        "mine/pyvenv.cfg": "",
        "mine/lib/big": "x" * 500,
        "app/main.py": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


def test_what_nothing_holds_back_is_found_with_its_weight(tmp_path: Path) -> None:
    found = look_around(folder(tmp_path) / "Dockerfile")
    assert not found.ignores
    assert found.secrets == (".env", "deploy/id_rsa")
    assert found.burden == ((".git/", 1000), ("mine/", 500))


def test_what_is_ignored_is_not(tmp_path: Path) -> None:
    (folder(tmp_path) / ".dockerignore").write_text(".git\nmine\n**/.env\ndeploy\n", "utf-8")
    found = look_around(tmp_path / "Dockerfile")
    assert (found.ignores, found.secrets, found.burden) == (True, (), ())


def test_a_list_of_the_files_own_comes_first(tmp_path: Path) -> None:
    (folder(tmp_path) / ".dockerignore").write_text("*\n", "utf-8")
    (tmp_path / "Dockerfile.dockerignore").write_text(".git\n", "utf-8")
    assert look_around(tmp_path / "Dockerfile").secrets == (".env", "deploy/id_rsa")


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("COPY a.txt docker/run.sh /b/\n", "repository"),
        ("RUN --mount=type=bind,source=a.txt,target=/a true\n", "repository"),
        ("COPY --from=x /a.txt /b\nADD https://a.example/b /b\nCOPY $A *.c /b/\n", "docker"),
        ("COPY run.sh /b/\n", "docker"),
        ("COPY . /b/\n", "docker"),
        ("COPY beside.txt /b/\n", "docker"),
        ("COPY nowhere.txt /b/\n", "docker"),
    ],
)
def test_the_context_is_the_nearest_folder_with_all_that_is_copied(
    text: str, context: str, tmp_path: Path
) -> None:
    for path in ("beside.txt", "repository/a.txt", "repository/docker/run.sh"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "repository" / ".git").mkdir()
    file = tmp_path / "repository" / "docker" / "Dockerfile"
    file.write_text(f"FROM scratch\n{text}")
    assert look_around(file).folder.resolve().name == context


def test_the_dockerfile_of_a_folder_is_found(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        find_dockerfile(tmp_path)
    (tmp_path / "Containerfile").write_text("", "utf-8")
    assert find_dockerfile(tmp_path).name == "Containerfile"
    (tmp_path / "Dockerfile").write_text("", "utf-8")
    assert find_dockerfile(tmp_path).name == "Dockerfile"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "docker/rk/rk.hcl",
            'contexts = {\n wheels = "target:wheels",\n deps = "docker-image://a:1"\n}',
        ),
        (
            "docker-bake.json",
            '{"target": {"a": {"contexts": {"wheels": "target:b", "deps": "./c"}}}}',
        ),
    ],
)
def test_a_stage_that_a_bake_file_defines_needs_no_tag(
    name: str, text: str, tmp_path: Path
) -> None:
    # blakeblackshear/frigate
    file = tmp_path / "docker/rk/Dockerfile"
    file.parent.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    file.write_text("FROM wheels\nFROM deps AS b\nFROM python\nCOPY app /app\n", "utf-8")
    (tmp_path / "app").mkdir()
    (tmp_path / name).write_text(text, "utf-8")
    around = look_around(file)
    assert around.contexts == {"wheels", "deps"}
    bases = outer_bases(case_of(file.read_text("utf-8"), around=around))
    assert [stage.image for stage, _, _ in bases] == ["python"]
