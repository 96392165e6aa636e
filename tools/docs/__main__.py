"""``python -m tools.docs``: make the documentation anew, pages and what their commands print."""

import os
import tempfile
from pathlib import Path

from tools.docs.console import ROOT, prepare, renew
from tools.docs.pages import make_pages


def main() -> None:
    """Write every page that differs."""
    with tempfile.TemporaryDirectory() as temporary:
        # A cache of the user's own would change what the commands print.
        os.environ["LEANSCAFFOLD_CACHE_DIR"] = f"{temporary}/cache"
        for name, text in make_pages(prepare(Path(temporary, "pages"))).items():
            _write(ROOT / "docs" / name, text)
    for page in written_pages():
        with tempfile.TemporaryDirectory() as temporary:
            text = page.read_text("utf-8")
            _write(page, renew(text, prepare(Path(temporary, "page"))))


def written_pages() -> list[Path]:
    """Return the pages that people wrote: those that no command makes."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("knowledge/*.md")]
    return sorted(page for page in pages if "<!-- Made by " not in page.read_text("utf-8"))


def _write(page: Path, text: str) -> None:
    if page.is_file() and page.read_text("utf-8") == text:
        return
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, "utf-8")
    print(page.relative_to(ROOT))


if __name__ == "__main__":
    main()
