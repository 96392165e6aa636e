import os
from pathlib import Path
from typing import Any

import pytest

from scaffold.model.errors import ConfigInvalidError, PathUnreadableError
from scaffold.project.project_files import find_environments, list_files
from tests.support.folders import write


def names(root: Path, **options: Any) -> list[str]:
    return [name for name, _ in list_files(root, **options)]


def test_files_come_sorted_with_their_sizes(tmp_path: Path) -> None:
    write(tmp_path, {"b.py": "12345", "a/c.py": "1", "a.py": ""})
    assert list_files(tmp_path) == (("a.py", 0), ("a/c.py", 1), ("b.py", 5))


def test_secrets_and_caches_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "", ".env": "A=1", "pkg/__pycache__/x.pyc": "", "k/id_rsa": ""})
    assert names(tmp_path) == ["app.py"]


def test_a_kept_file_is_listed(tmp_path: Path) -> None:
    kept = "dist/lib-1.0-py3-none-any.whl"
    write(tmp_path, {"app.py": "", kept: "", "dist/other.whl": "", ".dockerignore": f"!{kept}\n"})
    assert names(tmp_path) == ["app.py", kept]


def test_a_file_kept_inside_an_ignored_folder_is_found(tmp_path: Path) -> None:
    kept = "node_modules/a/x.js"
    write(tmp_path, {kept: "", "node_modules/b/y.js": "", ".dockerignore": f"!{kept}\n"})
    assert names(tmp_path) == [kept]


def test_ignored_folders_are_not_walked(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "", ".venv/lib/x.py": "", "a/node_modules/b.js": "", "pkg/m.py": ""})
    seen: list[str] = []

    def scan(folder: str) -> Any:
        seen.append(Path(folder).relative_to(tmp_path).as_posix())
        return os.scandir(folder)

    list_files(tmp_path, scan=scan)
    assert sorted(seen) == [".", "a", "pkg"]


def test_a_virtual_environment_is_known_by_its_file_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "", "env/pyvenv.cfg": "", "env/lib/x.py": "", "conf/env/a.py": ""})
    assert names(tmp_path) == ["app.py", "conf/env/a.py"]
    assert find_environments(tmp_path) == ("env",)


def test_the_projects_own_dockerignore_comes_after_our_patterns(tmp_path: Path) -> None:
    write(tmp_path, {".dockerignore": "*.txt\n!b.txt\n", "a.txt": "", "b.txt": "", ".env": ""})
    assert names(tmp_path) == ["b.txt"]
    (tmp_path / ".dockerignore").write_text("*\n!.env\n")
    assert names(tmp_path) == [".env"]


def test_in_a_workspace_the_ignore_file_of_the_folder_that_is_sent_decides(tmp_path: Path) -> None:
    files = {".dockerignore": "api/data\n", "api/.dockerignore": "*\n", "api/a.py": "a"}
    write(tmp_path, {**files, "api/data/big.bin": "b"})
    assert [path for path, _ in list_files(tmp_path / "api", context=tmp_path)] == ["a.py"]


def test_an_exception_in_the_own_dockerignore_reaches_into_folders(tmp_path: Path) -> None:
    write(tmp_path, {".dockerignore": "*\n!**/*.py\n", "a/b/c.py": "", "a/b/c.txt": ""})
    assert names(tmp_path) == ["a/b/c.py"]


def test_all_bad_lines_of_a_dockerignore_are_named(tmp_path: Path) -> None:
    write(tmp_path, {".dockerignore": "ok\n[z-a]\n*.py\nx[9-0]\n"})
    with pytest.raises(ConfigInvalidError) as caught:
        list_files(tmp_path)
    assert [detail.line for detail in caught.value.details] == [2, 4]


def test_a_binary_dockerignore_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_bytes(b"\xff\xfe\x00\x00\x01")
    with pytest.raises(ConfigInvalidError, match="dockerignore"):
        list_files(tmp_path)


def test_what_an_earlier_run_wrote_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": ""})
    before = list_files(tmp_path)
    write(tmp_path, {"Dockerfile": "x", "requirements.arm64.lock": "x", "leanscaffold.json": "{}"})
    assert list_files(tmp_path) == before


def test_a_link_inside_the_project_counts_with_its_own_size(tmp_path: Path) -> None:
    write(tmp_path, {"data/big.bin": "x" * 1000})
    (tmp_path / "link.bin").symlink_to("data/big.bin")
    assert dict(list_files(tmp_path)) == {"data/big.bin": 1000, "link.bin": 12}


def test_links_out_of_the_project_and_broken_ones_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"project/app.py": "", "outside/secret.txt": "x"})
    root = tmp_path / "project"
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "away.txt").symlink_to("../outside/secret.txt")
    (root / "gone.txt").symlink_to("nowhere")
    assert names(root) == ["app.py"]


def test_a_link_to_the_folder_above_makes_no_circle(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/a.py": ""})
    (tmp_path / "pkg" / "again").symlink_to("..")
    assert names(tmp_path) == ["pkg/a.py", "pkg/again"]


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert names(tmp_path) == []


def test_all_unreadable_folders_are_named(tmp_path: Path) -> None:
    write(tmp_path, {"a/x": "", "b/x": "", "c/x": ""})

    def scan(folder: str) -> Any:
        if folder.endswith(("a", "c")):
            raise PermissionError(13, "Permission denied")
        return os.scandir(folder)

    with pytest.raises(PathUnreadableError) as caught:
        list_files(tmp_path, scan=scan)
    said = [str(detail) for detail in caught.value.details]
    assert said == ["a: Permission denied", "c: Permission denied"]
    assert ".dockerignore" in caught.value.hint


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathUnreadableError, match="cannot be read"):
        list_files(tmp_path / "nowhere")


def test_more_files_than_any_image_should_have_are_refused_with_where_they_lie(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"app.py": "", **{f"data/{name}.json": "" for name in "abc"}})
    assert len(list_files(tmp_path, most=4)) == 4
    with pytest.raises(PathUnreadableError, match="most below data") as caught:
        list_files(tmp_path, most=3)
    assert ".dockerignore" in caught.value.hint
