"""The table of predicted and measured sizes: its rows as text and back, and their bounds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# How far an image may be from its prediction: on disk, to download.
BOUNDS = (0.02, 0.08)
PASSED = "passed"
# Without what `verify --quick` leaves out: the second run and the rebuilds.
QUICK = "passed, quick"
COLUMNS = (
    *("example", "target", "base"),
    *("on disk", "predicted", "off", "download", "predicted", "off"),
    *("verify", "files"),
)
HEAD = """\
# Predicted and measured sizes

Each example, target and base that its plan says fits, with Python 3.13: predicted before the build,
then built and verified on the tests' engine, whose base images are stand-ins for the official ones.
On disk a prediction may be off by 2 %, to download by 8 %. `quick` is without a second run and
rebuilds. `files` tells apart what was built.

Made by `python -m tools.predictions`, which measures again where the files have changed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One image: MB predicted and measured, each on disk and to download, and what failed.

    ``files`` is a digest of what the image was built from. ``untried`` says why the image could
    not be built on the stand-ins; then nothing is measured.
    """

    example: str
    target: str
    base: str
    predicted: tuple[float, float]
    measured: tuple[float, float] = (0.0, 0.0)
    verify: str = PASSED
    files: str = ""
    untried: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what tells the row from others."""
        return (self.example, self.target, self.base)

    @property
    def off(self) -> tuple[float, float]:
        """Return how much larger the image is than predicted, relative."""
        return (
            self.measured[0] / self.predicted[0] - 1,
            self.measured[1] / self.predicted[1] - 1,
        )

    def troubles(self) -> list[str]:
        """Return what is wrong: a check that failed, a prediction that is out of bounds."""
        if self.untried:
            return []
        found = [] if self.verify in {PASSED, QUICK} else [f"failed: {self.verify}"]
        for name, off, bound in zip(("on disk", "download"), self.off, BOUNDS, strict=True):
            if abs(off) > bound:
                found.append(f"{name} is {off:+.1%} off, at most {bound:.0%}")
        return found


def to_megabytes(on_disk: float, download: float) -> tuple[float, float]:
    """Return bytes as the table shows them, in MB."""
    return round(on_disk / 1e6, 2), round(download / 1e6, 2)


def write_table(rows: Iterable[Row]) -> str:
    """Return the page."""
    lines = [HEAD, f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def read_table(text: str) -> list[Row]:
    """Return the rows of a page."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [_row([cell.strip() for cell in line.strip("|").split("|")]) for line in lines[1:]]


def _cells(row: Row) -> Iterator[str]:
    yield from row.key
    for measured, predicted, off in zip(row.measured, row.predicted, row.off, strict=True):
        yield "" if row.untried else f"{measured:.2f} MB"
        yield f"{predicted:.2f} MB"
        yield "" if row.untried else f"{off:+.1%}"
    yield f"not built: {row.untried}" if row.untried else row.verify
    yield row.files


def _row(cells: list[str]) -> Row:
    example, target, base, *figures, verify, files = cells
    on_disk, predicted_on_disk, _, download, predicted_download, _ = figures
    word, _, why = verify.partition("not built: ")
    return Row(
        example=example,
        target=target,
        base=base,
        predicted=(_megabytes(predicted_on_disk), _megabytes(predicted_download)),
        measured=(_megabytes(on_disk), _megabytes(download)),
        verify=word or PASSED,
        files=files,
        untried=why,
    )


def _megabytes(cell: str) -> float:
    return float(cell.removesuffix(" MB") or 0)
