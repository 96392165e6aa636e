"""What a wheel's directory tells of the modules in it."""

import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from scaffold.index.project_files import ProjectFiles, find_project_file
from scaffold.index.wheel_contents import list_refused, read_contents
from tests.support.index_server import make_sdist, make_wheel


def inner(*paths: str) -> tuple[str, ...] | None:
    file = io.BytesIO()
    with ZipFile(file, "w") as wheel:
        for path in paths:
            wheel.writestr(path, "")
    return read_contents(ZipFile(file), "a-1-py3-none-any.whl").inner


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (("six.py", "six-1.dist-info/METADATA"), ()),
        (("a/__init__.py", "a/b.py"), ("a.__init__", "a.b")),
        (("a/b/c.py",), ("a.b", "a.c")),
        (("a/fast.cpython-313-x86_64-linux-gnu.so", "a/data.json"), ("a.fast",)),
        (("a-1.data/purelib/a/b.py", "a/x-y/z.txt"), ("a.b",)),
    ],
)
def test_modules_at_any_depth_are_told(paths: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert inner(*paths) == names


def test_of_very_many_none_is_told() -> None:
    assert inner(*(f"a/m{number}.py" for number in range(501))) is None


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("bus/fast.py", '"""Gone."""\nraise ImportError("use bus.slow")\n', ["bus.fast"]),
        ("bus/fast/__init__.py", "T = 'gone'\nraise ModuleNotFoundError(T)\n", ["bus.fast"]),
        ("bus/fast.py", "from bus import error\nraise error.Gone()\n", ["bus.fast"]),
        ("b-1.data/purelib/bus/a.py", "import sys\nraise ImportError(sys.path)\n", ["bus.a"]),
        ("bus/fast.py", "import sys\nif sys.maxsize < 9:\n    raise ImportError\n", []),
        ("bus/fast.py", "def fail():\n    pass\nraise ImportError\n", []),
        ("bus/fast.py", "try:\n    import x\nexcept ImportError:\n    x = None\n", []),
    ],
)
def test_a_module_whose_import_only_raises_is_told(path: str, text: str, told: list[str]) -> None:
    assert list(list_refused({path: text.encode()})) == told


def test_a_wheel_and_an_sdist_of_the_project_are_read_once(tmp_path: Path) -> None:
    wheel, sdist = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
    (tmp_path / wheel).write_bytes(make_wheel("demo", "1.0"))
    (tmp_path / sdist).write_bytes(make_sdist("demo", "1.0"))
    found = [find_project_file(tmp_path, name) for name in (wheel, sdist)]
    files = ProjectFiles(tmp_path, [one for one in found if one])
    (first, second) = (one.file for one in found if one)

    def read() -> tuple[object, ...]:
        return files.wheel_facts(first), files.metadata([first]), files.source_facts(second)

    known = read()
    for name in (wheel, sdist):
        (tmp_path / name).unlink()
    assert read() == known
    assert None not in known
