"""Running buildx, with a program in docker's place that does what buildx was seen to do."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaffold.docker.buildx import build, find_buildx, join
from scaffold.model.build import Built, Event, Progress
from scaffold.model.errors import (
    BuildError,
    BuildxMissingError,
    DockerMissingError,
    EngineOldError,
    LayerLostError,
    StepFailedError,
    UsageError,
)
from scaffold.model.target import Arch
from tests.support.build_requests import make_order

DATA = Path(__file__).parents[2] / "data" / "buildx"
DIGEST = "sha256:" + "a" * 64
CONFIG = "sha256:" + "b" * 64

DOCKER = """\
#!{python}
import json, os, pathlib, signal, sys, time
here = pathlib.Path({folder!r})
words = sys.argv[1:]
with (here / "asked.jsonl").open("a") as asked:
    entitlements = os.environ.get("BUILDX_BAKE_ENTITLEMENTS_FS")
    asked.write(json.dumps({{"argv": words, "fs": entitlements}}) + "\\n")
if words[0] == "version":
    print({api!r}); sys.exit(0)
if "version" in words:
    print({version!r}); sys.exit({version_code})
if "info" in words: print({store!r}); sys.exit(0)
if words[1] == "inspect": print("Name:   x\\nDriver:        " + {driver!r}); sys.exit(0)
if "imagetools" in words:
    if "inspect" in words: sys.stdout.write('{{"manifests": []}}')
    sys.exit(0)
for word in words:
    if word.startswith("--file=") and word.endswith("docker-bake.json"):
        (here / "bake.json").write_text(pathlib.Path(word[7:]).read_text())
if {first!r} and not (here / "tried").exists():
    (here / "tried").touch(); sys.stderr.write(pathlib.Path({first!r}).read_text()); sys.exit(1)
sys.stderr.write(pathlib.Path({log!r}).read_text()); sys.stderr.flush()
if {wait}:
    def stop(*_): (here / "stopped").touch(); sys.exit(130)
    signal.signal(signal.SIGINT, stop); (here / "waiting").touch(); time.sleep(60)
if not {code}:
    meta = next(word[16:] for word in words if word.startswith("--metadata-file="))
    pathlib.Path(meta).write_text({result!r})
