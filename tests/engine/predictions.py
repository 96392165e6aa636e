"""The prediction beside the measurement, for each example, target and base that the plan allows.

    python -m tests.engine.predictions [example…] > docs/predictions.md

Builds every image on the tests' engine; takes half an hour the first time.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import docker

from scaffold.adapters.engine.images import inspect_image
from tests.engine import engine as own
from tests.engine import facts, publish
from tests.engine.choice import ca_bundle
from tests.engine.engine import Engine
from tests.engine.home import find_home
from tests.engine.leanscaffold import environment, leanscaffold

ROOT = Path(__file__).parents[2]
EXAMPLES = ("fastapi", "flask-postgres", "detector", "gateway", "django")
ARCHES = ("amd64", "arm64")
# The stand-ins have one Python, and one release of each distribution.
PYTHON = "3.13"
BASES = ("bare-trixie", "bare-alpine-3.23", "slim-trixie", "alpine-3.23")
NAME = "leanscaffold-prediction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One image: bytes predicted and measured, on disk and to download."""

    example: str
    arch: str
    base: str
    predicted: tuple[int, int]
    measured: tuple[int, int]

    @property
    def off(self) -> tuple[float, float]:
        """Return how much larger the image is than predicted, relative."""
        return (
            self.measured[0] / self.predicted[0] - 1,
            self.measured[1] / self.predicted[1] - 1,
        )


def measure(
    engine: Engine, knowledge: tuple[str, ...], example: str, arch: str, base: str
) -> Row | None:
    """Return a row, or None where the base does not fit, or cannot be built on here."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / example
        copytree(ROOT / "examples" / example, project)
        env = environment(engine, Path(folder))
        words = ["--target", arch, "--python", PYTHON, "--base", base, "--offline", *knowledge]
        made = leanscaffold("generate", str(project), *words, "--json", "--quiet", env=env)
        if made.code == 3:
            return None
        if made.code:
            sys.exit(made.err)
        size: dict[str, Any] = made.document()["chosen"]["size"]
        trust = ca_bundle(os.environ)
        words += ["--ca", str(trust)] if trust else []
        built = leanscaffold("build", str(project), *words, "--tag", NAME, "--quiet", env=env)
        if built.code:
            # apk has no index beside the stand-ins, and compiling needs packages of it.
            print(f"{example} on {base}: {built.err.splitlines()[-1]}", file=sys.stderr)
            return None
    client = docker.DockerClient(base_url=engine.environ["DOCKER_HOST"])
    contents = inspect_image(client, NAME)
    client.images.remove(NAME, force=True)
    client.close()
    return Row(
        example=example,
        arch=arch,
        base=base,
        predicted=(size["on_disk"], size["download"]),
        measured=(
            sum(layer.on_disk for layer in contents.layers),
            sum(layer.download for layer in contents.layers),
        ),
    )


def measure_all(examples: tuple[str, ...]) -> Iterator[Row]:
    """Yield the rows of all examples, one by one as they are built."""
    home = find_home(os.environ)
    engine = own.up(home)
    publish.publish_all(home, engine, ARCHES, lambda text: print(text, file=sys.stderr))
    knowledge = ("--knowledge", str(facts.overlay(home, engine)))
    for example in examples:
        for arch in ARCHES:
            for base in BASES:
                row = measure(engine, knowledge, example, arch, base)
                if row is not None:
                    print(row, file=sys.stderr)
                    yield row


def main() -> None:
    """Print the table."""
    print("# Predicted and measured sizes\n")
    print("Made by `python -m tests.engine.predictions`, on stand-ins of the base images.\n")
    print("| example | target | base | on disk | predicted | off | download | predicted | off |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in measure_all(tuple(sys.argv[1:]) or EXAMPLES):
        cells = [row.example, row.arch, row.base]
        for measured, predicted, off in zip(row.measured, row.predicted, row.off, strict=True):
            cells += [f"{measured / 1e6:.2f} MB", f"{predicted / 1e6:.2f} MB", f"{off:+.1%}"]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
