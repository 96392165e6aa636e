from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NoReturn

import pytest

from scaffold.docker.doctor import DoctorServices, EngineFacts, Finding, Health, check_up
from scaffold.index.configuration import IndexConfig
from scaffold.model.errors import BuildxMissingError, EngineMissingError, TransientError

ENGINE = EngineFacts(version="29.0", where="unix:///d.sock", platform="linux/x86_64", storage="/d")
ALL = ("linux/amd64", "linux/amd64/v2", "linux/arm64", "linux/arm/v7")
INDEX = "https://me:secret@index.example/simple"
GB = 10**9


def raise_(error: Exception) -> Callable[..., NoReturn]:
    def failing(*_: object) -> NoReturn:
        raise error

    return failing


def well(**changes: object) -> DoctorServices:
    """Return a machine on which everything is well, with some of it changed."""
    edges = DoctorServices(
        environ={},
        today=date(2026, 11, 25),
        find_engine=lambda: ENGINE,
        find_buildx=lambda: (0, 29),
        platforms=lambda: ALL,
        index_config=lambda: IndexConfig(index_url=INDEX),
        fetch=lambda _, __: None,
        free=lambda path: 50 * GB if str(path) in {"/d", "/c"} else None,
        cache=Path("/c/leanscaffold"),
        snapshot=lambda: "2026-11-24",
    )
    return replace(edges, **changes)  # type: ignore[arg-type]


def found(edges: DoctorServices, part: str) -> list[Finding]:
    return [one for one in check_up(edges) if one.part == part]


def test_on_a_good_machine_all_is_well_and_nothing_has_to_be_mended() -> None:
    findings = list(check_up(well()))
    assert {one.health for one in findings} == {Health.WELL}
    assert {one.remedy for one in findings} == {""}
    assert [one.part for one in findings] == [
        *("engine", "buildx", "emulation", "index", "proxy", "disk", "disk", "knowledge"),
    ]


def test_without_an_engine_the_rest_is_looked_at_all_the_same() -> None:
    lost = EngineMissingError("no Docker Engine answers", hint="systemctl start docker")
    findings = {one.part: one for one in check_up(well(find_engine=raise_(lost)))}
    assert (findings["engine"].health, findings["engine"].remedy) == (
        Health.BROKEN,
        "systemctl start docker",
    )
    assert findings["emulation"].health is Health.UNTRIED
    assert findings["buildx"].health is Health.WELL
    assert findings["index"].health is Health.WELL


def test_without_buildx_nothing_is_said_of_emulation() -> None:
    edges = well(find_buildx=raise_(BuildxMissingError("docker has no buildx", hint="apt-get …")))
    assert found(edges, "buildx")[0].health is Health.BROKEN
    assert found(edges, "emulation")[0].health is Health.UNTRIED


def test_missing_emulators_are_named_in_the_command_that_installs_them() -> None:
    (one,) = found(well(platforms=lambda: ("linux/amd64",)), "emulation")
    assert one.health is Health.WEAK
    assert one.remedy.endswith("tonistiigi/binfmt --install arm64,arm")


def test_an_index_that_does_not_answer_is_broken_and_no_password_is_shown() -> None:
    gone = TransientError("index.example cannot be reached", hint="check the network")
    (one,) = found(well(fetch=raise_(gone)), "index")
    assert (one.health, one.remedy) == (Health.BROKEN, "check the network")
    (one,) = found(well(), "index")
    assert one.text == "https://index.example/simple answers"
    (none,) = found(well(index_config=lambda: IndexConfig(index_url="")), "index")
    assert none.health is Health.BROKEN


@pytest.mark.parametrize(
    ("environ", "health", "said"),
    [
        ({"https_proxy": "http://u:pw@proxy.example:3128"}, Health.WELL, "http://proxy.example"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, Health.BROKEN, "is not an address"),
        ({"SSL_CERT_FILE": "/no/such.pem"}, Health.BROKEN, "there is no such file"),
    ],
)
def test_a_proxy_or_certificate_that_cannot_work_is_told(
    environ: Mapping[str, str], health: Health, said: str
) -> None:
    (one,) = found(well(environ=environ), "proxy")
    assert (one.health, said in one.text, "pw" in one.text) == (health, True, False)
    assert bool(one.remedy) == (health is Health.BROKEN)


@pytest.mark.parametrize(
    ("free", "health"), [(50 * GB, Health.WELL), (5 * GB, Health.WEAK), (GB, Health.BROKEN)]
)
def test_room_for_images_is_measured_where_the_engine_keeps_them(free: int, health: Health) -> None:
    images, _ = found(well(free=lambda path: free if str(path) == "/d" else 50 * GB), "disk")
    assert images.health is health
    assert (images.remedy == "docker builder prune") == (health is not Health.WELL)


def test_the_room_of_an_engine_elsewhere_is_not_looked_at() -> None:
    elsewhere = replace(ENGINE, storage="")
    assert len(found(well(find_engine=lambda: elsewhere), "disk")) == 1


@pytest.mark.parametrize(
    ("today", "health"),
    [
        (date(2026, 12, 1), Health.WELL),
        (date(2027, 5, 1), Health.WEAK),
        (date(2028, 1, 1), Health.BROKEN),
    ],
)
def test_knowledge_grows_old(today: date, health: Health) -> None:
    (one,) = found(well(today=today), "knowledge")
    assert one.health is health
    assert ("upgrade" in one.remedy) == (health is not Health.WELL)
