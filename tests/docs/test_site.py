"""The site is built of docs/ and what its pages link to: no warning, nothing from elsewhere."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tools.docs.console import ROOT
from tools.docs.site import write_pages

_FETCHED = re.compile(r"<(?:script|img|link)[^>]* (?:src|href)=\"?https?://[^\" >]*")


def test_the_site_builds_strictly_and_fetches_nothing(tmp_path: Path) -> None:
    config = Path(shutil.copy(ROOT / "zensical.toml", tmp_path))
    settings = tomllib.loads(config.read_text("utf-8"))["project"]
    write_pages(tmp_path / settings["docs_dir"])
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    site = tmp_path / settings["site_dir"]
    for name in ("index.html", "first-session/index.html", "knowledge/index.html", "search.json"):
        assert (site / name).is_file()
    fetched = [_FETCHED.findall(page.read_text("utf-8")) for page in site.rglob("*.html")]
    assert not any(fetched)


def test_every_page_of_the_documentation_is_in_the_contents() -> None:
    contents = (ROOT / "zensical.toml").read_text("utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f'"{page.name}"' in contents
