"""What a wheel's directory tells of the modules in it."""

import io
from zipfile import ZipFile

import pytest

from scaffold.index.wheel_contents import read_contents


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
