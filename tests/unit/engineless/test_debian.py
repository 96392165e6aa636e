"""Packages of Debian's kind, from a repository on loopback that is signed with a key of its own."""

import hashlib
import io
import lzma
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from scaffold.docker.blob_store import Store
from scaffold.docker.oci import zstd
from scaffold.engineless.base_files import BaseFiles
from scaffold.engineless.debian import (
    Client,
    Deb,
    find_packages,
    lay_packages,
    order_version,
    read_paragraphs,
    read_sources,
)
from scaffold.engineless.layers import make_entry
from scaffold.model.errors import BaseUnavailableError, LeanscaffoldError, UsageError
from scaffold.model.target import Arch
from tests.support.index_server import FakeIndex, Served

STATUS = "Package: libc6\nStatus: install ok installed\nVersion: 2.41-12\nProvides: libc-dev\n"
PACKAGES = {  # control, files, scripts
    "libq5": (
        (
            "Version: 17.2-1\nDepends: libc6 (>= 2.38), libssl-any | libssl9, debconf (>= 0.5)\n"
            "Multi-Arch: same\nDescription: it\n more of it\n"
        ),
        {
            "./lib/libq.so.5.1": "q",
            "./usr/share/doc/libq5/changelog": "old",
            "./usr/share/doc/libq5/copyright": "mine",
        },
        {"postinst": "#!/bin/sh\nset -e\nldconfig\n"},
    ),
    "libssl9": ("Version: 9~rc1\n", {"./usr/lib/libssl.so": ""}, {}),
    "cdebconf": ("Version: 1\nProvides: debconf (= 0.9)\n", {"./usr/bin/cdebconf": "#!"}, {}),
    "debconf": ("Version: 0.6\n", {"./usr/bin/debconf": "#!"}, {}),
    "scripted": ("Version: 1\n", {}, {"postinst": "#!/bin/sh\nadduser it\n"}),
    "lonely": ("Version: 1\nDepends: nothing-at-all\n", {}, {}),
    "enemy": ("Version: 1\nBreaks: libc6 (<< 3)\n", {}, {}),
}


def make_tar(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as tar:
        for name, text in files.items():
            for above in reversed(Path(name).parents[:-1]):
                folder = tarfile.TarInfo(f"./{above}/")
                folder.type = tarfile.DIRTYPE
                tar.addfile(folder)
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def make_deb(control: str, files: Mapping[str, str], scripts: Mapping[str, str]) -> bytes:
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": make_tar({"./control": control, **scripts}),
        "data.tar.zst": zstd.compress(lzma.decompress(make_tar(files))),
    }
    out = b"!<arch>\n"
    for name, data in parts.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        out += data + b"\n" * (len(data) % 2)
    return out


@dataclass(frozen=True, kw_only=True)
class Repository:
    server: FakeIndex
    key: Path
    home: Path

    @property
    def site(self) -> str:
        return f"http://{self.server.host}"

    def sign(self, text: str) -> bytes:
        words = ["gpg", "--homedir", str(self.home), "--batch", "--clearsign"]
        return subprocess.run(words, input=text.encode(), capture_output=True, check=True).stdout

    def publish(self, more: str = "") -> None:
        index = ""
        for name, (control, files, scripts) in PACKAGES.items():
            head = f"Package: {name}\nArchitecture: arm64\n{control}"
            deb = make_deb(head, files, scripts)
            self.server.routes[f"/pool/{name}.deb"] = Served(body=deb)
            digest = hashlib.sha256(deb).hexdigest()
            index += f"{head}Filename: pool/{name}.deb\nSHA256: {digest}\n\n"
        packed = lzma.compress(index.encode())
        listed = (
            f" {hashlib.sha256(packed).hexdigest()} {len(packed)} main/binary-arm64/Packages.xz"
        )
        release = f"Suite: stable\n{more}SHA256:\n{listed}\n"
        self.server.routes["/dists/stable/main/binary-arm64/Packages.xz"] = Served(body=packed)
        self.server.routes["/dists/stable/InRelease"] = Served(body=self.sign(release))


@pytest.fixture(scope="module")
def gnupg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("g")
    words = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "", "--quick-gen-key", "it"]
    subprocess.run(words, capture_output=True, check=True)
    export = ["gpg", "--homedir", str(home), "--armor", "--export"]
    (home / "key.asc").write_bytes(subprocess.run(export, capture_output=True, check=True).stdout)
    return home


@pytest.fixture
def repository(gnupg: Path) -> Iterator[Repository]:
    server = FakeIndex()
    try:
        made = Repository(server=server, key=gnupg / "key.asc", home=gnupg)
        made.publish()
        yield made
    finally:
        server.stop()


@pytest.fixture
def base(tmp_path: Path, repository: Repository) -> BaseFiles:
    root = tmp_path / "base"
    for path, text in {
        "var/lib/dpkg/status": STATUS,
        "etc/apt/sources.list": f"deb {repository.site}/ stable main\n# deb x y z\n",
        "etc/dpkg/dpkg.cfg.d/docker": "path-exclude /usr/share/doc/*\n"
        "path-include /usr/share/doc/*/copyright\n",
        "usr/lib/libc.so.6": "c",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "etc/apt/trusted.gpg.d").mkdir()
    shutil.copyfile(repository.key, root / "etc/apt/trusted.gpg.d/it.asc")
    (root / "lib").symlink_to("usr/lib")
    paths = (path for path in root.rglob("*"))
    entries = [make_entry(p.relative_to(root).as_posix(), p, mtime=0) for p in paths]
    return BaseFiles(folder=root, entries={one.path: one for one in entries})


