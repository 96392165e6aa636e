"""Generated files: all or none, never over what the user wrote, the same run twice is one."""

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.model.errors import FileConflictError, PathUnreadableError
from scaffold.state.file_writer import (
    digest,
    digest_content,
    find_conflicts,
    read_recorded,
    seal,
    write_outputs,
)

FILES = {"Dockerfile": "FROM scratch\n", "requirements.arm64.lock": "a==1\n", "z": "last\n"}


def contents(root: Path) -> dict[str, str]:
    """Return every file below a folder, temporary ones included."""
    return {path.name: path.read_text() for path in root.iterdir() if path.is_file()}


def fail_after(count: int, error: BaseException | None = None) -> Callable[[str, str], None]:
    """Return a rename that works ``count`` times."""
    done: list[str] = []

    def rename(source: str, goal: str) -> None:
        if len(done) == count:
            raise error or OSError(28, "No space left on device")
        done.append(goal)
        os.replace(source, goal)  # noqa: PTH105 - the same call as the real one

    return rename


def test_files_are_written_once_and_then_left_alone(tmp_path: Path) -> None:
    first = write_outputs(tmp_path, FILES, force=False, recorded={})
    assert first.written == tuple(sorted(FILES))
    assert contents(tmp_path) == FILES
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = write_outputs(tmp_path, FILES, force=False, recorded={})
    assert (again.written, again.unchanged) == ((), first.written)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_everything_the_user_wrote_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    mine = {"Dockerfile": "mine\n", "z": "mine\n"}
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(FileConflictError) as caught:
        write_outputs(tmp_path, FILES, force=False, recorded={})
    assert [detail.file for detail in caught.value.details] == ["Dockerfile", "z"]
    assert "--force" in caught.value.hint
    assert contents(tmp_path) == mine