sys.exit({code})
"""


def put_docker(folder: Path, **changes: object) -> dict[str, str]:
    """Write a docker into a folder, and return the environment that finds it."""
    values = {
        "python": sys.executable,
        "folder": str(folder),
        "version": "github.com/docker/buildx v0.29.1 abc",
        "version_code": 0,
        "api": "1.51",
        "first": "",
        "log": str(DATA / "bake-done.txt"),
        "wait": False,
        "code": 0,
        "driver": "docker",
        "store": "[]",
        "result": json.dumps(
            {"containerimage.digest": DIGEST, "containerimage.config.digest": CONFIG}
        ),
        **changes,
    }
    path = folder / "docker"
    path.write_text(DOCKER.format(**values))
    path.chmod(0o755)
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {"PATH": str(folder), "HOME": str(folder)}


def put_log(path: Path, *, cached: int, error: str = "") -> Path:
    """Write the log of four steps of 3 s, the first ones from the cache, the last the export."""
    names = ("[build 2/3] RUN pip", "[layers 2/2] RUN cd /lean", "[app 1/1] COPY . /src")
    lines = []
    for number, name in enumerate((*names, "exporting to image")):
        last = number == len(names)
        seconds = 0 if number < cached else 3
        vertex = {
            "digest": f"sha256:{number}",
            "name": name,
            "started": f"2026-11-26T03:3{number}:00Z",
            "completed": f"2026-11-26T03:3{number}:0{seconds}Z",
            "cached": number < cached and not last,
            "error": error if last else "",
        }
        lines.append(json.dumps({"vertexes": [vertex]}))
    ending = [f"ERROR: failed to build: failed to solve: {error}"] if error else []
    path.write_text("\n".join([*lines, *ending]) + "\n")
    return path


def asked(folder: Path) -> list[list[str]]:
    lines = (folder / "asked.jsonl").read_text().splitlines()
    return [json.loads(line)["argv"] for line in lines]


def test_one_image_is_built_and_its_progress_told(tmp_path: Path) -> None:
    seen: list[Progress] = []
    (built,) = build([make_order()], seen.append, environ=put_docker(tmp_path))
    assert built.image == CONFIG
    assert built.seconds > 0
    assert len(built.steps) > 10
    assert {Event.STARTED, Event.FINISHED, Event.PRINTED} <= {p.happening for p in seen}
    assert asked(tmp_path)[1][:2] == ["buildx", "build"]
    assert "--progress=rawjson" in asked(tmp_path)[1]


def test_a_builder_that_pushes_gzip_alone_is_not_asked_for_zstd(tmp_path: Path) -> None:
    order = make_order(push=True, compression="zstd")
    with pytest.raises(UsageError, match="pushes gzip, whatever"):
        build([order], print, environ=put_docker(tmp_path))
    for able in (
        {"driver": "docker-container"},
        {"store": '[["driver-type","io.containerd.snapshotter.v1"]]'},
    ):
        (built,) = build([order], list[Progress]().append, environ=put_docker(tmp_path, **able))
        assert built.image == DIGEST


def test_a_pushed_image_is_named_by_its_manifests_digest(tmp_path: Path) -> None:
    (built,) = build([make_order(push=True)], list[Progress]().append, environ=put_docker(tmp_path))
    assert built.image == DIGEST


def test_several_images_are_one_bake_whose_result_is_told_apart(tmp_path: Path) -> None:
    result = {
        "amd64": {"containerimage.config.digest": "sha256:1"},
        "arm64": {"containerimage.config.digest": "sha256:2"},
    }
    environ = put_docker(tmp_path, result=json.dumps(result))
    orders = [make_order(Arch.ARM64), make_order(Arch.AMD64)]
    built = build(orders, list[Progress]().append, environ=environ)
    assert [one.image for one in built] == ["sha256:2", "sha256:1"]
    assert [one.order for one in built] == orders
    assert asked(tmp_path)[1][:2] == ["buildx", "bake"]
    bake = json.loads((tmp_path / "bake.json").read_text())
    assert list(bake["target"]) == ["arm64", "amd64"]
    assert json.loads((tmp_path / "asked.jsonl").read_text().splitlines()[1])["fs"] == "0"


def test_a_failed_build_is_the_error_that_it_printed(tmp_path: Path) -> None:
    environ = put_docker(tmp_path, log=str(DATA / "step-failed.txt"), code=1)
    with pytest.raises(StepFailedError, match="RUN echo hello"):
        build([make_order()], list[Progress]().append, environ=environ)


def test_an_engine_that_loses_a_layer_is_asked_again_for_what_it_has_cached(
    tmp_path: Path,
) -> None:
    lost = put_log(tmp_path / "lost.txt", cached=1, error="layer does not exist")
    kept = put_log(tmp_path / "kept.txt", cached=3)
    environ = put_docker(tmp_path, first=str(lost), log=str(kept))
    (built,) = build([make_order(fresh=True)], list[Progress]().append, environ=environ)
    assert built.image == CONFIG
    assert built.order.fresh
    tries = [words for words in asked(tmp_path) if words[:2] == ["buildx", "build"]]
    assert ["--no-cache" in words for words in tries] == [True, False]
    # What ran the first time has run, whatever the second says.
    assert [step.cached for step in built.steps] == [True, False, False, False]
    assert [step.seconds for step in built.steps][1] == 3.0


def test_an_engine_that_loses_a_layer_each_time_is_an_error(tmp_path: Path) -> None:
    lost = put_log(tmp_path / "lost.txt", cached=4, error="layer does not exist")
    environ = put_docker(tmp_path, log=str(lost), code=1)
    with pytest.raises(LayerLostError, match="lost a part"):
        build([make_order()], list[Progress]().append, environ=environ)
    tries = [words for words in asked(tmp_path) if words[:2] == ["buildx", "build"]]
    assert ["--no-cache" in words for words in tries] == [False, False, True]


def test_what_an_engine_says_that_is_too_old_is_that_it_is_too_old(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    said.write_text("ERROR: Error response from daemon: API returned a 404 (Not Found)\n")
    for api, error in (("1.40", EngineOldError), ("1.41", BuildError), ("", BuildError)):
        environ = put_docker(tmp_path, log=str(said), code=1, api=api)
        with pytest.raises(error) as raised:
            build([make_order()], list[Progress]().append, environ=environ)
        assert type(raised.value) is error
        assert "404" in str(raised.value.details[0])


def test_an_older_buildx_is_asked_for_plain_lines(tmp_path: Path) -> None:
    environ = put_docker(
        tmp_path, version="github.com/docker/buildx 0.12.1", log=str(DATA / "plain-done.txt")
    )
    (built,) = build([make_order()], list[Progress]().append, environ=environ)
    assert "--progress=plain" in asked(tmp_path)[1]
    assert any(step.seconds == 1.8 for step in built.steps)


@pytest.mark.parametrize(
    ("version", "code", "error"),
    [
        ("github.com/docker/buildx v0.9.1 ed00243", 0, EngineOldError),
        ("", 1, BuildxMissingError),
        ("docker: 'buildx' is not a docker command", 1, BuildxMissingError),
    ],
)
def test_a_buildx_that_is_missing_or_too_old_is_an_error(
    tmp_path: Path, version: str, code: int, error: type[Exception]
) -> None:
    environ = put_docker(tmp_path, version=version, version_code=code)
    with pytest.raises(error):
        find_buildx(environ)


@pytest.mark.parametrize(("api", "missing"), [("1.51", ()), ("", ("no Docker Engine answers",))])
def test_without_buildx_the_error_says_whether_the_engine_is_missing_too(
    tmp_path: Path, api: str, missing: tuple[str, ...]
) -> None:
    environ = put_docker(tmp_path, version="", version_code=1, api=api)
    with pytest.raises(BuildxMissingError) as raised:
        find_buildx(environ)
    assert tuple(str(one).partition(":")[0] for one in raised.value.details) == missing


def test_without_a_docker_command_nothing_is_built(tmp_path: Path) -> None:
    with pytest.raises(DockerMissingError, match="PATH"):
        build([make_order()], list[Progress]().append, environ={"PATH": str(tmp_path)})


def test_a_buildx_built_from_source_is_taken_for_a_new_one(tmp_path: Path) -> None:
    environ = put_docker(tmp_path, version="github.com/docker/buildx (devel) abc")
    assert find_buildx(environ) >= (0, 13)


def test_pushed_images_are_joined_under_the_digest_of_their_list(tmp_path: Path) -> None:
    built = [
        Built(
            order=make_order(arch, tag=f"r.example/a:1-{arch.slug}"), image="x", steps=(), seconds=1
        )
        for arch in (Arch.AMD64, Arch.ARM64)
    ]
    joined = join("r.example/a:1", built, environ=put_docker(tmp_path))
    assert {one.order.tag for one in joined} == {"r.example/a:1"}
    assert len({one.image for one in joined}) == 1
    manifest = b'{"manifests": []}'
    assert joined[0].image == f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    assert asked(tmp_path)[0][-2:] == ["r.example/a:1-amd64", "r.example/a:1-arm64"]


SCRIPT = """\
import sys
from scaffold.docker.buildx import build
from tests.support.build_requests import make_order
try:
    build([make_order()], lambda _: None)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_build_and_leaves_no_file(
    tmp_path: Path, number: signal.Signals
) -> None:
    environ = put_docker(tmp_path, wait=True)
    temporary = tmp_path / "tmp"
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env={**environ, "TMPDIR": str(temporary), "PYTHONPATH": os.fspath(root)},
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(temporary.iterdir())
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert out == "interrupted\n"
    assert (tmp_path / "stopped").exists()
    assert list(temporary.iterdir()) == []
