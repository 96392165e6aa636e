"""What a build needs to reach a company's index is used, and is nowhere in the image."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.private_index import HOST, PACKAGE, PASSWORD, USER, PrivateIndex, serving

pytestmark = pytest.mark.engine

TARGET = ("--target", "amd64", "--python", "3.13", "--base", "alpine-3.23")
TAG = f"leanscaffold-test-secrets:{uuid4().hex[:8]}"


@pytest.fixture
def machine(bases: Callable[..., Engine]) -> Iterator[Engine]:
    engine = bases("amd64")
    yield engine
    subprocess.run(["docker", "rmi", "-f", TAG], env=dict(engine.environ), capture_output=True)  # noqa: PLW1510 - it may not be there


@pytest.fixture
def index(machine: Engine, tmp_path: Path) -> Iterator[PrivateIndex]:
    network = machine.docker("network", "inspect", "bridge")
    with serving(json.loads(network)[0]["IPAM"]["Config"][0]["Gateway"], tmp_path) as index:
        yield index


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_text(f"{PACKAGE}\n")
    (folder / "main.py").write_text("import leanscaffold_hush\nprint(leanscaffold_hush.WORD)\n")
    (folder / "Procfile").write_text("web: python main.py\n")
    return folder


def test_certificates_and_password_are_used_by_pip_and_in_no_layer_nor_history(
    machine: Engine, index: PrivateIndex, project: Path, tmp_path: Path
) -> None:
    env = environment(machine, tmp_path) | {"HTTPS_PROXY": index.proxy}
    login = f"{USER}:{quote(PASSWORD, safe='')}"
    url = index.url.replace("https://", f"https://{login}@")
    words = ("--index-url", url, "--ca", str(index.certificate), "--tag", TAG, "--no-cache")
    built = leanscaffold("build", str(project), *TARGET, *words, "--json", env=env)
    assert built.code == 0, built.err
    assert index.pip_asked()
    assert machine.docker("run", "--rm", TAG).strip() == "hush"
    certificate = _lines_of(index.certificate)
    secrets = {PASSWORD, quote(PASSWORD, safe=""), index.proxy, *certificate}
    texts = {
        "history": machine.docker("history", "--no-trunc", TAG),
        "configuration": machine.docker("image", "inspect", TAG),
        "output": built.out + built.err,
        **{f.name: f.read_text() for f in project.iterdir() if f.is_file()},
    }
    found = [(where, s) for where, text in texts.items() for s in secrets if s in text]
    assert found == []
    assert list(_find_in_layers(machine, secrets)) == []
    assert list(Path(env["TMPDIR"]).iterdir()) == []


def test_the_password_may_come_from_netrc(
    machine: Engine, index: PrivateIndex, project: Path, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine {HOST} login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    env = environment(machine, tmp_path) | {"HTTPS_PROXY": index.proxy}
    words = ("--tag", TAG, "--no-cache", "--quiet")
    built = leanscaffold(
        *("build", str(project), *TARGET, *words),
        env=env | {"SSL_CERT_FILE": str(index.certificate), "PIP_INDEX_URL": index.url},
    )
    assert built.code == 0, built.err
    assert index.pip_asked()


def test_without_the_secrets_the_same_build_fails_and_says_what_to_give(
    machine: Engine, index: PrivateIndex, project: Path, tmp_path: Path
) -> None:
    env = environment(machine, tmp_path) | {"HTTPS_PROXY": index.proxy}
    url = index.url.replace("https://", f"https://{USER}:{quote(PASSWORD, safe='')}@")
    known = env | {"PIP_INDEX_URL": url, "PIP_CERT": str(index.certificate)}
    assert leanscaffold("generate", str(project), *TARGET, env=known).code == 0
    words = ("build", str(project), "--tag", TAG, "--no-cache", "--quiet")
    unknown = leanscaffold(*words, env=env | {"PIP_INDEX_URL": url})
    assert unknown.code == 8, unknown.err
    assert "--ca FILE" in unknown.err
    refused = leanscaffold(*words, env=known | {"PIP_INDEX_URL": index.url})
    assert refused.code == 8, refused.err
    assert "netrc" in refused.err
    assert not index.pip_asked()


def _lines_of(certificate: Path) -> list[str]:
    lines = certificate.read_text().splitlines()
    return [line for line in lines if not line.startswith("-----")][2:5]


def _find_in_layers(engine: Engine, secrets: set[str]) -> Iterator[tuple[str, str]]:
    """Yield every place in the saved image where a secret is, in any layer, also as a name."""
    saved = subprocess.run(
        ["docker", "save", TAG], env=dict(engine.environ), capture_output=True, check=True
    ).stdout
    blobs = 0
    with tarfile.open(fileobj=io.BytesIO(saved)) as image:
        for member in image.getmembers():
            file = image.extractfile(member)
            data = file.read() if file else b""
            data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            blobs += b"leanscaffold_hush" in data
            yield from ((member.name, s) for s in secrets if s.encode() in data)
    assert blobs, "the search looks into the layers: it would find the package itself"


def test_the_openssl_command_that_these_tests_need_is_there() -> None:
    assert shutil.which("openssl")
