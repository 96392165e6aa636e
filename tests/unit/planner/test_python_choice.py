"""For which Python pins were made."""

from dataclasses import replace
from datetime import date

import pytest
from msgspec.structs import replace as replace_file
from packaging.version import Version

from scaffold.model.codes import Code
from scaffold.model.index import DistFile
from scaffold.model.project import Found, Origin, OwnImage, ProjectFile
from scaffold.model.resolution import Pinned, Reason
from scaffold.model.target import Arch, Environment, Libc, LibcFamily
from scaffold.model.verdict import Accepted, Rejected
from scaffold.planner.candidates import choose
from scaffold.planner.pythons import (
    doubt_dockerfile,
    doubt_python,
    list_asked_pythons,
    list_bound_pythons,
)
from scaffold.resolver.releases import Release, list_wheel_pythons
from tests.support.builders import make_base, make_candidate, make_pinned, make_project
from tests.support.worlds import ask

RELEASED = {"3.11": date(2022, 10, 24), "3.12": date(2023, 10, 2), "3.14": date(2025, 10, 7)}


def pin(name: str, day: str, *pythons: str, newest: str = "9", filename: str = "") -> Pinned:
    made = make_pinned(name, "1.0")
    file = replace_file(made.file, uploaded=day, filename=filename or made.file.filename)
    return replace(made, file=file, newest=newest, pythons=pythons)


def doubted(*pins: Pinned, python: str = "3.14") -> list[str]:
    project = replace(make_project(), asked=ask(*(f"{one.name}==1.0" for one in pins)))
    return [reason.package for reason in doubt_python(project, pins, python, RELEASED)]


def test_pins_that_are_all_older_than_a_python_were_not_made_for_it() -> None:
    old = pin("pydantic", "2023-09-27", "3.10", "3.11", "3.12")
    assert doubted(old) == ["pydantic"]
    assert doubted(old, python="3.12") == []
    assert doubted(old, python="3.11") == []


def test_what_names_a_python_or_has_a_wheel_for_it_is_not_doubted() -> None:
    assert doubted(pin("a", "2025-01-01", "3.14")) == []
    native = "a-1.0-cp314-cp314-manylinux_2_28_x86_64.whl"
    assert doubted(pin("a", "2025-01-01", filename=native)) == []


def test_beside_newer_pins_only_classifiers_that_stop_earlier_count() -> None:
    new = pin("certifi", "2026-01-01")
    assert doubted(new, pin("six", "2021-01-01")) == []
    assert doubted(new, pin("pydantic", "2023-09-27", "3.12")) == ["pydantic"]
    assert doubted(new, pin("colorama", "2022-10-25", "3.10", newest="1.0")) == []


def test_a_bound_that_keeps_an_old_release_counts_as_a_pin_does() -> None:
    old = pin("requests", "2020-06-17", "3.7", "3.8")
    for bound in ("~=1.0", "<2", ">=0.5,<2", "==1.*"):
        project = replace(make_project(), asked=ask(f"requests{bound}"))
        [reason] = doubt_python(project, [old], "3.14", RELEASED)
        assert reason.package == "requests"
        assert doubt_python(project, [replace(old, newest="1.0")], "3.14", RELEASED) == ()
    assert (
        doubt_python(replace(make_project(), asked=ask("requests>=1")), [old], "3.14", RELEASED)
        == ()
    )


def test_code_that_was_never_compiled_for_a_python_counts_pinned_or_not() -> None:
    old = replace(pin("multidict", "2022-12-24"), wheel=False, wheel_pythons=("3.10", "3.11"))
    [reason] = doubt_python(make_project(), [old], "3.14", RELEASED)
    assert "--python 3.11" in reason.text
    assert doubted(pin("new", "2026-01-01"), old) == ["multidict"]
    # Before that Python there was nothing newer to compile for; without wheels nobody knows.
    assert doubt_python(make_project(), [old], "3.11", RELEASED) == ()
    assert doubt_python(make_project(), [replace(old, wheel_pythons=())], "3.14", RELEASED) == ()


@pytest.mark.parametrize(
    ("wheels", "pythons"),
    [
        (
            ["cp310-cp310-manylinux_2_17_aarch64", "cp311-cp311-manylinux_2_17_aarch64"],
            ["3.10", "3.11"],
        ),
        (["cp39-cp39-win_amd64", "cp39-cp39-musllinux_1_1_aarch64"], []),
        (["py3-none-any"], []),
    ],
)
def test_wheels_of_other_pythons_count_for_the_same_platform(
    wheels: list[str], pythons: list[str]
) -> None:
    files = tuple(DistFile(filename=f"a-1.0-{tags}.whl") for tags in wheels)
    release = Release(version=Version("1.0"), wheels=files, sdist=None)
    environment = Environment(
        python="3.14", arch=Arch.ARM64, libc=Libc(family=LibcFamily.GLIBC, version=(2, 36))
    )
    assert list(list_wheel_pythons(release, environment)) == pythons


