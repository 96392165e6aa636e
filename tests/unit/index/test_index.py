import json
import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_file

from scaffold.catalog.snapshot import KnownProject, KnownRelease, Snapshot, encode_project
from scaffold.index.cache import Cache
from scaffold.index.client import Http
from scaffold.index.configuration import IndexConfig
from scaffold.index.layered_index import LayeredIndex
from scaffold.index.live_index import FRESH, LiveIndex
from scaffold.index.metadata import parse_metadata
from scaffold.model.errors import ConfigInvalidError, TransientError, UnresolvableError
from scaffold.model.index import DistFile, Metadata, WheelFacts
from scaffold.model.project import Lock, LockedFile, LockedPackage, Origin
from tests.support.index_server import FakeIndex, Served, make_sdist, make_wheel

ELF = Path(__file__).parents[2] / "data" / "elf"
NATIVE = "demo-1.0-cp313-cp313-manylinux_2_28_x86_64.whl"


class Bench:
    """Opens indexes over one server and one folder, at a time that the test sets."""

    def __init__(self, server: FakeIndex, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.now = 1_000_000.0
        self.opened: list[LayeredIndex] = []
        self.config = IndexConfig(index_url=server.url, timeout=5)

    def open(self, *, offline: bool = False, locks: tuple[Lock, ...] = ()) -> LayeredIndex:
        live = LiveIndex(
            lambda: self.config,
            Cache(self.folder / "cache"),
            clock=lambda: self.now,
            connect=lambda config: Http(config, retries=2, backoff=0),
        )
        snapshot = Snapshot(self.folder / "snapshot")
        index = LayeredIndex(live=live, snapshot=snapshot, locks=locks, offline=offline, workers=4)
        self.opened.append(index)
        return index

    def add_snapshot(self, *releases: KnownRelease) -> None:
        folder = self.folder / "snapshot"
        folder.mkdir(exist_ok=True)
        project = KnownProject(name="demo", releases=releases)
        (folder / "demo.jsonl").write_bytes(encode_project(project))


@pytest.fixture
def bench(server: FakeIndex, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(server, tmp_path)
    yield bench
    for index in bench.opened:
        index.close()


def demo_lock(*, requires: tuple[str, ...] | None = ("dep>=1",)) -> Lock:
    package = LockedPackage(
        name="demo",
        version="0.9",
        files=(LockedFile(filename="demo-0.9-py3-none-any.whl", sha256="ab" * 32),),
        requires=requires,
        extra_requires=(("fast", ('quick ; sys_platform == "linux"', "swift>=2")),),
        origin=Origin(file="uv.lock"),
    )
    return Lock(file="uv.lock", kind="uv", packages=(package,))


def files_of(index: LayeredIndex, name: str = "demo") -> tuple[DistFile, ...]:
    page = index.page(name)
    assert page is not None
    return page.files


def test_a_page_lists_files_and_a_second_run_does_not_ask_again(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0"))
    bench.server.add_page("demo", [entry])
    page = bench.open().page("demo")
    assert page is not None
    assert page.origin == "index"
    assert page.files[0].url == f"http://{bench.server.host}/files/demo-1.0-py3-none-any.whl"
    again = bench.open().page("demo")
    assert again is not None
    assert again.origin == "cache"
    assert again.files == page.files
    assert bench.server.paths().count("/simple/demo/") == 1


def test_an_old_page_is_revalidated_where_the_server_gave_a_tag(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0.tar.gz", make_sdist("demo", "1.0"))
    bench.server.add_page("demo", [entry], etag='"one"')
    before = files_of(bench.open())
    bench.now += FRESH + 1
    assert files_of(bench.open()) == before
    asked = [one for one in bench.server.seen if one.path == "/simple/demo/"]
    assert [one.headers.get("If-None-Match") for one in asked] == [None, '"one"']
    bench.now += FRESH - 1
    assert files_of(bench.open()) == before
    assert bench.server.paths().count("/simple/demo/") == 2


def test_an_old_page_without_a_tag_is_fetched_anew(bench: Bench) -> None:
    bench.server.add_page("demo", [])
    assert files_of(bench.open()) == ()
    entry = bench.server.add_file("demo-2.0.tar.gz", make_sdist("demo", "2.0"))
    bench.server.add_page("demo", [entry])
    bench.now += FRESH + 1
    assert [file.filename for file in files_of(bench.open())] == ["demo-2.0.tar.gz"]


def test_a_project_that_does_not_exist_is_none(bench: Bench) -> None:
    assert bench.open().page("nothing") is None


def test_a_second_index_adds_its_files(bench: Bench) -> None:
    bench.server.add_page("demo", [])
    listed = [{"filename": "demo-3.0.tar.gz", "url": "demo-3.0.tar.gz", "hashes": {}}]
    body = json.dumps({"files": listed}).encode()
    bench.server.routes["/more/demo/"] = Served(body=body, kind="application/json")
    more = f"http://{bench.server.host}/more"
    bench.config = IndexConfig(index_url=bench.server.url, extra_index_urls=(more,))
    assert [file.filename for file in files_of(bench.open())] == ["demo-3.0.tar.gz"]


def test_an_index_that_fails_twice_is_asked_a_third_time(bench: Bench) -> None:
    bench.server.add_page("demo", [], statuses=[503, 502])
    assert files_of(bench.open()) == ()


def test_an_index_that_keeps_failing_is_an_error_without_credentials(bench: Bench) -> None:
    bench.server.add_page("demo", [], statuses=[500] * 20)
    bench.config = IndexConfig(index_url=f"http://me:s3cret@{bench.server.host}/simple")
    with pytest.raises(TransientError) as caught:
        bench.open().page("demo")
    assert f"http://{bench.server.host}/simple/demo/" in caught.value.cause
    assert "s3cret" not in caught.value.cause
    assert "--offline" in caught.value.hint


def test_a_connection_that_drops_midway_is_an_error_and_leaves_nothing_behind(
    bench: Bench,
) -> None:
    entry = bench.server.add_file("demo-1.0.tar.gz", make_sdist("demo", "1.0"))
    served = bench.server.add_page("demo", [entry], cut=20)
    with pytest.raises(TransientError, match="broke off"):
        bench.open().page("demo")
    assert not [path for path in (bench.folder / "cache").rglob("*") if path.is_file()]
    served.cut = None
    assert len(files_of(bench.open())) == 1


def test_a_head_that_never_ends_is_cut_off(bench: Bench) -> None:
    bench.server.add_page("demo", [], dribble=True)
    http = Http(bench.config, retries=3, patience=0.3)
    with pytest.raises(TransientError, match="did not answer in time"):
        http.get(f"{bench.server.url}/demo/")
    assert len(bench.server.seen) == 1, "it is not asked again"


@pytest.mark.parametrize(
    "says",
    [f"bytes 0-{10**14}/{10**14}", "bytes 5-1/2", f"bytes 0-{10**40}/9", "bytes -9-1/2", "x"],
)
def test_what_a_server_says_of_a_range_is_not_believed(bench: Bench, says: str) -> None:
    filename = "demo-1.0-py3-none-any.whl"
    entry = bench.server.add_file(
        filename, make_wheel("demo", "1.0", "Requires-Dist: d"), says=says
    )
    bench.server.add_page("demo", [entry])
    index = bench.open()
    found = index.metadata("demo", "1.0", files_of(index)[0])
    assert found is not None
    assert found.requires == ("d",)


def test_a_server_that_nobody_answers_at_is_an_error(bench: Bench) -> None:
    bench.config = IndexConfig(index_url="http://127.0.0.1:1/simple", timeout=2)
    with pytest.raises(TransientError, match="cannot be reached"):
        bench.open().page("demo")


def test_user_and_password_of_the_url_are_sent_and_shown_nowhere(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0"))
    expected = "Basic " + b64encode(b"me:s3cret").decode()
    bench.server.add_page("demo", [entry], user=expected)
    bench.config = IndexConfig(index_url=f"http://me:s3cret@{bench.server.host}/simple")
    page = bench.open().page("demo")
    assert page is not None
    assert len(page.files) == 1
    assert "s3cret" not in repr(page)
    stored = b"".join(
        path.read_bytes() for path in (bench.folder / "cache").rglob("*") if path.is_file()
    )
    assert b"s3cret" not in stored


def test_an_index_that_refuses_access_says_what_to_do(bench: Bench) -> None:
    bench.server.add_page("demo", [], user="Basic nobody")
    with pytest.raises(ConfigInvalidError, match="refuses access") as caught:
        bench.open().page("demo")
    assert "netrc" in caught.value.hint


@pytest.mark.parametrize("ranges", [True, False])
def test_metadata_is_read_from_inside_a_wheel(bench: Bench, ranges: bool) -> None:  # noqa: FBT001
    wheel = make_wheel(
        "demo", "1.0", "Requires-Dist: dep>=2", "Provides-Extra: fast", "Requires-Python: >=3.9",
        files={"demo/big.bin": bytes(range(256)) * 2000, "demo/a.py": b""},
    )  # fmt: skip
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", wheel, ranges=ranges)
    bench.server.add_page("demo", [entry])
    index = bench.open()
    metadata = index.metadata("demo", "1.0", files_of(index)[0])
    assert metadata == Metadata(
        name="demo", version="1.0", requires=("dep>=2",), extras=("fast",), requires_python=">=3.9"
    )


@pytest.mark.parametrize(
    ("source", "opened"),
    [
        (b"import ctypes.util\nctypes.CDLL(ctypes.util.find_library('mpv'))\n", ("mpv",)),
        (b"import ctypes\ndef load():\n    ctypes.CDLL('libvlc.so.5')\nload()\n", ("libvlc.so.5",)),
        (b"from ctypes import *\ntry:\n    CDLL('libx.so.1')\nexcept OSError:\n    pass\n", ()),
        (b"import ctypes.util\nctypes.CDLL(ctypes.util.find_library('c'))\n", ()),
        (b"import ctypes\ndef use():\n    ctypes.CDLL('libx.so.1')\n", ("libx.so.1?",)),
        (b"import cffi\nffi = cffi.FFI()\nffi.dlopen('libx.so.1')\n", ("libx.so.1",)),
        (b"import ctypes as c\nc.cdll.LoadLibrary('libx.so.1')\n", ("libx.so.1",)),
        (b"import opus\nopus.load('libopus.so.0')\n", ("libopus.so.0",)),
        (b"import ctypes\nclass Point(ctypes.Structure):\n    pass\n", ()),
        (b"import sys, ctypes\nif sys.platform == 'win32':\n    ctypes.CDLL('a.so')\n", ()),
    ],
)
def test_libraries_that_a_pure_wheel_opens_are_read(
    bench: Bench, source: bytes, opened: tuple[str, ...]
) -> None:
    wheel = make_wheel("demo", "1.0", files={"demo/__init__.py": source})
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", wheel)
    bench.server.add_page("demo", [entry])
    index = bench.open()
    (facts,) = index.wheel_facts([("demo", "1.0", files_of(index)[0])], network=True)
    assert facts is not None
    assert tuple(f"{name}{'' if sure else '?'}" for name, _, sure in facts.opened) == opened


def test_a_range_reader_does_not_download_the_wheel(bench: Bench) -> None:
    noise = b"".join(bytes([i * 7 % 251, i // 251 % 256]) for i in range(200_000))
    wheel = make_wheel("demo", "1.0", files={f"demo/{i}.bin": noise[i:] for i in range(9)})
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", wheel)
    bench.server.add_page("demo", [entry])
    index = bench.open()
    assert index.metadata("demo", "1.0", files_of(index)[0]) is not None
    asked = [one for one in bench.server.seen if one.path.startswith("/files/")]
    assert asked
    assert all(one.headers.get("Range", "").startswith("bytes=") for one in asked)


def test_metadata_is_read_without_the_sources_of_a_small_wheel(bench: Bench) -> None:
    wheel = make_wheel("demo", "1.0", files={"demo/a.py": b"#" + os.urandom(300_000)})
    bench.server.add_page("demo", [bench.server.add_file("demo-1.0-py3-none-any.whl", wheel)])
    index = bench.open()
    assert index.metadata("demo", "1.0", files_of(index)[0]) is not None
    (asked,) = [one for one in bench.server.seen if one.path.startswith("/files/")]
    assert int(asked.headers["Range"].removeprefix("bytes=-")) < 100_000


def test_announced_metadata_saves_looking_into_the_wheel(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0"))
    text = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: announced\n"
    bench.server.routes["/files/demo-1.0-py3-none-any.whl.metadata"] = Served(body=text)
    bench.server.add_page("demo", [entry | {"core-metadata": True}])
    index = bench.open()
    metadata = index.metadata("demo", "1.0", files_of(index)[0])
    assert metadata is not None
    assert metadata.requires == ("announced",)
    assert "/files/demo-1.0-py3-none-any.whl" not in bench.server.paths()


# As the sdist of py-find-1st has it: what stands behind the broken line is not read.
BROKEN = ("Requires-Dist: dep", "Download-URL: https://h.example/v1", ".tar.gz", "Requires-Dist: x")


@pytest.mark.parametrize(
    ("level", "lines", "files", "requires", "uncertain"),
    [
        ("2.2", ("Requires-Dist: dep",), {}, ("dep",), False),
        ("2.1", ("Requires-Dist: dep",), {}, ("dep",), False),
        ("2.2", ("Dynamic: Requires-Dist",), {}, (), True),
        ("2.1", (), {}, (), True),
        ("1.1", (), {"demo.egg-info/requires.txt": "dep\n"}, ("dep",), False),
        ("2.1", (), {"src/demo.egg-info/SOURCES.txt": ""}, (), False),
        ("2.1", (), {"other.egg-info/requires.txt": "dep\n"}, (), True),
        ("2.1", (), {"setup.py": "setup(install_requires=['dep'])"}, ("dep",), False),
        ("2.1", (), {"setup.py": "setup(install_requires=read())"}, (), True),
        ("2.1", BROKEN, {"setup.py": "setup(install_requires=['other'])"}, ("other",), False),
        ("2.1", BROKEN, {}, (), True),
        ("2.1", (), {"setup.cfg": "[options]\ninstall_requires = dep\n"}, ("dep",), False),
        ("2.1", (), {"pyproject.toml": "[project]\ndependencies = ['dep']"}, ("dep",), False),
    ],
)
def test_what_an_sdist_requires_is_read_from_all_that_says_so(
    bench: Bench,
    level: str,
    lines: tuple[str, ...],
    files: dict[str, str],
    requires: tuple[str, ...],
    *,
    uncertain: bool,
) -> None:
    sdist = make_sdist("demo", "1.0", *lines, level=level, files=files)
    bench.server.add_page("demo", [bench.server.add_file("demo-1.0.tar.gz", sdist)])
    index = bench.open()
    metadata = index.metadata("demo", "1.0", files_of(index)[0])
    assert metadata is not None
    assert (metadata.requires, metadata.uncertain) == (requires, uncertain)


def test_each_wheel_of_a_release_has_requirements_of_its_own(bench: Bench) -> None:
    arm = NATIVE.replace("x86_64", "aarch64")
    entries = [
        bench.server.add_file(NATIVE, make_wheel("demo", "1.0", "Requires-Dist: much")),
        bench.server.add_file(arm, make_wheel("demo", "1.0", "Requires-Dist: little")),
    ]
    bench.server.add_page("demo", entries)
    for order in ((0, 1), (1, 0)):
        for again in (bench.open(), bench.open()):
            files = {number: files_of(again)[number] for number in order}
            told = {n: again.metadata("demo", "1.0", file) for n, file in files.items()}
            needs = {n: one.requires for n, one in told.items() if one is not None}
            assert needs == {0: ("much",), 1: ("little",)}


def test_metadata_that_is_not_its_hash_is_refused(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0"))
    text = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: evil\n"
    bench.server.routes["/files/demo-1.0-py3-none-any.whl.metadata"] = Served(body=text)
    bench.server.add_page("demo", [entry | {"core-metadata": {"sha256": "ab" * 32}}])
    index = bench.open()
    with pytest.raises(UnresolvableError, match="SHA-256 differs"):
        index.metadata("demo", "1.0", files_of(index)[0])


def test_an_sdist_that_is_not_its_hash_is_refused(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0.tar.gz", make_sdist("demo", "1.0"))
    bench.server.add_page("demo", [entry | {"hashes": {"sha256": "ab" * 32}}])
    index = bench.open()
    with pytest.raises(UnresolvableError, match="SHA-256 differs"):
        index.metadata("demo", "1.0", files_of(index)[0])


def test_what_one_index_claims_of_a_hash_is_not_believed_of_another(bench: Bench) -> None:
    honest = bench.server.add_file("demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0"))
    bench.server.add_page("demo", [honest])
    text = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: evil\n"
    bench.server.routes["/evil/demo/x.whl.metadata"] = Served(body=text)
    claimed = honest | {"url": "x.whl", "core-metadata": True}
    body = json.dumps({"files": [claimed]}).encode()
    bench.server.routes["/evil/demo/"] = Served(body=body, kind="application/json")
    usual = bench.config
    bench.config = IndexConfig(index_url=f"http://{bench.server.host}/evil")
    evil = bench.open()
    found = evil.metadata("demo", "1.0", files_of(evil)[0])
    assert found is not None
    assert found.requires == ("evil",)
    bench.config = usual
    index = bench.open()
    found = index.metadata("demo", "1.0", files_of(index)[0])
    assert found is not None
    assert found.requires == ()


def test_the_snapshot_does_not_speak_for_one_of_several_wheels(bench: Bench) -> None:
    wheel = make_wheel("demo", "0.8", "Requires-Dist: own")
    entry = bench.server.add_file("demo-0.8-cp313-cp313-manylinux_2_28_x86_64.whl", wheel)
    bench.server.add_page("demo", [entry])
    listed = DistFile(filename=entry["filename"], sha256=entry["hashes"]["sha256"], size=9)
    both = replace(KNOWN, files=(*KNOWN.files, replace_file(listed, uploaded="2026-01-01")))
    bench.add_snapshot(both)
    index = bench.open()
    found = index.metadata("demo", "0.8", files_of(index)[0])
    assert found is not None
    assert found.requires == ("own",)


def test_a_file_that_is_gone_has_no_metadata(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0"))
    del bench.server.routes["/files/demo-1.0-py3-none-any.whl"]
    bench.server.add_page("demo", [entry])
    index = bench.open()
    assert index.metadata("demo", "1.0", files_of(index)[0]) is None


def test_wheel_facts_count_every_file_in_one_kind(bench: Bench) -> None:
    files = {
        "demo/__init__.py": b"1" * 10,
        "demo/stubs.pyi": b"1" * 20,
        "demo/include/demo.h": b"1" * 30,
        "demo/libdemo.a": b"1" * 40,
        "demo/fast.pyx": b"1" * 50,
        "demo/tests/test_it.py": b"1" * 60,
        "demo/testing/helpers.py": b"1" * 5,
        "demo/docs/index.html": b"1" * 70,
        "demo/data.bin": b"1" * 80,
        "demo.libs/libz-1a2b.so.1": b"1" * 90,
        "demo/tests/data/one.dat": b"2" * (1 << 16),
        **dict.fromkeys(("demo/a.dat", "demo/b.dat", "demo/c.abi3.so"), b"2" * (1 << 16)),
        "demo-1.0.data/data/share/lab/a.dat": b"2" * (1 << 16),
    }
    entry = bench.server.add_file(
        "demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0", files=files)
    )
    bench.server.add_page("demo", [entry])
    index = bench.open()
    (facts,) = index.wheel_facts([("demo", "1.0", files_of(index)[0])], network=True)
    assert facts is not None
    kinds = dict(facts.kinds)
    dist_info = kinds.pop("dist-info")
    assert kinds == {
        "py": 15, "pyi": 20, "headers": 30, "static": 40, "sources": 50, "tests": 65_596,
        "docs": 70, "other": 196_688, "so": 65_626,
    }  # fmt: skip
    assert facts.duplicates == 1 << 16  # tests are trimmed, modules and share/ stay apart
    assert facts.installed == sum(kinds.values()) + dist_info
    assert facts.files == len(files) + 2
    assert facts.elf == "unread"  # whatever its name promises


def test_machine_code_of_a_small_wheel_is_read_once(bench: Bench) -> None:
    wheel = make_wheel("demo", "1.0", files={"demo/x.so": (ELF / "probe.so").read_bytes()})
    bench.server.add_page("demo", [bench.server.add_file(NATIVE, wheel)])
    index = bench.open()
    wanted = [("demo", "1.0", files_of(index)[0])]
    # What is fetched ahead may be there already: the list of files, never the machine code.
    (before,) = index.wheel_facts(wanted, network=False)
    assert before is None or before.elf == "unread"
    (facts,) = index.wheel_facts(wanted, network=True)
    assert facts is not None
    assert (facts.elf, facts.glibc) == ("read", (2, 25))
    assert "liboutside.so.1" in facts.needs
    index.metadata("demo", "1.0", files_of(index)[0])  # fetched ahead: wait for it
    asked = len(bench.server.seen)
    (again,) = bench.open().wheel_facts(wanted, network=True)
    assert again == facts
    assert len(bench.server.seen) == asked


def test_machine_code_that_barely_shrinks_is_read(bench: Bench) -> None:
    """A member is read in one piece, which no directory of a wheel is as long as."""
    library = (ELF / "probe.so").read_bytes() + os.urandom(17 << 20)
    wheel = make_wheel("demo", "1.0", files={"demo/x.so": library})
    bench.server.add_page("demo", [bench.server.add_file(NATIVE, wheel)])
    index = bench.open()
    (facts,) = index.wheel_facts([("demo", "1.0", files_of(index)[0])], network=True)
    assert facts is not None
    assert facts.elf == "read"


@pytest.mark.parametrize("size", [100_000_000, None])
def test_machine_code_of_a_large_wheel_is_read_when_asked_for(
    bench: Bench, size: int | None
) -> None:
    wheel = make_wheel("demo", "1.0", files={"demo/x.so": (ELF / "probe.so").read_bytes()})
    bench.server.add_page("demo", [bench.server.add_file(NATIVE, wheel) | {"size": size}])
    index = bench.open()
    wanted = [("demo", "1.0", files_of(index)[0])]
    read = [index.wheel_facts(wanted, network=True, large=large) for large in (False, True)]
    assert [facts.elf if facts else "" for (facts,) in read] == ["unread", "read"]
    assert bench.open().wheel_facts(wanted, network=False) == read[1]


def test_a_large_wheel_takes_over_what_its_sibling_needs(bench: Bench) -> None:
    small = make_wheel("demo", "1.0", files={"demo/x.so": (ELF / "probe.so").read_bytes()})
    other = NATIVE.replace("cp313", "cp314")
    musl = "demo-1.0-cp314-cp314-musllinux_1_2_x86_64.whl"
    entries = [
        bench.server.add_file(NATIVE, small),
        bench.server.add_file(other, small + b"\0") | {"size": 500_000_000},
        bench.server.add_file(musl, small + b"\0\0") | {"size": 500_000_000},
    ]
    bench.server.add_page("demo", entries)
    index = bench.open()
    files = {file.filename: file for file in files_of(index)}
    index.wheel_facts([("demo", "1.0", files[NATIVE])], network=True)
    large, foreign = bench.open().wheel_facts(
        [("demo", "1.0", files[other]), ("demo", "1.0", files[musl])], network=True
    )
    assert large is not None
    assert (large.elf, large.elf_from, large.glibc) == ("assumed", NATIVE, (2, 25))
    assert foreign is not None
    assert (foreign.elf, foreign.needs) == ("unread", ())


def test_prefetched_pages_and_their_newest_metadata_are_there_when_asked_for(
    bench: Bench,
) -> None:
    for name in ("alpha", "beta"):
        wheel = make_wheel(name, "1.0", "Requires-Dist: gamma" if name == "alpha" else "")
        entry = bench.server.add_file(f"{name}-1.0-py3-none-any.whl", wheel)
        bench.server.add_page(name, [entry])
    entry = bench.server.add_file("gamma-1.0.tar.gz", make_sdist("gamma", "1.0"))
    bench.server.add_page("gamma", [entry])
    index = bench.open()
    index.prefetch(["alpha", "beta"])
    threads = [threading.Thread(target=index.page, args=(name,)) for name in ("alpha", "gamma")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alpha = index.metadata("alpha", "1.0", files_of(index, "alpha")[0])
    assert alpha is not None
    assert alpha.requires == ("gamma",)
    assert sorted(path for path in bench.server.paths() if "simple" in path) == [
        "/simple/alpha/", "/simple/beta/", "/simple/gamma/",
    ]  # fmt: skip


SNAPPED = DistFile(
    filename="demo-0.8-py3-none-any.whl", sha256="cd" * 32, size=9, uploaded="2026-01-01"
)
KNOWN = KnownRelease(
    metadata=Metadata(name="demo", version="0.8", requires=("old",)),
    files=(SNAPPED,),
    facts={SNAPPED.filename: WheelFacts(installed=1, files=1, kinds=(("py", 1),), elf="none")},
)


def test_the_snapshot_saves_asking_for_metadata_and_facts(bench: Bench) -> None:
    bench.add_snapshot(KNOWN)
    listed = {"filename": SNAPPED.filename, "url": "x.whl", "hashes": {"sha256": SNAPPED.sha256}}
    bench.server.add_page("demo", [listed])
    index = bench.open()
    metadata = index.metadata("demo", "0.8", files_of(index)[0])
    assert metadata == KNOWN.metadata
    (facts,) = index.wheel_facts([("demo", "0.8", files_of(index)[0])], network=True)
    assert facts == KNOWN.facts[SNAPPED.filename]
    # Pages may be fetched ahead; files are what it saves asking for.
    assert {path for path in bench.server.paths() if not path.startswith("/simple/")} == set()


def test_a_file_of_the_same_name_with_another_hash_is_not_the_snapshots(bench: Bench) -> None:
    bench.add_snapshot(KNOWN)
    wheel = make_wheel("demo", "0.8", "Requires-Dist: new")
    bench.server.add_page("demo", [bench.server.add_file(SNAPPED.filename, wheel)])
    index = bench.open()
    metadata = index.metadata("demo", "0.8", files_of(index)[0])
    assert metadata is not None
    assert metadata.requires == ("new",)


def test_a_lock_tells_dependencies_and_those_of_extras(bench: Bench) -> None:
    index = bench.open(offline=True, locks=(demo_lock(),))
    metadata = index.metadata("demo", "0.9", files_of(index)[0])
    assert metadata is not None
    assert metadata.extras == ("fast",)
    assert metadata.requires == (
        "dep>=1",
        'quick ; (sys_platform == "linux") and extra == "fast"',
        'swift>=2 ; extra == "fast"',
    )


def test_a_lock_stands_in_for_an_index_that_is_down(bench: Bench) -> None:
    bench.config = IndexConfig(index_url="http://127.0.0.1:1/simple", timeout=2)
    page = bench.open(locks=(demo_lock(),)).page("demo")
    assert page is not None
    assert page.origin == "lock"


def test_offline_pages_are_the_union_of_all_that_is_known_however_old(bench: Bench) -> None:
    entry = bench.server.add_file("demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0"))
    bench.server.add_page("demo", [entry])
    online = bench.open()
    online.metadata("demo", "1.0", files_of(online)[0])  # fetched ahead: wait for it
    bench.add_snapshot(KNOWN)
    bench.now += 1e8
    asked = len(bench.server.seen)
    page = bench.open(offline=True, locks=(demo_lock(),)).page("demo")
    assert page is not None
    assert {file.filename for file in page.files} == {
        "demo-1.0-py3-none-any.whl", "demo-0.8-py3-none-any.whl", "demo-0.9-py3-none-any.whl",
    }  # fmt: skip
    assert page.origin == "cache"
    assert len(bench.server.seen) == asked


def test_offline_nothing_is_asked_of_the_network(tmp_path: Path) -> None:
    def refuse() -> IndexConfig:
        raise AssertionError("the configuration is not needed")

    live = LiveIndex(refuse, Cache(tmp_path))
    with LayeredIndex(live=live, snapshot=Snapshot(tmp_path), offline=True) as index:
        index.prefetch(["demo"])
        assert index.page("demo") is None
        file = DistFile(filename=NATIVE, url="http://127.0.0.1:1/x.whl", size=1)
        assert index.metadata("demo", "1.0", file) is None
        assert index.wheel_facts([("demo", "1.0", file)], network=True) == (None,)


@pytest.mark.parametrize(
    "lines",
    [
        b"this is not a field\nRequires-Dist: dep",
        b"\x00\x01\nProvides-Extra: fast",
        b"Requires-",
        b"Requires-Dist: d\xffep",
        b"Requires-Python: >=3\nRequires-Python: >=4",
    ],
)
def test_metadata_that_may_require_more_than_can_be_read_is_marked(lines: bytes) -> None:
    found = parse_metadata(b"Name: demo\nVersion: 1\n" + lines)
    assert found is not None
    assert found.problem


@pytest.mark.parametrize(
    "lines",
    [b"Summary: two\nlines", b"License: MIT\n\tas is", b"Author: \xff", b"\r\nRequires a lot"],
)
def test_metadata_that_is_odd_where_nothing_depends_on_it_is_read(lines: bytes) -> None:
    found = parse_metadata(b"Name: demo\nVersion: 1\nRequires-Dist: dep\n" + lines)
    assert found is not None
    assert (found.requires, found.problem) == (("dep",), "")
