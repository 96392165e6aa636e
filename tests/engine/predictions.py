"""The prediction beside the measurement, for each example, target and base that the plan allows.

    python -m tests.engine.predictions [example…] > docs/predictions.md

Builds and verifies every image on the tests' engine; takes an hour the first time.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

from tests.engine import engine as own
from tests.engine import facts, publish
from tests.engine.choice import ca_bundle
from tests.engine.engine import Engine
from tests.engine.home import find_home
from tests.engine.leanscaffold import environment, leanscaffold

ROOT = Path(__file__).parents[2]
EXAMPLES = ("fastapi", "flask-postgres", "detector", "gateway", "django", "paper")
ARCHES = ("amd64", "arm64")
# The stand-ins have one Python, and one release of each distribution.
PYTHON = "3.13"
BASES = ("bare-trixie", "bare-alpine-3.23", "slim-trixie", "alpine-3.23")
# How far an image may be from its prediction: on disk, to download.
BOUNDS = (0.02, 0.08)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One image: bytes predicted and measured, on disk and to download, and what failed."""

    example: str
    arch: str
    base: str
    predicted: tuple[int, int]
    measured: tuple[int, int]
    failed: tuple[str, ...]

    @property
    def off(self) -> tuple[float, float]:
        """Return how much larger the image is than predicted, relative."""
        return (
            self.measured[0] / self.predicted[0] - 1,
            self.measured[1] / self.predicted[1] - 1,
        )

    @property
    def is_within(self) -> bool:
        """Return whether both predictions hold."""
        return all(abs(off) <= bound for off, bound in zip(self.off, BOUNDS, strict=True))


def measure(
    engine: Engine, knowledge: tuple[str, ...], example: str, arch: str, base: str
) -> Row | None:
    """Return a row, or None where the base does not fit, or cannot be built on here."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / example
        copytree(ROOT / "examples" / example, project)
        words = ["--target", arch, "--python", PYTHON, "--base", base, "--offline", *knowledge]
        trust = ca_bundle(os.environ)
        words += ["--ca", str(trust)] if trust else []
        ended = leanscaffold(
            *("verify", str(project), *words, "--json", "--quiet"),
            env=environment(engine, Path(folder)),
        )
    if ended.code == 3:
        return None
    if ended.code not in {0, 1}:
        # apk has no index beside the stand-ins, and compiling needs packages of it.
        print(f"{example} on {arch}, {base}: {ended.err.strip()}", file=sys.stderr)
        return None
    (report,) = ended.document()["reports"]
    return _row(report["checks"], example, arch, base)


def _row(checks: Sequence[dict[str, Any]], example: str, arch: str, base: str) -> Row:
    (size,) = (one["figures"] for one in checks if one["code"] == "size")
    return Row(
        example=example,
        arch=arch,
        base=base,
        predicted=(size["predicted_on_disk_bytes"], size["predicted_download_bytes"]),
        measured=(size["on_disk_bytes"], size["download_bytes"]),
        failed=tuple(one["code"] for one in checks if one["status"] == "failed"),
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
    columns = ("on disk", "predicted", "off", "download", "predicted", "off", "verify")
    print(f"| {' | '.join(('example', 'target', 'base', *columns))} |")
    print(f"|{'---|' * 10}")
    for row in measure_all(tuple(sys.argv[1:]) or EXAMPLES):
        cells = [row.example, row.arch, row.base]
        for measured, predicted, off in zip(row.measured, row.predicted, row.off, strict=True):
            cells += [f"{measured / 1e6:.2f} MB", f"{predicted / 1e6:.2f} MB", f"{off:+.1%}"]
        cells.append(", ".join(row.failed) or "passed")
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
