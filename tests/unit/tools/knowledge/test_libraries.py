from datetime import date
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.model.errors import KnowledgeInvalidError
from tests.support import knowledge_tree as tree
from tools.knowledge.debian import read_suite, upstream_version
from tools.knowledge.libraries import read_module_names, refresh_libraries

INDEX = """\
libc6
python3
----
Package: libgl1
Version: 1.7.0-1
Installed-Size: 900
Size: 250000
Depends: libc6 (>= 2.34), libglx0 (= 1.7.0-1), virtual-x11 | libx11-6

Package: libglx0
Version: 1.7.0-1
Installed-Size: 40000
Size: 9000000
Depends: libx11-6, libnew1

Package: libx11-6
Version: 2:1.8
Installed-Size: 1700
Size: 780000
Provides: virtual-x11

Package: libnew1
Version: 1
Installed-Size: 50
Size: 10000

Package: git
Version: 1
Installed-Size: 60
Size: 20
"""


def test_the_index_is_read_with_first_alternatives_and_virtual_names() -> None:
    suite = read_suite(INDEX)
    assert suite.installed == {"libc6", "python3"}
    assert suite.lacking("libgl1") == ("libglx0", "libx11-6")
    assert suite.closure(["libgl1"]) == ("libgl1", "libglx0", "libnew1", "libx11-6")
    assert suite.packages["libnew1"].on_disk == round(50 * 1024 * 0.56)


def test_translations_and_manuals_count_where_slim_images_leave_them_out() -> None:
    packages = read_suite(INDEX.replace("Package: libnew1", "Package: git-man")).packages
    assert packages["git"].on_disk == round(60 * 1024 * 0.69)
    assert packages["git-man"].on_disk == round(50 * 1024 * 0.02)


def test_rows_that_were_measured_stay_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    facts = load_facts(folder)
    refreshed = refresh_libraries(
        folder, facts, {"distributions/trixie": read_suite(INDEX)}, {}, today=date(2026, 11, 25)
    )
    assert "+ trixie libnew1, 0.0 MB" in refreshed.changes
    assert "- trixie libxcb1" in refreshed.changes
    assert any(
        line.startswith("~ trixie libglx0: grew by") and line.endswith("pulls in libnew1")
        for line in refreshed.changes
    )
    (folder / "distributions" / "trixie.toml").write_text(
        refreshed.files["distributions/trixie.toml"]
    )
    rows = load_facts(folder).distributions["trixie"].packages
    assert rows["libgl1"] == (900_000, 250_000, ("libglx0", "libx11-6"))
    assert rows["libglx0"][0] == round(40000 * 1024 * 0.99)


@pytest.mark.parametrize(
    ("written", "upstream"),
    [
        ("1:1.24.2-1+deb12u1", "1.24.2"),
        ("2.2.4+ds-1", "2.2.4"),
        ("0.7.1~a4-2", "0.7.1a4"),
        ("4.10.0+dfsg-5", "4.10.0"),
        ("nightly", ""),
    ],
)
def test_a_version_of_debian_says_which_release_it_is(written: str, upstream: str) -> None:
    assert upstream_version(written) == upstream


def test_a_line_that_names_no_package_is_an_error_with_its_line() -> None:
    with pytest.raises(KnowledgeInvalidError) as caught:
        read_module_names("numpy python3-numpy\nscipy\n", "names.txt")
    assert caught.value.details[0].line == 2
