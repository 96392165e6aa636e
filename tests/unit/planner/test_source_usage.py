"""What the sources start, open and set, against a base with a package manager."""

from dataclasses import replace
from datetime import date

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.knowledge import Library, SystemPackage
from scaffold.model.project import Origin, Use, When
from scaffold.planner.source_usage import Usage, weigh_uses
from tests.unit.planner.test_decide import facts_of, slim

KNOWN = {
    "nmcli": {"trixie": SystemPackage(name="network-manager", on_disk=9, download=9)},
    "vcgencmd": {},
    "libusb-1.0.so.0": {"trixie": SystemPackage(name="libusb-1.0-0", on_disk=9, download=9)},
    "locales-all": {"trixie": SystemPackage(name="locales-all", on_disk=9, download=9)},
}


def weigh(
    code: str,
    value: str,
    when: When = When.CALL,
    provided: str = "",
    commands: tuple[str, ...] = (),
) -> Usage:
    rows = {
        name: Library(id=name, packages=packages, source="docs", checked=date(2026, 1, 1))
        for name, packages in KNOWN.items()
    }
    base = replace(slim(), ships=("libc.so.6",), programs=("ldconfig", "sh"))
    use = Use(code=code, value=value, origin=Origin(file="main.py", line=2), when=when)
    facts = replace(facts_of(base), libraries=rows)
    return weigh_uses(base, (use,), facts, given=(), commands=commands, provided=(provided,))


def codes(usage: Usage) -> tuple[list[str], list[str], list[str]]:
    lacks = [name for name, _ in usage.lacks]
    return lacks, [one.code for one in usage.refused], [one.code for one in usage.notes]


def test_what_a_package_of_the_distribution_has_is_added_where_it_is_certain() -> None:
    assert codes(weigh("runs-program", "nmcli")) == (["nmcli"], [], [])
    assert codes(weigh("runs-program", "nmcli", When.MAYBE)) == ([], [], ["may-need-program"])
    assert codes(weigh("finds-library", "usb-1.0")) == (["libusb-1.0.so.0"], [], [])
    assert codes(weigh("finds-library", "libusb-1.0.so.0")) == (["libusb-1.0.so.0"], [], [])


def test_what_no_package_is_known_to_have_is_a_note_and_what_none_has_a_refusal() -> None:
    assert codes(weigh("runs-program", "frobnicate")) == ([], [], ["may-need-program"])
    assert codes(weigh("finds-library", "libfrob.so.1")) == ([], [], ["may-need-library"])
    assert codes(weigh("runs-program", "vcgencmd")) == ([], ["needs-program"], [])
    # Without the development package there is only the one with a number.
    assert codes(weigh("finds-library", "libusb-1.0.so")) == ([], ["library-unavailable"], [])


@pytest.mark.parametrize(
    "library", ["AudioToolbox", "CoreFoundation", "IOKit", "Security", "kernel32", "winmm"]
)
def test_a_library_of_another_system_that_is_looked_for_is_missed_nowhere(library: str) -> None:
    facts = load_facts(knowledge())
    for base in facts.bases:
        for when in (When.CALL, When.MAYBE):
            origin = Origin(file="audio.py", line=2)
            use = Use(code="finds-library", value=library, origin=origin, when=when)
            assert weigh_uses(base, (use,), facts, given=(), commands=()) == Usage()


def test_what_is_there_or_provided_lacks_nothing() -> None:
    assert weigh("runs-program", "sh") == Usage()
    assert weigh("finds-library", "c") == Usage()
    assert weigh("finds-library", "libc.so.6") == Usage()
    assert weigh("runs-program", "vcgencmd", provided="vcgencmd") == Usage()


def test_a_locale_that_is_set_at_the_start_is_added_and_a_later_one_is_a_note() -> None:
    assert codes(weigh("sets-locale", "de_DE.UTF-8", When.START)) == (["locales-all"], [], [])
    assert codes(weigh("sets-locale", "de_DE.UTF-8")) == ([], [], ["sets-locale"])
    assert weigh("sets-locale", "C.UTF-8", When.START) == Usage()


def test_a_command_that_is_called_after_its_package_comes_with_it() -> None:
    for command, package in (("pybabel", "babel"), ("django-admin", "django"), ("rq", "rq")):
        assert codes(weigh("runs-program", command, commands=(package,))) == ([], [], [])
    told = codes(weigh("runs-program", "pybabel", commands=("django",)))
    assert told == ([], [], ["may-need-program"])
