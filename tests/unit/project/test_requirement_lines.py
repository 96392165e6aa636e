"""The short way through a plain line gives what the library gives."""

from pathlib import Path

import pytest

from scaffold.model.project import Asked, Origin
from scaffold.project.requirement_lines import read_line

HERE = Origin(file="requirements.txt", line=1)


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "NumPy >= 1.26 , < 3",
        "flask[async,dotenv]~=3.0",
        "zope.interface!=5.*",
        'tomli; python_version < "3.11"',
        "torch==2.5.0+cpu",
        'uvicorn[standard]>=0.30;sys_platform=="linux" and platform_machine != "armv6l"',
    ],
)
def test_a_plain_line_is_read_as_the_library_reads_it(tmp_path: Path, line: str) -> None:
    short = read_line(line, line, HERE, root=tmp_path, constraint=False)
    # Written otherwise than it is read, as by a variable, a line always goes to the library.
    whole = read_line(line, f"{line} ", HERE, root=tmp_path, constraint=False)
    assert isinstance(short, Asked)
    assert isinstance(whole, Asked)
    fields = ("name", "specifier", "extras", "marker", "url", "path", "editable", "hashes")
    assert [getattr(short, f) for f in fields] == [getattr(whole, f) for f in fields]


@pytest.mark.parametrize("line", ["pkg.tar.gz", "a-1.0-py3-none-any.whl", "thing.zip"])
def test_a_file_name_stays_a_file(tmp_path: Path, line: str) -> None:
    found = read_line(line, line, HERE, root=tmp_path, constraint=False)
    assert isinstance(found, Asked)
    assert found.path == line


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (
            "x @ https://u:${T}@index.example/x-1-py3-none-any.whl",
            "https://u:${T}@index.example/x-1-py3-none-any.whl",
        ),
        (
            "x@https://index.example/${T}/x-1-py3-none-any.whl",
            "https://index.example/${T}/x-1-py3-none-any.whl",
        ),
        ("-e git+https://${T}@index.example/x#egg=x", "git+https://${T}@index.example/x#egg=x"),
        ("x @ ${T}", "${T}"),
    ],
)
def test_an_address_with_variables_keeps_how_it_was_written(
    tmp_path: Path, written: str, address: str
) -> None:
    filled = written.replace(
        "${T}", "https://index.example/x-1-py3-none-any.whl" if "@ $" in written else "abc"
    )
    found = read_line(filled, written, HERE, root=tmp_path, constraint=False)
    assert isinstance(found, Asked)
    assert found.written_url == address
    assert "abc" not in found.text
