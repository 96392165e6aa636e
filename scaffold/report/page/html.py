"""The page as text: templates filled in, everything that a project says escaped."""

import re
from collections.abc import Callable

import jinja2

from scaffold.model.errors import clean
from scaffold.report.page.view import Page, Section

_BLANK_LINES = re.compile(r"\n\s*\n+")


def render_page(page: Page, template: Callable[[str], str]) -> str:
    """Return the HTML; ``template`` returns the text of a template by its name."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    environment.filters["number"] = spell_number
    text = environment.get_template("report/page.html.j2").render(page=page, contents=_contents)
    return _BLANK_LINES.sub("\n", clean(text)).lstrip()


def spell_number(value: float) -> str:
    """Return a coordinate with two decimals at most: the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _contents(section: Section) -> list[tuple[str, str]]:
    """Return what a section has: the end of its anchor, and its name."""
    parts = [
        ("bytes", "Where the bytes go", bool(section.treemaps)),
        ("bases", "Candidates", True),
        ("savings", "Savings", bool(section.savings or section.trimmed)),
        ("layers", "Updates", bool(section.layers)),
        ("measured", "Measured", True),
        ("notes", "Notes", bool(section.notes)),
    ]
    return [(end, name) for end, name, there in parts if there]
