"""Alpine's packages behind a company's proxy: a repository of this test's own, made by apk."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import Ended, environment, leanscaffold
from tests.engine.private_index import CERTIFICATE, behind_proxy

pytestmark = pytest.mark.engine

BASE = "python:3.13-alpine3.23"
HOST = "packages.example"
NAME = f"leanscaffold-test-apk-{uuid4().hex[:8]}"
# The program that the project asks for is two lines of shell here.
MAKE = """
set -e
cd /made
mkdir -p files/usr/bin "repository/$(apk --print-arch)"
printf '#!/bin/sh\\necho made for this test\\n' > files/usr/bin/curl
chmod +x files/usr/bin/curl
cd repository/*
apk mkpkg --sign-key /made/signs.rsa --files /made/files --info name:curl \
  --info version:1.0-r0 --info "arch:$(apk --print-arch)" --info license:MIT \
  --info description:none --output curl-1.0-r0.apk
apk mkndx --allow-untrusted --sign-key /made/signs.rsa --output APKINDEX.tar.gz *.apk
"""
# The official image, but for where its packages come from and whose are trusted.
TRUSTING = f"""
FROM {BASE}
COPY signs.rsa.pub /etc/apk/keys/
RUN echo https://{HOST}/main > /etc/apk/repositories
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A project that starts a program, and a repository that has it."""

    engine: Engine
    folder: Path
    proxy: str
    asked: list[str] = field(default_factory=list)

    def build(self, *words: str) -> Ended:
        env = environment(self.engine, self.folder) | {"HTTPS_PROXY": self.proxy}
        choice = ("--target", "amd64", "--python", "3.13", "--base", "alpine-3.23", "--offline")
        base = ("--registry", f"default={self.engine.registry}/{NAME}", "--with", "curl")
        project = str(self.folder / "project")
        return leanscaffold("build", project, *choice, *base, "--tag", NAME, *words, env=env)


@pytest.fixture
def bench(bases: Callable[..., Engine], tmp_path: Path) -> Iterator[Bench]:
    engine = bases("amd64")
    if not engine.own:
        pytest.skip("only the tests' own engine has a registry for a base of this test's own")
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").touch()
    (project / "main.py").write_text("print('done')\n")
    made = tmp_path / "made"
    made.mkdir()
    publish_repository(engine, made)
    asked: list[str] = []
    network = json.loads(engine.docker("network", "inspect", "bridge"))
    gateway = network[0]["IPAM"]["Config"][0]["Gateway"]
    with behind_proxy(gateway, tmp_path, HOST, answering(made / "repository", asked)) as proxy:
        yield Bench(engine=engine, folder=tmp_path, proxy=proxy, asked=asked)
    if engine.docker("images", "--quiet", NAME):
        engine.docker("rmi", "--force", NAME)


def publish_repository(engine: Engine, folder: Path) -> None:
    """Let the base's own apk make it, and push a base that trusts it to the tests' registry."""
    key = str(folder / "signs.rsa")
    subprocess.run(["openssl", "genrsa", "-out", key], check=True, capture_output=True)
    public = ["openssl", "rsa", "-in", key, "-pubout", "-out", f"{key}.pub"]
    subprocess.run(public, check=True, capture_output=True)
    (folder / "make.sh").write_text(MAKE)
    (folder / "Dockerfile").write_text(TRUSTING)
    there = ("--platform", "linux/amd64", "--volume", f"{folder}:/made")
    engine.docker("run", "--rm", *there, BASE, "sh", "/made/make.sh")
    tag = f"{engine.registry}/{NAME}/{BASE}"
    build = ("buildx", "build", "--quiet", "--platform", "linux/amd64", "--push")
    engine.docker(*build, "--tag", tag, str(folder))
    engine.docker("rmi", "--force", tag)


def answering(repository: Path, asked: list[str]) -> type[SimpleHTTPRequestHandler]:
    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            return str(repository / path.removeprefix("/main/"))

        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    return Handler


def test_apk_trusts_the_companys_certificates_which_stay_in_no_layer(bench: Bench) -> None:
    certificate = bench.folder / CERTIFICATE
    built = bench.build("--ca", str(certificate), "--no-cache", "--quiet")
    assert built.code == 0, built.err
    assert bench.asked[-1].endswith("/curl-1.0-r0.apk")
    assert bench.engine.docker("run", "--rm", NAME, "curl") == "made for this test\n"
    assert "ca.pem" not in bench.engine.docker("run", "--rm", NAME, "ls", "-a", "/etc/apk")
    saved = bench.folder / "image.tar"
    bench.engine.docker("save", "--output", str(saved), NAME)
    told = bench.engine.docker("history", "--no-trunc", NAME).encode()
    line = certificate.read_bytes().splitlines()[3]
    assert line not in saved.read_bytes() + told


def test_without_the_certificates_the_step_fails_and_says_what_to_give(bench: Bench) -> None:
    failed = bench.build("--no-cache", "--quiet")
    assert failed.code == 8
    assert "server certificate not trusted" in failed.err
    assert "hint: behind a company's proxy, give its certificates: --ca FILE" in failed.err
