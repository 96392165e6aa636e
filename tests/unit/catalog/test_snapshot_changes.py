from pathlib import Path

from scaffold.catalog.snapshot import KnownProject, KnownRelease, Snapshot, encode_project
from scaffold.catalog.snapshot_changes import describe_changes, find_changes
from scaffold.model.index import DistFile, Metadata


def make_project(name: str, *releases: tuple[str, dict[str, int]]) -> KnownProject:
    return KnownProject(
        name=name,
        releases=tuple(
            KnownRelease(
                metadata=Metadata(name=name, version=version),
                files=tuple(
                    DistFile(filename=f"{name}-{version}-{tags}.whl", sha256="ab" * 32, size=size)
                    for tags, size in files.items()
                ),
            )
            for version, files in releases
        ),
    )


def changes(folder: Path, before: list[KnownProject], after: list[KnownProject]) -> list[str]:
    for project in before:
        (folder / f"{project.name}.jsonl").write_bytes(encode_project(project))
    held = [project.name for project in before]
    return list(describe_changes(find_changes(Snapshot(folder), held, after)))


GLIBC, MUSL = "cp313-cp313-manylinux_2_28_x86_64", "cp313-cp313-musllinux_1_2_x86_64"


def test_added_lost_and_grown_are_told_apart(tmp_path: Path) -> None:
    before = [
        make_project("grown", ("1.0", {GLIBC: 2_000_000, MUSL: 1_000_000})),
        make_project("lost", ("3.0", {GLIBC: 10})),
        make_project("same", ("1.0", {GLIBC: 10})),
    ]
    after = [
        make_project("added", ("0.1", {GLIBC: 10})),
        make_project("grown", ("2.0", {GLIBC: 3_500_000}), ("1.0", {GLIBC: 2_000_000})),
        before[2],
    ]
    assert changes(tmp_path, before, after) == [
        "+ added 0.1",
        "~ grown 1.0 → 2.0, wheels lost for musl x86_64, grew by 1.5 MB, +1 releases",
        "- lost 3.0",
        "1 added, 1 lost, 1 changed",
    ]


def test_a_wheel_for_another_place_is_news_without_a_new_release(tmp_path: Path) -> None:
    before = make_project("app", ("1.0", {GLIBC: 10}))
    after = make_project("app", ("1.0", {GLIBC: 10, MUSL: 10}))
    assert changes(tmp_path, [before], [after])[0] == "~ app wheels added for musl x86_64"


def test_nothing_new_says_so(tmp_path: Path) -> None:
    project = make_project("app", ("1.0", {GLIBC: 10}))
    assert changes(tmp_path, [project], [project]) == ["nothing changed"]
