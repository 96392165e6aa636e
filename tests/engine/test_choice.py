"""Which engine the tests use, decided without one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.choice import NoEngineError, ca_bundle, choose
from tests.engine.engine import Engine
from tests.engine.home import digest, find_home, whole
from tests.engine.shell import EngineError
from tests.engine.standins import ASKED, STAND_INS, needed

OWN = Engine(environ={}, version="28.5.2", registry="127.0.0.1:1")
NOWHERE = {"PATH": "/nowhere"}


def _never() -> Engine:
    raise AssertionError("no engine is to be started")


def _choose(wish: str, reason: str = "", start: Callable[[], Engine] = lambda: OWN) -> Engine:
    environ = NOWHERE | {"LEANSCAFFOLD_ENGINE": wish}
    return choose(environ, why_not=lambda: reason, start=start)


@pytest.mark.parametrize("wish", ["", "own"])
def test_without_docker_an_own_engine_is_started(wish: str) -> None:
    assert _choose(wish) is OWN


@pytest.mark.parametrize("wish", ["", "own"])
def test_what_keeps_an_own_engine_from_starting_is_said(wish: str) -> None:
    with pytest.raises(NoEngineError, match="needs root"):
        _choose(wish, "it needs root", _never)


def test_no_engine_is_started_where_only_an_existing_one_is_wished_for() -> None:
    with pytest.raises(NoEngineError, match="no Docker Engine answers"):
        _choose("existing", start=_never)


def test_no_engine_is_started_where_none_is_wished_for() -> None:
    with pytest.raises(NoEngineError, match="LEANSCAFFOLD_ENGINE=none"):
        _choose("none", start=_never)


def test_an_unknown_wish_is_an_error() -> None:
    with pytest.raises(EngineError, match="own, existing or none, not 'mine'"):
        _choose("mine", start=_never)


def test_certificates_are_those_that_pip_is_told_of(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    assert ca_bundle({"SSL_CERT_FILE": str(bundle)}) == bundle
    assert ca_bundle({"PIP_CERT": str(bundle), "SSL_CERT_FILE": "/else"}) == bundle
    assert ca_bundle({"PIP_CERT": str(tmp_path / "gone")}) is None
    assert ca_bundle({}) is None


def test_the_home_is_in_the_cache_folder_unless_it_is_named() -> None:
    assert find_home({"XDG_CACHE_HOME": "/c"}).folder == Path("/c/leanscaffold-engine")
    assert find_home({"LEANSCAFFOLD_ENGINE_HOME": "/h"}).folder == Path("/h")


def test_two_homes_share_no_socket() -> None:
    one, other = (find_home({"LEANSCAFFOLD_ENGINE_HOME": name}) for name in ("/a", "/b"))
    assert one.socket != other.socket


def test_a_file_that_was_not_written_to_its_end_is_not_there(tmp_path: Path) -> None:
    def fail() -> None:
        with whole(tmp_path / "archive") as part:
            part.write_text("half")
            raise EngineError("disk full")

    with pytest.raises(EngineError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_digest_tells_contents_and_borders_apart(tmp_path: Path) -> None:
    file = tmp_path / "recipe"
    file.write_text("ab")
    before = digest(file, "c")
    file.write_text("abc")
    assert before not in {digest(file, "c"), digest("abc"), digest("a", "bc")}


def test_some_images_are_there_only_for_who_asks() -> None:
    asked = {base: {image.base for image, _ in needed(["amd64"], [base])} for base in ASKED}
    usual = {image.base for image, _ in needed(["amd64"])}
    assert usual.isdisjoint(ASKED)
    assert asked == {base: usual | {base} for base in ASKED}


def test_an_image_lies_in_the_mirror_where_an_engine_looks_for_its_name() -> None:
    places = {image.place("amd64") for image in STAND_INS}
    assert "library/python:3.13-slim-trixie-amd64" in places
    assert "distroless/python3-debian13:nonroot-amd64" in places
    assert "3.13" in {tag for image in STAND_INS for tag in image.tags}


def test_images_of_amd64_are_there_for_every_architecture_that_builds_on_it() -> None:
    found = [(image.tags[0], arch) for image, arch in needed(["arm/v7"])]
    assert found == [
        ("bookworm-slim", "amd64"),
        ("bookworm-slim", "arm/v7"),
        ("3.13-slim-bookworm", "amd64"),
        ("3.13-slim-bookworm", "arm/v7"),
    ]
