"""The page: it says what was decided, stands alone, and can be read by everybody."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from scaffold.catalog.resources import templates
from scaffold.cli import cli
from scaffold.model.index import Contents
from scaffold.model.verdict import Trimmed
from scaffold.model.verification import Measured
from scaffold.operations.services import real_services
from scaffold.planner.size_by_kind import break_down
from scaffold.report.page import render_page
from scaffold.report.plan_result import PlanResult
from scaffold.report.schemas import Report
from tests.cli.outside import changed
from tests.support.builders import make_decision, make_facts, make_fits, make_outcome, make_rejected
from tools.docs.settings import make_schema

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = make_schema(Report)
VOID = {"meta", "link", "br", "img", "input", "hr"}


def report(*args: object) -> Result:
    """Run the command with the real edges on a fixed day."""
    outside = changed(real_services(), today=lambda: date(2026, 11, 24))
    return CliRunner().invoke(cli, ["report", *map(str, args), "--offline", "-q"], obj=outside)


@pytest.fixture(scope="module")
def page() -> str:
    args = ("--target", "arm64", "--target", "amd64", "--max-size", "100MB", "--html", "-")
    return report(ROOT / "examples/fastapi", *args).stdout


def rendered(outcome: PlanResult, contents: Mapping[str, Contents] | None = None) -> str:
    return render_page(outcome, make_facts(), contents or {})


class Seen(HTMLParser):
    """Collects tags with their attributes; what is not closed in order is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_needs_nothing_else_and_runs_no_script_but_its_own(page: str) -> None:
    seen = Seen(page)
    tags = {tag for tag, _ in seen.tags}
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in page
    assert [attributes for tag, attributes in seen.tags if tag == "script"] == [{}]
    assert not tags & {"link", "img", "iframe", "object", "embed", "form"}
    for _, attributes in seen.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    addresses = re.findall(r"(?:https?:)?//[^\s\"')]+", page)
    assert addresses == []
    assert "@import" not in page


