import json
from dataclasses import replace
from pathlib import Path

from scaffold.model.target import Arch
from scaffold.model.verification import CompareResult, Comparison, Status
from tools.paper.page import make_paper_document, write_page
from tools.paper.variants import Stack, paper_variants

PAGE = Path(__file__).resolve().parents[4] / "docs" / "paper.md"
VARIANTS = paper_variants(
    Stack(
        full="python:3.13",
        slim="python:3.13-slim",
        alpine="python:3.13-alpine",
        requirements=("requirements.txt",),
        system=("libgl1",),
        command=("python", "main.py"),
    )
)
WELL = CompareResult(
    name="",
    title="",
    runs=Status.PASSED,
    on_disk=2_400_000_000,
    download=800_000_000,
    build_seconds=150.2,
    rebuild_seconds=0.31,
    rebuild_moved=700,
)
BROKEN = {
    "slim": CompareResult(
        name="slim",
        title="",
        runs=Status.FAILED,
        trouble="it ended with exit code 1",
        evidence=("log: ImportError: libxcb.so.1: no such file", "log: import of `cv2` ended"),
        on_disk=2_500_000_000,
        build_seconds=99.94,
    ),
    "full": CompareResult(
        name="full",
        title="",
        runs=Status.FAILED,
        trouble="it cannot be built: the base cannot be pulled",
        code="base-unavailable",
        evidence=("mirror.example/library/python:3.13: not found",),
    ),
    "alpine": CompareResult(
        name="alpine",
        title="",
        runs=Status.FAILED,
        trouble="it cannot be built: pip failed: [stage-0 4/5] RUN if [ -s /run/secrets/ca ]",
        code="step-failed",
        evidence=("ERROR: No matching distribution found for tensorflow", "hint: read it"),
    ),
}
OURS = replace(WELL, name="leanscaffold", title="leanscaffold: bare", on_disk=1_200_000_000)


def comparison(*ours: CompareResult, all_broken: bool = False) -> Comparison:
    entries = [
        BROKEN.get(one.name) or replace(BROKEN["slim"] if all_broken else WELL, name=one.name)
        for one in VARIANTS
    ]
    return Comparison(
        project="paper", arch=Arch.AMD64, entries=(*entries, *ours), notes=("two processors",)
    )


def page(*ours: CompareResult, all_broken: bool = False) -> str:
    names = [one.name for one in ours]
    compared = comparison(*ours, all_broken=all_broken)
    return write_page(compared, VARIANTS, names, command="python -m tools.paper")


def row(text: str, start: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_papers_figures_stand_beside_ours() -> None:
    text = page(OURS)
    assert row(text, "all steps in one RUN") == [
        *("all steps in one RUN", "2.43 GB", "-", "2.4 GB", "800 MB", "150 s", "yes")
    ]
    assert row(text, "python:3.13-alpine") == [
        *("python:3.13-alpine", "700 MB", "2423 s", "-", "-", "-", "**no**")
    ]


def test_only_the_order_is_about_rebuilds() -> None:
    text = page(OURS)
    assert row(text, "sources copied before")[-3:] == ["0.3 s", "700 B", "yes"]
    assert row(text, "packages installed before")[5] == "99.9 s"
    assert text.count("rebuild after an edit") == 2  # here, and in what ours makes


def test_what_does_not_start_says_why_in_its_own_words() -> None:
    text = page(OURS)
    assert "it ended with exit code 1: `ImportError: libxcb.so.1: no such file`." in text
    assert "pip failed: `ERROR: No matching distribution found for tensorflow`." in text
    assert "- **a RUN for each step**: runs." in text


def test_where_a_base_cannot_be_pulled_no_registry_is_named() -> None:
    assert "mirror.example" not in page(OURS)
    assert "- **python:3.13**: it cannot be built: the base cannot be pulled." in page(OURS)


def test_ours_is_compared_with_the_smallest_that_runs() -> None:
    assert "leanscaffold: bare: 50% of the smallest of the paper's that runs." in page(OURS)
    text = page(OURS, all_broken=True)
    assert "None of the paper's images runs here" in text
    assert "50%" not in text


def test_ours_may_fail_too_and_says_so() -> None:
    failed = replace(BROKEN["slim"], name="leanscaffold", title="leanscaffold: bare")
    text = page(failed)
    assert "- leanscaffold: bare: it ended with exit code 1 ImportError" in text


def test_the_tables_are_well_formed() -> None:
    widths: set[int] = set()
    for line in [*page(OURS).splitlines(), ""]:
        if line.startswith("|"):
            widths.add(line.count("|"))
        else:
            assert len(widths) <= 1
            widths.clear()


def test_the_document_has_every_row_with_its_image_and_figures() -> None:
    document = json.loads(json.dumps(make_paper_document(comparison(OURS), VARIANTS, [OURS.name])))
    assert len(document["rows"]) == 11
    alpine = next(one for one in document["rows"] if one["what"] == "python:3.13-alpine")
    assert alpine["paper"] == {"on_disk": 700_000_000, "build_seconds": 2423.0}
    assert (alpine["image"]["runs"], alpine["image"]["code"]) == ("failed", "step-failed")
    assert document["leanscaffold"][0]["on_disk"] == 1_200_000_000


def test_the_page_in_the_docs_shows_what_the_command_shows() -> None:
    kept = PAGE.read_text("utf-8").splitlines()
    for line in page(OURS).splitlines():
        if line.startswith(("#", "| |", "|---")):
            assert line in kept
        elif line.startswith("| ") and not line.startswith("| leanscaffold"):
            start = "|".join(line.split("|")[:4])  # what it is, and the paper's figures
            assert any(one.startswith(start) for one in kept), start
