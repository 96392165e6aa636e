"""Indexes with a vendor's builds in a project's requirements: silent ones, those without CUDA."""

from dataclasses import dataclass, field, replace

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.errors import TransientError
from scaffold.model.index import Page
from scaffold.model.project import Found, IndexOptions, Origin, OwnImage, Project
from scaffold.planner.vendor_indexes import find_plain_index, leave_unreachable
from tests.support.worlds import World, ask

TABLE = load_facts(knowledge()).accelerators
WHERE = Origin(file="requirements.txt")
CPU = "https://download.pytorch.org/whl/cpu"
CUDA = "https://download.pytorch.org/whl/cu118"
OTHER = "https://pip.company.example/simple"


@dataclass(slots=True)
class Silent(World):
    """An index of which only ``answering`` answer."""

    answering: tuple[str, ...] = ()
    asked_at: list[str] = field(default_factory=list)

    def page(self, name: str, *, index: str = "") -> Page | None:
        self.asked_at.append(index)
        if index not in self.answering:
            raise TransientError(f"the index cannot be reached: {index}")
        return Page(name=name, files=(), origin="test")


def make(base: str = "", *extra: str) -> Project:
    options = IndexOptions(index_url=base, extra_index_urls=extra)
    return Project(name=Found(value="app", origin=WHERE), asked=ask("torch"), index=options)


@pytest.mark.parametrize(
    ("base", "extra", "answering", "left"),
    [
        ("", (CUDA,), (), (CUDA,)),
        ("", (CPU, OTHER), (), (CPU,)),
        (CPU, (OTHER,), (), (CPU,)),
        ("", (CPU + "/", CUDA), (CUDA,), (CPU + "/",)),
        ("", (CUDA,), (CUDA,), ()),
        ("", (OTHER,), (), ()),
    ],
)
def test_a_vendors_index_that_does_not_answer_is_left_out_and_told(
    base: str, extra: tuple[str, ...], answering: tuple[str, ...], left: tuple[str, ...]
) -> None:
    world = Silent(answering=answering)
    project, notes = leave_unreachable(TABLE, make(base, *extra), world)
    assert project.index.silent_urls == left
    kept = (project.index.index_url, *project.index.extra_index_urls)
    assert kept == ("" if base in left else base, *(url for url in extra if url not in left))
    assert [note.text.partition(" ")[0] for note in notes] == list(left)
    assert OTHER not in world.asked_at


@pytest.mark.parametrize(
    ("urls", "found"),
    [
        ((CPU,), (CPU, "the project")),
        ((CPU + "/", OTHER), (CPU, "the project")),
        ((CUDA,), ("", "")),
        ((CPU, CUDA), ("", "")),
        ((OTHER,), ("", "")),
    ],
)
def test_the_index_without_cuda_says_that_there_is_none(
    urls: tuple[str, ...], found: tuple[str, str]
) -> None:
    project = make("", *urls)
    assert find_plain_index(TABLE, project) == found
    silent, _ = leave_unreachable(TABLE, project, Silent())
    assert find_plain_index(TABLE, silent) == found
    image = OwnImage(image="python:3.13", origin=WHERE, urls=frozenset(urls))
    who = "the project's own Dockerfile" if found[0] else ""
    assert find_plain_index(TABLE, replace(make(), own_image=image)) == (found[0], who)


def test_an_index_of_one_platform_alone_says_nothing_of_the_others() -> None:
    for marker, found in (("", CPU), ("sys_platform == 'win32'", "")):
        (asked,) = ask("torch")
        project = replace(make(), asked=(replace(asked, index=CPU, marker=marker),))
        assert find_plain_index(TABLE, project)[0] == found