def test_requirements_without_pins_doubt_nothing() -> None:
    project = replace(make_project(), asked=ask("a>=1", "b"))
    assert doubt_python(project, [pin("a", "2020-01-01")], "3.14", RELEASED) == ()


@pytest.mark.parametrize(
    ("bounds", "asked"),
    [
        (("==3.10.*",), ["3.10"]),
        (("==3.10.4",), ["3.10"]),
        (("<3.11",), ["3.10"]),
        ((">=3.10",), []),
        ((), []),
        ((">=3.11",), []),
    ],
)
def test_a_python_past_its_end_is_offered_where_it_is_all_that_is_asked_for(
    bounds: tuple[str, ...], asked: list[str]
) -> None:
    pythons = {"3.10": date(2026, 10, 31), "3.11": date(2027, 10, 31), "3.14": None}
    assert list(list_asked_pythons(bounds, pythons, date(2026, 11, 28))) == asked


@pytest.mark.parametrize(
    ("tags", "bound"),
    [
        (["cp310-cp310-linux_aarch64"], [{"3.10"}]),
        (["cp39-cp39-linux_aarch64", "cp310-cp310-linux_aarch64"], [{"3.9", "3.10"}]),
        (["cp39-abi3-linux_aarch64"], []),
        (["py3-none-any", "cp310-cp310-linux_aarch64"], []),
    ],
)
def test_wheels_of_the_project_bind_its_python(tags: list[str], bound: list[set[str]]) -> None:
    files = [DistFile(filename=f"a-1.0-{one}.whl") for one in tags]
    own = tuple(ProjectFile(name="a", path=one.filename, file=one) for one in files)
    project = replace(make_project(), asked=ask("a"), distributions=own)
    assert list(list_bound_pythons(project)) == bound
    named = replace(project.asked[0], url=f"https://files.example/{files[0].filename}#sha256=0")
    if len(files) == 1:
        assert list(list_bound_pythons(replace(project, asked=(named,)))) == bound


@pytest.mark.parametrize(
    ("proven", "untried"),
    [("3.11", ["3.12", "3.14"]), ("3.9", [*RELEASED]), ("3.15", []), ("3", []), ("", [])],
)
def test_newer_pythons_than_that_of_the_projects_own_dockerfile_are_untried(
    proven: str, untried: list[str]
) -> None:
    image = OwnImage(image=f"python:{proven}", origin=Origin(file="Dockerfile", line=3))
    project = replace(make_project(), own_image=image, pythons=())
    reasons = [one for python in RELEASED for one in doubt_dockerfile(project, python, proven)]
    assert [reason.fact for reason in reasons] == untried
    assert {reason.code for reason in reasons} <= {Code.PYTHON_UNTRIED}
    assert all(f"Dockerfile:3 runs Python {proven}" in reason.text for reason in reasons)
    bound = Found(value=">=3.9", origin=Origin(file="pyproject.toml", line=2))
    for named in (replace(project, pythons=(bound,)), replace(project, own_image=None)):
        assert not list(doubt_dockerfile(named, "3.14", proven))


def test_why_a_newer_python_was_not_taken_is_not_why_another_base_cannot() -> None:
    doubt = Reason(code=Code.PYTHON_AFTER_PINS, text="six is older than Python 3.13")
    lacks = Reason(code=Code.NEEDS_LIBRARY, text="six needs libx.so.1")
    slow = Reason(code=Code.COMPILE_TOO_SLOW, text="six would have to be compiled")
    bare = make_base("bare-trixie", origin="slim-trixie", shell=False)
    row: list[Accepted | Rejected] = [
        Rejected(base=bare, python="3.14", reasons=(lacks,)),
        Rejected(base=bare, python="3.13", reasons=(lacks,)),
        Accepted(candidate=make_candidate(python="3.12")),
        Accepted(candidate=replace(make_candidate(python="3.13"), doubts=(doubt,))),
        Rejected(base=make_base(), python="3.14", reasons=(slow,)),
    ]
    _, why = choose([row], "size")
    assert [reason.text for reason in why] == [
        "not Python 3.14: six would have to be compiled",
        "not Python 3.13: six is older than Python 3.13",
    ]
