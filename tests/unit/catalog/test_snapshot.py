import re
from pathlib import Path

import pytest

from scaffold.catalog.resources import knowledge
from scaffold.catalog.snapshot import (
    KINDS,
    KnownProject,
    KnownRelease,
    Snapshot,
    decode_project,
    encode_project,
)
from scaffold.model.errors import DataMissingError, KnowledgeInvalidError
from scaffold.model.index import DistFile, Metadata, WheelFacts, assume_elf, wheel_platforms

X86 = "demo-1.0-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl"
X86_OTHER = "demo-1.0-cp314-cp314-manylinux_2_28_x86_64.whl"
ARM = "demo-1.0-cp313-cp313-manylinux_2_28_aarch64.whl"
READ = WheelFacts(
    installed=7, files=2, kinds=(("py", 3), ("so", 4)), glibc=(2, 27), needs=("libz.so.1",),
    elf="read",
)  # fmt: skip
UNREAD = WheelFacts(installed=9, files=2, kinds=(("py", 4), ("so", 5)), blocks=8192)


def dist(filename: str, digit: str = "a") -> DistFile:
    return DistFile(
        filename=filename,
        sha256=digit * 64,
        size=5,
        requires_python=">=3.11",
        uploaded="2026-01-02",
    )


PROJECT = KnownProject(
    name="demo",
    releases=(
        KnownRelease(
            metadata=Metadata(
                name="demo", version="1.0", requires=("dep>=1",), extras=("fast",),
                requires_python=">=3.11",
            ),
            files=(dist(X86), dist(X86_OTHER, "b"), dist(ARM, "c"), dist("demo-1.0.tar.gz", "d")),
            facts={X86: READ, X86_OTHER: UNREAD, ARM: UNREAD},
        ),
        KnownRelease(
            metadata=Metadata(name="demo", version="0.9"),
            files=(dist("Demo_old-0.9-py3-none-any.whl", "e"),),
        ),
    ),
)  # fmt: skip


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    (tmp_path / "demo.jsonl").write_bytes(encode_project(PROJECT))
    return Snapshot(tmp_path)


def test_a_project_survives_writing_and_reading_and_its_form_is_canonical() -> None:
    data = encode_project(PROJECT)
    back = decode_project("demo", data)
    assert encode_project(back) == data
    assert {file.filename: file for file in back.files()} == {
        file.filename: file for file in PROJECT.files()
    }
    assert back.facts() == PROJECT.facts()
    assert [one.metadata.requires for one in back.releases] == [("dep>=1",), ()]
    assert len(data.splitlines()) == len(PROJECT.releases) + len(PROJECT.files())


def test_records_hold_no_addresses() -> None:
    assert b"://" not in encode_project(PROJECT)


def test_machine_code_is_assumed_from_a_wheel_for_the_same_libc_and_machine(
    snapshot: Snapshot,
) -> None:
    assumed = snapshot.wheel_facts("demo", dist(X86_OTHER, "b"))
    assert assumed is not None
    assert (assumed.elf, assumed.elf_from, assumed.glibc) == ("assumed", X86, (2, 27))
    assert assumed.installed == UNREAD.installed
    other = snapshot.wheel_facts("demo", dist(ARM, "c"))
    assert other is not None
    assert (other.elf, other.needs) == ("unread", ())


def test_a_file_with_another_hash_is_unknown(snapshot: Snapshot) -> None:
    assert snapshot.wheel_facts("demo", dist(X86, "f")) is None
    assert snapshot.metadata("demo", [dist(X86, "f")]) is None
    assert snapshot.metadata("demo", [dist(X86)]) == PROJECT.releases[0].metadata


def test_a_name_that_the_snapshot_lacks_is_unknown(snapshot: Snapshot) -> None:
    assert snapshot.page("other") is None
    assert snapshot.page("../demo") is None
    assert snapshot.metadata("other", [dist(X86)]) is None


def test_a_broken_snapshot_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "demo.jsonl").write_bytes(encode_project(PROJECT)[:-30])
    with pytest.raises(KnowledgeInvalidError) as caught:
        Snapshot(tmp_path).page("demo")
    assert caught.value.details[0].file == "demo.jsonl"


def test_a_missing_snapshot_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError) as caught:
        Snapshot(tmp_path).head()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("tags", "pairs"),
    [
        ("manylinux2014_x86_64.manylinux_2_17_x86_64", {("glibc", "x86_64")}),
        ("linux_armv7l", {("glibc", "armv7l")}),
        ("musllinux_1_2_ppc64le", {("musl", "ppc64le")}),
        ("any", {("any", "any")}),
        ("win_amd64", set()),
        ("macosx_10_9_x86_64.manylinux_2_28_aarch64", {("glibc", "aarch64")}),
    ],
)
def test_platform_tags_tell_libc_and_machine(tags: str, pairs: set[tuple[str, str]]) -> None:
    assert wheel_platforms(f"demo-1.0-cp313-cp313-{tags}.whl") == pairs


def test_facts_that_were_read_are_not_replaced_by_a_siblings() -> None:
    assert assume_elf(READ, X86, [(X86_OTHER, READ)]) is READ


def test_a_sibling_with_the_same_platform_tags_is_nearer_than_one_with_others() -> None:
    older = X86.replace("manylinux_2_27_x86_64.manylinux_2_28", "manylinux_2_17")
    newer = X86_OTHER.replace("1.0-", "0.9-")
    assumed = assume_elf(UNREAD, X86_OTHER, [(older, READ), (newer, READ)])
    assert assumed.elf_from == newer


def bundled() -> list[str]:
    folder = knowledge() / "snapshots" / "wheels"
    return sorted(one.name[:-6] for one in folder.iterdir() if one.name.endswith(".jsonl"))


def test_the_bundled_snapshot_is_canonical_small_and_without_addresses() -> None:
    folder = knowledge() / "snapshots" / "wheels"
    total = 0
    for name in bundled():
        data = (folder / f"{name}.jsonl").read_bytes()
        total += len(data)
        assert encode_project(decode_project(name, data)) == data, name
        assert not re.search(rb"https?://[^ \"]*\.whl", data), name
    assert total < 3_000_000
    head = Snapshot(folder).head()
    assert head.names == len(bundled())
    assert head.kinds == KINDS


def test_the_bundled_snapshot_knows_the_papers_project() -> None:
    snapshot = Snapshot(knowledge() / "snapshots" / "wheels")
    project = snapshot.project("tensorflow")
    assert project is not None
    machines = {pair for file in project.files() for pair in wheel_platforms(file.filename)}
    assert ("glibc", "aarch64") in machines
    assert not any(family == "musl" for family, _ in machines)
    wheel = next(file for file in project.releases[0].files if "cp313-manylinux" in file.filename)
    facts = snapshot.wheel_facts("tensorflow", wheel)
    assert facts is not None
    assert facts.installed > 1_000_000_000