def test_every_name_is_given_once_and_every_reference_leads_somewhere(page: str) -> None:
    seen = Seen(page)
    ids = [attributes["id"] for _, attributes in seen.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = re.findall(r"url\(#([^)]+)\)", page)
    for _, attributes in seen.tags:
        wanted += (attributes.get("aria-labelledby") or "").split()
        wanted += [attributes["href"][1:]] if attributes.get("href") else []  # type: ignore[index]
    assert set(wanted) <= set(ids)


def test_headings_go_down_one_by_one_and_drawings_have_names_and_tables(page: str) -> None:
    seen = Seen(page)
    levels = [int(tag[1]) for tag, _ in seen.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for tag, attributes in seen.tags:
        if tag == "svg":
            assert attributes.get("role") == "img" or attributes.get("aria-hidden") == "true"
    assert page.count('<ol class="parts"') == 2
    regions = [a["aria-label"] for _, a in seen.tags if a.get("role") == "region"]
    assert len(regions) == len(set(regions))
    assert ("html", {"lang": "en"}) in seen.tags


def test_the_same_outcome_gives_the_same_page(page: str) -> None:
    args = ("--target", "arm64", "--target", "amd64", "--max-size", "100MB", "--html", "-")
    assert report(ROOT / "examples/fastapi", *args).stdout == page


def test_text_can_be_read_on_every_fill_light_and_dark() -> None:
    css = (templates() / "report/style.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    for block in (light, dark):
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for name, colour in colours.items():
            if name not in {"ink", "soft", "line", "mark"}:
                assert _contrast(colours["ink"], colour) >= 4.5, name
        for name in ("soft", "mark"):
            assert _contrast(colours[name], colours["paper"]) >= 4.5, name


def _contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.2."""
    bright, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_a_project_says_is_escaped() -> None:
    decision = make_decision(make_fits(), make_rejected())
    outcome = make_outcome(decision)
    name = replace(outcome.project.name, value="<script>alert('x')</script>\x1b[31m")
    text = rendered(replace(outcome, project=replace(outcome.project, name=name)))
    assert text.count("<script>") == 1
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text


def test_where_nothing_fits_it_still_says_why() -> None:
    result = report(
        ROOT / "examples/detector", "--target", "arm64", "--max-size", "100MB", "--html", "-"
    )
    assert result.exit_code == 3
    assert "No base image fits" in result.stdout
    assert "over the 100.0 MB allowed" in result.stdout
    Seen(result.stdout)


def test_what_was_measured_stands_beside_the_prediction() -> None:
    fits = make_fits()
    outcome = make_outcome(make_decision(fits))
    target = outcome.targets[0].arch
    measured = Measured(
        base=fits.base.id,
        python=fits.python,
        packages={},
        on_disk=round(fits.size.on_disk * 1.001),
        download=fits.size.download * 2,
        checked=date(2026, 11, 25),
        passed=True,
        start_seconds=1.5,
    )
    text = rendered(replace(outcome, measured={target: measured}))
    assert "Measured on 2026-11-25 by leanscaffold verify, it starts in 1.50 s." in text
    assert "beyond the bound" in text
    assert "within the bound" in text


def test_the_parts_are_the_predicted_size() -> None:
    for name in ("fastapi", "detector", "flask-postgres"):
        for base in ("slim", "bare"):
            args = ("--target", "arm64", "--base", base, "--json")
            found = json.loads(report(ROOT / "examples" / name, *args).stdout)
            Draft202012Validator(SCHEMA).validate(found)
            for target in found["targets"]:
                size = target["plan"]["chosen"]["size"]
                parts = target["parts"]
                assert abs(sum(part["on_disk"] for part in parts) - size["on_disk"]) <= len(parts)
                assert abs(sum(part["download"] for part in parts) - size["download"]) <= len(parts)
                for part in parts:
                    assert sum(part["kinds"].values()) == part["on_disk"], part
                assert any(part["trimmed"] for part in parts)


def test_the_page_is_written_over_an_earlier_one_and_over_nothing_else(tmp_path: Path) -> None:
    goal = tmp_path / "report.html"
    args = (ROOT / "examples/fastapi", "--target", "arm64", "--html", goal)
    for _ in range(2):
        assert report(*args).exit_code == 0
    goal.write_text("mine", "utf-8")
    result = report(*args)
    assert result.exit_code == 9
    assert goal.read_text("utf-8") == "mine"
    assert report(*args, "--force").exit_code == 0
    assert report(*args[:-1], tmp_path / "no" / "where.html").exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_terminal_gets_the_largest_parts() -> None:
    text = report(ROOT / "examples/detector", "--target", "arm64").stdout
    assert text.splitlines()[2].split()[0] == "opencv-python-headless"
    assert "left out of packages: " in text


def test_a_package_is_listed_down_to_its_files_with_what_the_image_is_without() -> None:
    fits = make_fits()
    package = fits.candidate.packages[0].pinned
    gone = Trimmed(rule="tests", package=package.name, bytes=3_000)
    size = replace(fits.size, packages=((package.name, 9_000, 3_000),))
    candidate = replace(fits.candidate, trimmed=(gone,), size=size)
    files = (
        ("a/b/core.so", 90_000, ""),
        ("a/b/tests/test_core.py", 3_000, "tests"),
        ("a/b/tests/<x>", 0, "tests"),
        ("a/b/docs/guide.rst", 2_000, "docs"),
        *((f"a/b/tiny{number}.py", 10, "") for number in range(3)),
    )
    decision = make_decision(replace(fits, candidate=candidate))
    text = rendered(make_outcome(decision), {package.file.filename: files})
    Seen(text)
    for line in (
        '<span>a/b/</span><span class="size">95 kB</span>',
        '<span>core.so</span><span class="size">90 kB</span>',
        '<s>tests/</s><span class="size">3 kB</span>',
        '<span>guide.rst</span><span class="size">2 kB</span>',
        '<span>3 smaller files</span><span class="size">30 B</span>',
    ):
        assert line in text, line


def test_plan_and_report_count_the_same_bytes_as_left_out() -> None:
    args = [str(ROOT / "examples/detector"), "--device", "raspberry-pi-5", "--offline", "-q"]
    plan = CliRunner().invoke(cli, ["plan", *args, "-v"], obj=real_services()).stdout
    told = re.search("Left out of packages, (.*):", plan)
    assert told
    assert f"left out of packages: {told[1]}\n" in report(*args).stdout


def test_shares_of_a_candidate_without_details_are_its_parts() -> None:
    fits = make_fits()
    shares = break_down(fits, make_facts(), bytecode="only")
    assert {share.group for share in shares} <= {
        "base",
        "package",
        "application",
        "system packages",
    }


def test_what_a_trace_keeps_is_one_part() -> None:
    fits = make_fits()
    parts = (("what the trace keeps", 9_000, 4_000), ("application", 1_000, 0))
    size = replace(fits.size, on_disk=10_000, download=4_000, parts=parts, packages=())
    traced = replace(fits, candidate=replace(fits.candidate, size=size))
    shares = break_down(traced, make_facts(), bytecode="only")
    assert [(share.group, share.on_disk) for share in shares] == [(a, b) for a, b, _ in parts]
    text = rendered(make_outcome(make_decision(traced)))
    assert "what the trace keeps: 9 kB, 90.0%" in text
