"""Programs that a package says it wraps, told by its metadata and its modules."""

import pytest

from scaffold.index.wrapped_programs import find_wrapped


def found(name: str, summary: str, **texts: str) -> list[str]:
    """Return the programs that a package of these modules wraps."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\nSummary: {summary}\n\n"
    files = {f"{path.replace('_', '/')}.py": text for path, text in texts.items()}
    return [program for program, _ in find_wrapped(metadata.encode(), files)]


@pytest.mark.parametrize(
    ("name", "summary", "text", "programs"),
    [
        ("python-scan", "Scans", "import subprocess\nPATHS = ('scan', '/bin/scan')", ["scan"]),
        ("pyscan", "", "import subprocess\ndef run(cmd='scan'): ...", ["scan"]),
        ("scan-wrapper", "", "from shutil import which\nwhich('scan')", ["scan"]),
        ("kit", "A wrapper for Scan2 tools", "import subprocess\nEXE = 'Scan2'", ["scan2"]),
        ("kit", "wraps scan and probe", "import os\nos.popen('probe --all')", ["probe"]),
        ("kit", "wraps scan or probe", "import pexpect\nX = ['probe', 'scan']", ["scan", "probe"]),
        ("pyscan", "", 'import subprocess\nX = """\n  /opt/Scan -v"""', ["scan"]),
        ("pyscan", "", "import subprocess\nX = '\\n scan --all'", ["scan"]),
        ("pyscan", "", "import subprocess\nX = f('bin/scan\\n')", ["scan"]),
    ],
)
def test_what_name_or_summary_names_and_code_starts_is_wrapped(
    name: str, summary: str, text: str, programs: list[str]
) -> None:
    assert found(name, summary, kit_run=text) == programs


@pytest.mark.parametrize(
    ("name", "summary", "text"),
    [
        ("kit", "Reads what scan writes", "import subprocess\nEXE = 'scan'"),  # no wrapper
        ("pyscan", "", "EXE = 'scan'"),  # nothing is started
        ("scan-connector-python", "", "import subprocess\nEXE = 'scan'"),  # about connecting
        ("pyscan", "", "import subprocess\n'scan'"),  # a docstring
        ("pyscan", "", "import subprocess\nraise ValueError('scan failed')"),
        ("pyscan", "", "import subprocess\nx = ("),  # not Python
    ],
)
def test_what_only_looks_like_it_is_none(name: str, summary: str, text: str) -> None:
    assert found(name, summary, kit_run=text) == []


def test_setup_and_tests_start_what_no_user_does() -> None:
    text = "import subprocess\nEXE = 'scan'"
    assert found("pyscan", "", setup=text, tests_run=text) == []