def find(base: BaseFiles, *names: str, own: Path | None = None) -> tuple[Deb, ...]:
    store = Store(base.folder.parent / "store")
    return find_packages(base, names, Arch.ARM64, Client(store=store), own)


def test_packages_are_laid_over_a_base_with_what_they_need(base: BaseFiles, tmp_path: Path) -> None:
    debs = find(base, "libq5")
    assert [one.name for one in debs] == ["debconf", "libq5", "libssl9"]
    store, out = Store(tmp_path / "store"), tmp_path / "out"
    made = lay_packages(base, debs, Client(store=store), out)
    new = {path for path in made.entries if path not in base.entries and "info/" not in path}
    assert {path for path in new if (out / path).is_file()} == {
        "usr/lib/libq.so.5.1",  # through the link of the base
        "usr/share/doc/libq5/copyright",
        "usr/lib/libssl.so",
        "usr/bin/debconf",
    }
    assert (out / "lib").is_symlink()
    assert made.entries["usr/lib/libq.so.5.1"].source == out / "usr/lib/libq.so.5.1"
    rows = list(read_paragraphs((out / "var/lib/dpkg/status").read_text().splitlines()))
    assert [(row["Package"], row["Status"]) for row in rows] == [
        (name, "install ok installed") for name in ("libc6", "debconf", "libq5", "libssl9")
    ]
    assert "/lib/libq.so.5.1\n" in (out / "var/lib/dpkg/info/libq5:arm64.list").read_text()
    assert (base.folder / "var/lib/dpkg/status").read_text() == STATUS


def forge(repository: Repository) -> None:
    body = repository.server.routes["/dists/stable/InRelease"].body
    repository.server.routes["/dists/stable/InRelease"] = Served(
        body=body.replace(b"e\n", b"f\n", 1)
    )


def strip(repository: Repository) -> None:
    repository.server.routes["/dists/stable/InRelease"] = Served(body=b"SHA256:\n")


def swap(repository: Repository) -> None:
    repository.server.routes["/dists/stable/main/binary-arm64/Packages.xz"] = Served(body=b"else")


def expire(repository: Repository) -> None:
    repository.publish("Valid-Until: Sat, 01 Jan 2000 00:00:00 UTC\n")


def change(repository: Repository) -> None:
    repository.server.routes["/pool/libssl9.deb"] = Served(body=b"other")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (forge, "not signed by a key"),
        (strip, "not signed by a key"),
        (swap, "another digest"),
        (change, "another digest"),
        (expire, "is valid until"),
    ],
)
def test_nothing_unsigned_or_changed_is_taken(
    base: BaseFiles, repository: Repository, spoil: object, said: str, tmp_path: Path
) -> None:
    assert callable(spoil)
    spoil(repository)
    store = Store(tmp_path / "store")
    with pytest.raises(LeanscaffoldError, match=said):
        lay_packages(base, find(base, "libssl9"), Client(store=store), tmp_path / "out")


def test_a_key_that_the_base_does_not_trust_signs_nothing(base: BaseFiles) -> None:
    (base.folder / "etc/apt/trusted.gpg.d/it.asc").unlink()
    with pytest.raises(BaseUnavailableError, match="not signed"):
        find(base, "libssl9")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lonely", "no nothing-at-all, which lonely needs"),
        ("unknown", "no unknown, which what is asked for needs"),
        ("enemy", "does not go with libc6 2.41-12"),
    ],
)
def test_what_cannot_be_installed_is_said(base: BaseFiles, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        find(base, name)


def test_a_package_with_a_script_to_run_is_named(base: BaseFiles, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with pytest.raises(UsageError, match="scripts to run") as caught:
        lay_packages(base, find(base, "scripted"), Client(store=store), tmp_path / "out")
    assert [one.text for one in caught.value.details] == ["scripted: postinst"]


def test_sources_are_read_in_both_forms_and_a_file_of_one_s_own_counts_alone(
    base: BaseFiles, repository: Repository
) -> None:
    own = base.folder / "own.sources"
    own.write_text(
        f"Types: deb\nURIs: {repository.site}\nSuites: stable stable-updates\n"
        f"Components: main contrib\nSigned-By: {repository.key}\n\n"
        "Types: deb-src\nURIs: http://index.example\nSuites: stable\nComponents: main\n"
    )
    found = read_sources(base.folder, own)
    assert [(one.suite, one.parts, one.keys) for one in found] == [
        (suite, ("main", "contrib"), (str(repository.key),))
        for suite in ("stable", "stable-updates")
    ]
    line = base.folder / "own.list"
    line.write_text(f"deb [arch=arm64 signed-by={repository.key}] {repository.site} stable main\n")
    (base.folder / "etc/apt/sources.list").unlink()
    assert [one.name for one in find(base, "libssl9", own=line)] == ["libssl9"]
    with pytest.raises(UsageError, match="no index of packages"):
        find(base, "libssl9")


def test_versions_are_ordered_as_dpkg_orders_them() -> None:
    ordered = [
        "1.0~~",
        "1.0~rc1",
        "1.0",
        "1.0-0",
        "1.0-1~deb13u1",
        "1.0-1",
        "1.0-1+b2",
        "1.0a",
        "1.0+x",
    ]
    ordered += ["1.0.1", "1.9", "1.10", "1:0.1"]
    assert sorted(sorted(ordered), key=order_version) == ordered
    for one, other in pairwise(ordered):
        same = {order_version(one), order_version(other)}
        assert len(same) == (1 if (one, other) == ("1.0", "1.0-0") else 2)
