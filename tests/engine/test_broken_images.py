"""Images that fail on purpose: each is caught, by the right check, and nothing is left behind."""

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold, started
from tests.engine.leftovers import find_left, list_all
from tests.support.elf_files import AARCH64, make_elf

pytestmark = pytest.mark.engine

APP = """
import http.server, os, signal, sys, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
        self.wfile.write(b"ok")

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
{extra}
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
DOCKERFILE = """
FROM python:3.13-alpine3.23
ENV HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
{before}
USER {user}
WORKDIR /app
COPY --chown=10001:10001 . /app/
{after}
CMD {command}
"""
SITE = "/usr/local/lib/python3.13/site-packages"
METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One way to be broken: the check that has to catch it, and what it has to say."""

    check: str
    says: str
    extra: str = ""
    before: str = ""
    after: str = ""
    user: str = "10001:10001"
    command: str = '["python", "main.py"]'
    package: str = ""
    library: bytes = b""


DEMO = f"COPY demo {SITE}/demo\nCOPY demo-1.0.dist-info {SITE}/demo-1.0.dist-info"
CASES = {
    "module-missing": Broken(
        check="imports",
        says="nowhere_to_be_found",
        before=DEMO,
        package="import nowhere_to_be_found",
    ),
    "library-missing": Broken(
        check="libraries",
        says="libnowhere.so.1",
        before=DEMO,
        library=make_elf(needed=("libnowhere.so.1",)),
    ),
    "wrong-architecture": Broken(
        check="libraries", says="demo", before=DEMO, library=make_elf(machine=AARCH64)
    ),
    "over-budget": Broken(
        check="size", says="over", before="RUN head -c 90000000 /dev/urandom > /opt/ballast"
    ),
    "over-memory": Broken(
        check="memory", says="memory", extra="ballast = bytearray(300_000_000)",
    ),
    "writes-to-root": Broken(check="writes", says="/var/lib", extra=(
        "try: open('/var/lib/state', 'w').write('x')\nexcept OSError: pass"
    ), before="RUN chmod 777 /var/lib"),
    "ignores-the-signal": Broken(
        check="stop", says="SIGTERM", extra="signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    ),
    "crashes-after-health": Broken(
        check="start",
        says="3",
        extra="def crash():\n    time.sleep(1.5)\n    os._exit(3)\n"
        "threading.Thread(target=crash).start()",
    ),
    "root": Broken(check="config", says="root", user="root"),
    "secret-in-a-layer": Broken(
        check="secrets",
        says=".netrc",
        before="RUN echo 'machine a login b password c' > /opt/.netrc && true\nRUN rm /opt/.netrc",
    ),
    "wrong-entry-point": Broken(check="config", says="nobody", command='["/app/nobody"]'),
    "hangs": Broken(check="start", says="/health", extra="time.sleep(3600)"),
}  # fmt: skip


@pytest.fixture(scope="module")
def machine(bases: Callable[..., Engine]) -> Engine:
    return bases("amd64")


@pytest.fixture(scope="module")
def generated(machine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its files, from which each test has a copy."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_text("")
    (folder / "main.py").write_text(APP.format(extra=""))
    (folder / "Procfile").write_text("web: python main.py\n")
    words = ["--target", "amd64", "--python", "3.13", "--offline", "--max-size", "120MB"]
    words += ["--port", "8000", "--health", "/health", "--memory", "64MB"]
    words += ["--base", "bare-alpine-3.23"]
    env = environment(machine, home)
    assert leanscaffold("generate", str(folder), *words, env=env).code == 0
    return folder


@pytest.fixture
def project(generated: Path, tmp_path: Path) -> Path:
    return shutil.copytree(generated, tmp_path / "project")


@pytest.fixture(autouse=True)
def nothing_left(machine: Engine) -> Iterator[None]:
    """Compare what the engine holds before and after."""
    before = list_all(machine, "leanscaffold-verify")
    yield
    assert find_left(lambda: list_all(machine, "leanscaffold-verify"), before) == set()


def break_project(folder: Path, broken: Broken) -> None:
    (folder / "main.py").write_text(APP.format(extra=broken.extra))
    text = DOCKERFILE.format(
        before=broken.before, after=broken.after, user=broken.user, command=broken.command
    )
    (folder / "Dockerfile").write_text(text)
    (folder / "demo").mkdir()
    (folder / "demo" / "__init__.py").write_text(broken.package)
    info = folder / "demo-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    record = "demo/__init__.py,,\ndemo-1.0.dist-info/METADATA,,\ndemo-1.0.dist-info/RECORD,,\n"
    if broken.library:
        (folder / "demo" / "code.so").write_bytes(broken.library)
        record += "demo/code.so,,\n"
    (info / "RECORD").write_text(record)


@pytest.mark.parametrize("name", CASES)
def test_a_broken_image_is_caught_by_the_right_check(
    name: str, machine: Engine, project: Path, tmp_path: Path
) -> None:
    broken = CASES[name]
    break_project(project, broken)
    words = ["--timeout", "8", "--json"]
    if name != "writes-to-root":
        words.append("--quick")
    ended = leanscaffold("verify", str(project), *words, env=environment(machine, tmp_path))
    assert ended.code == 1, ended.err
    (image,) = ended.document()["reports"]
    failed = {one["code"]: one for one in image["checks"] if one["status"] == "failed"}
    assert broken.check in failed, (failed, ended.err)
    said = json.dumps(failed[broken.check])
    assert broken.says in said, said
    assert failed[broken.check]["hint"]


def test_a_good_image_of_the_same_kind_passes(
    machine: Engine, project: Path, tmp_path: Path
) -> None:
    words = ("--timeout", "20", "--json", "--offline")
    ended = leanscaffold("verify", str(project), *words, env=environment(machine, tmp_path))
    (image,) = ended.document()["reports"]
    assert {one["code"] for one in image["checks"] if one["status"] != "passed"} == set()
    assert ended.code == 0, ended.err


def test_nothing_is_left_behind_after_an_interruption(
    machine: Engine, project: Path, tmp_path: Path
) -> None:
    break_project(project, CASES["hangs"])
    env = environment(machine, tmp_path)
    words = ["verify", str(project), "--quick", "--timeout", "60"]
    with started(*words, env=env) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "running it" in line:
                break
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=90)
    assert process.returncode == 130
