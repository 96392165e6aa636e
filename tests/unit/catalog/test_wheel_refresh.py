from collections.abc import Sequence
from pathlib import Path

import pytest

from scaffold.catalog.snapshot import Snapshot, encode_project
from scaffold.catalog.wheel_refresh import Source, build_projects, list_unlisted, read_names
from scaffold.model.errors import KnowledgeInvalidError
from scaffold.model.index import DistFile, Metadata, Page, WheelFacts

FILES = {
    "app": ["app-2.0-py3-none-any.whl", "app-1.0-py3-none-any.whl"],
    "dep": [
        "dep-3.1-cp313-cp313-manylinux_2_28_x86_64.whl",
        "dep-3.0-cp313-cp313-manylinux_2_28_x86_64.whl",
        "dep-3.1-cp314-cp314-manylinux_2_28_x86_64.whl",
    ],
}
NEEDS = {"app": ("dep==3.0", "unlisted>1"), "dep": ()}


class Counted:
    """A source that answers from the tables above and counts what was asked."""

    def __init__(self) -> None:
        self.read: list[tuple[str, bool]] = []

    def page(self, name: str) -> Page | None:
        files = tuple(
            DistFile(filename=one, sha256="ab" * 32, url="x") for one in FILES.get(name, ())
        )
        return Page(name=name, files=files, origin="index") if files else None

    def metadata(self, files: Sequence[DistFile]) -> Metadata | None:
        name, version, *_ = files[0].filename.split("-")
        return Metadata(name=name, version=version, requires=NEEDS[name])

    def facts(self, name: str, file: DistFile, elf: bool) -> WheelFacts | None:  # noqa: FBT001
        self.read.append((file.filename, elf))
        state = "none" if name == "app" else "read" if elf else "unread"
        return WheelFacts(installed=2, files=1, kinds=(("py", 2),), elf=state)

    def source(self) -> Source:
        return Source(page=self.page, metadata=self.metadata, facts=self.facts)


def silent(_: str) -> None:
    pass


def test_a_snapshot_holds_what_was_asked_for_and_says_what_is_missing(tmp_path: Path) -> None:
    counted = Counted()
    result = build_projects(
        ["dep", "app", "ghost"], counted.source(), before=Snapshot(tmp_path), tell=silent
    )
    assert [project.name for project in result.projects] == ["app", "dep"]
    assert result.unknown == ("ghost",)
    dep = result.projects[1]
    assert [one.metadata.version for one in dep.releases] == ["3.1", "3.0"]
    assert list_unlisted(result.projects) == ("unlisted",)


def test_machine_code_is_read_for_one_python_only(tmp_path: Path) -> None:
    counted = Counted()
    build_projects(["dep"], counted.source(), before=Snapshot(tmp_path), tell=silent)
    assert sorted(counted.read) == [(FILES["dep"][0], True), (FILES["dep"][2], False)]


def test_what_the_snapshot_before_knows_is_not_read_again(tmp_path: Path) -> None:
    first = build_projects(
        ["app", "dep"], Counted().source(), before=Snapshot(tmp_path), tell=silent
    )
    for project in first.projects:
        (tmp_path / f"{project.name}.jsonl").write_bytes(encode_project(project))
    counted = Counted()
    second = build_projects(
        ["app", "dep"], counted.source(), before=Snapshot(tmp_path), tell=silent
    )
    assert counted.read == []
    assert [encode_project(one) for one in second.projects] == [
        encode_project(one) for one in first.projects
    ]


def test_a_list_of_names_has_comments_blank_lines_and_any_spelling() -> None:
    assert read_names("# what\n\nnumpy  # arrays\nRPi.GPIO\nnumpy\n", "names.txt") == (
        "numpy",
        "rpi-gpio",
    )


def test_what_is_no_name_is_named_with_its_line() -> None:
    with pytest.raises(KnowledgeInvalidError) as caught:
        read_names("numpy\nhttps://somewhere\n", "names.txt")
    assert [(one.file, one.line) for one in caught.value.details] == [("names.txt", 2)]