def test_a_file_edited_since_is_the_users(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ours, edited\n")
    with pytest.raises(FileConflictError) as caught:
        write_outputs(tmp_path, FILES, force=False, recorded={"Dockerfile": digest("ours\n")})
    assert "edited" in caught.value.details[0].text


def test_our_own_older_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ours\n")
    report = write_outputs(tmp_path, FILES, force=False, recorded={"Dockerfile": digest("ours\n")})
    assert "Dockerfile" in report.written
    assert contents(tmp_path) == FILES


def test_our_own_file_whose_lines_a_checkout_ended_otherwise_is_ours(tmp_path: Path) -> None:
    document: dict[str, object] = {"files": {"Dockerfile": digest("ours\n")}}
    record = json.dumps({**document, "digest": seal(document)}, indent=2) + "\n"
    for name, text in {"Dockerfile": "ours\n", "leanscaffold.json": record}.items():
        (tmp_path / name).write_bytes(text.replace("\n", "\r\n").encode())
    files = {**FILES, "leanscaffold.json": "{}\n"}
    recorded = read_recorded(tmp_path)
    assert find_conflicts(tmp_path, files, recorded) == ()
    write_outputs(tmp_path, files, force=False, recorded=recorded)
    assert (tmp_path / "Dockerfile").read_bytes() == FILES["Dockerfile"].encode()
    (tmp_path / "Dockerfile").write_bytes(b"ours\r\nand mine\r\n")
    assert [one.file for one in find_conflicts(tmp_path, FILES, recorded)] == ["Dockerfile"]


def test_other_files_than_texts_have_the_digest_of_every_byte() -> None:
    assert digest_content(b"\0\r\n") != digest_content(b"\0\n")
    assert digest_content(b"a\r\n") == digest_content(b"a\n") == digest("a\n")


def test_what_an_earlier_run_left_is_reported_and_not_removed(tmp_path: Path) -> None:
    (tmp_path / "requirements.386.lock").write_text("old\n")
    recorded = {"requirements.386.lock": digest("old\n"), "gone": "", "../up": ""}
    report = write_outputs(tmp_path, FILES, force=False, recorded=recorded)
    assert report.stale == ("requirements.386.lock",)
    assert (tmp_path / "requirements.386.lock").exists()


def test_force_overwrites_a_link_without_following_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("precious\n")
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").symlink_to(outside)
    with pytest.raises(FileConflictError) as caught:
        write_outputs(root, FILES, force=False, recorded={"Dockerfile": digest("precious\n")})
    assert "symbolic link" in caught.value.details[0].text
    write_outputs(root, FILES, force=True, recorded={})
    assert outside.read_text() == "precious\n"
    assert contents(root) == FILES


def test_a_folder_in_the_way_stays_even_with_force(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").mkdir()
    (tmp_path / "Dockerfile" / "precious").write_text("mine\n")
    for force in (False, True):
        with pytest.raises(FileConflictError) as caught:
            write_outputs(tmp_path, FILES, force=force, recorded={})
        assert "a folder" in caught.value.details[0].text
    assert (tmp_path / "Dockerfile" / "precious").read_text() == "mine\n"
    assert contents(tmp_path) == {}


def test_a_socket_in_the_way_is_a_conflict() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/z")
            with pytest.raises(FileConflictError):
                write_outputs(Path(folder), FILES, force=True, recorded={})
        assert contents(Path(folder)) == {}


@pytest.mark.parametrize("count", range(len(FILES)))
@pytest.mark.parametrize("error", [None, KeyboardInterrupt()])
def test_all_or_nothing_wherever_a_rename_fails(
    tmp_path: Path, count: int, error: BaseException | None
) -> None:
    (tmp_path / "Dockerfile").write_text("before\n")
    (tmp_path / "Dockerfile").chmod(0o640)
    (tmp_path / "z").symlink_to("nowhere")
    with pytest.raises((PathUnreadableError, KeyboardInterrupt)) as caught:
        write_outputs(tmp_path, FILES, force=True, recorded={}, rename=fail_after(count, error))
    if error is None:
        assert "No space left" in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Dockerfile", "z"]
    assert (tmp_path / "Dockerfile").read_text() == "before\n"
    assert stat.S_IMODE((tmp_path / "Dockerfile").stat().st_mode) == 0o640
    assert (tmp_path / "z").readlink() == Path("nowhere")


def test_of_a_failure_no_folder_is_left_but_those_that_were_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    files = {".a/b/x": "1\n", ".a/y": "2\n", "there/z": "3\n"}
    with pytest.raises(PathUnreadableError):
        write_outputs(tmp_path, files, force=False, recorded={}, rename=fail_after(2))
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@given(
    before=st.dictionaries(st.sampled_from("abc"), st.text(max_size=5)),
    after=st.dictionaries(st.sampled_from("abcd"), st.text(max_size=5), min_size=1),
    count=st.integers(min_value=0, max_value=4),
    force=st.booleans(),
)
def test_a_run_leaves_either_the_new_files_or_the_old_ones(
    before: dict[str, str], after: dict[str, str], count: int, *, force: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in before.items():
            (root / name).write_bytes(text.encode())
        expected = {name: text.encode() for name, text in before.items()}
        try:
            write_outputs(root, after, force=force, recorded={}, rename=fail_after(count))
            expected |= {name: text.encode() for name, text in after.items()}
        except (FileConflictError, PathUnreadableError):
            pass
        assert {path.name: path.read_bytes() for path in root.iterdir()} == expected


def test_files_are_readable_by_all_as_far_as_the_umask_lets_them(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_outputs(tmp_path, FILES, force=False, recorded={})
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o640}


@pytest.mark.parametrize("name", ["../up", "a/../b", "/etc/x", "a//b", "a\\b", "", ".", ".."])
def test_only_plain_names_are_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        write_outputs(tmp_path, {name: "x"}, force=True, recorded={})


def test_a_missing_folder_or_a_file_instead_of_one_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("ghost", "file"):
        with pytest.raises(PathUnreadableError):
            write_outputs(tmp_path / name, FILES, force=False, recorded={})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(PathUnreadableError):
        write_outputs(tmp_path, FILES, force=False, recorded={})


def test_the_record_counts_only_while_it_is_as_we_wrote_it(tmp_path: Path) -> None:
    assert read_recorded(tmp_path) == {}
    document: dict[str, object] = {"files": {"Dockerfile": "00", "later": None}, "version": 1}
    document["digest"] = seal(document)
    path = tmp_path / "leanscaffold.json"
    path.write_text(json.dumps(document))
    text = path.read_text()
    assert read_recorded(tmp_path) == {"Dockerfile": "00", "leanscaffold.json": digest(text)}
    document["version"] = 2
    path.write_text(json.dumps(document))
    assert "leanscaffold.json" not in read_recorded(tmp_path)


@pytest.mark.parametrize("text", ["{ truncated", "[]", '{"files": 3}', "[" * 100_000, "null", "\0"])
def test_an_unreadable_record_is_a_conflict_unless_forced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "leanscaffold.json"
    path.write_text(text)
    recorded = read_recorded(tmp_path)
    assert recorded == {}
    files = {"leanscaffold.json": "{}\n"}
    with pytest.raises(FileConflictError):
        write_outputs(tmp_path, files, force=False, recorded=recorded)
    write_outputs(tmp_path, files, force=True, recorded=recorded)
    assert contents(tmp_path) == files


def test_what_is_retired_goes_with_its_folders_unless_somebody_edited_it(tmp_path: Path) -> None:
    old = {"tool/a/x.py": "x\n", "tool/a/b/y.py": "y\n", "tool/z.py": "z\n", "old.lock": "l\n"}
    write_outputs(tmp_path, old, force=False, recorded={})
    (tmp_path / "tool/z.py").write_text("mine\n")
    recorded = {name: digest(text) for name, text in old.items()}
    report = write_outputs(tmp_path, FILES, force=False, recorded=recorded, retire="tool/")
    assert report.stale == ("old.lock",)
    assert not (tmp_path / "tool/a").exists()
    assert (tmp_path / "tool/z.py").read_text() == "mine\n"


def test_nothing_is_written_through_a_folder_that_is_a_link_even_with_force(
    tmp_path: Path,
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (project / "ci").symlink_to(elsewhere)
    with pytest.raises(FileConflictError) as caught:
        write_outputs(project, {"ci/image.yml": "x\n"}, force=True, recorded={})
    assert "in ci, a symbolic link" in caught.value.details[0].text
    assert list(elsewhere.iterdir()) == []


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ours\n")
    (tmp_path / "Dockerfile").chmod(0o640)
    write_outputs(tmp_path, FILES, force=False, recorded={"Dockerfile": digest("ours\n")})
    assert (tmp_path / "Dockerfile").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("at", range(4))
def test_a_run_that_was_killed_half_way_is_mended_by_the_next(tmp_path: Path, at: int) -> None:
    def sealed(version: str) -> dict[str, str]:
        files = {name: f"{version} {name}\n" for name in ("Dockerfile", "a.lock", "z.lock")}
        document = {"files": {name: digest(text) for name, text in files.items()}}
        text = json.dumps({**document, "digest": seal(document)})
        return {**files, "leanscaffold.json": text}

    write_outputs(tmp_path, sealed("first"), force=False, recorded={})
    second = sealed("second")
    done: list[str] = []

    def copy_aside(name: str) -> None:
        """Leave what a killed run leaves: drafts of what is new and of what was replaced."""
        path = tmp_path / name
        draft = tmp_path / f".{name}.{len(done):032x}.tmp"
        if len(done) < at:
            draft.write_bytes(path.read_bytes())
            path.write_text(second[name])
        else:
            draft.write_text(second[name])
        os.utime(draft, (0, 0))
        done.append(name)

    for name in sorted(second):
        copy_aside(name)
    third = sealed("third")
    write_outputs(tmp_path, third, force=False, recorded=read_recorded(tmp_path))
    assert contents(tmp_path) == third


_KILLED = """
import os, signal, sys
from pathlib import Path
from scaffold.state.file_writer import write_outputs
kill = lambda source, goal: os.kill(os.getpid(), signal.SIGKILL)
write_outputs(Path(sys.argv[1]), {"a": "1", "b": "2"}, force=False, recorded={}, rename=kill)
"""


@pytest.mark.skipif(os.name != "posix", reason="processes are asked for by their ids on POSIX only")
def test_drafts_of_a_killed_process_go_at_once_and_of_one_at_work_stay(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    dead = {path.name for path in tmp_path.iterdir()}
    assert len(dead) == 2
    killed = next(iter(dead)).split("-")[1]
    alive = {name.replace(killed, str(os.getpid())) for name in dead}
    elsewhere = {name.replace(".a.", ".a.0").replace(".b.", ".b.0") for name in dead}
    for name in alive | elsewhere:
        (tmp_path / name).touch()
    write_outputs(tmp_path, {"a": "1", "b": "2"}, force=False, recorded={})
    assert contents(tmp_path).keys() == {"a", "b"} | alive | elsewhere
