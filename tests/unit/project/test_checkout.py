"""What a checkout left out: files of Git LFS and submodules."""

from pathlib import Path

import pytest

from scaffold.project.checkout import name_left_out
from scaffold.project.reader import read_project
from tests.support.folders import refused, write

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345678\n"
MODULES = '[submodule "lib"]\n\tpath = vendor/lib\n\turl = https://git.example/lib.git\n'


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"models/a.onnx": POINTER}, "models/a.onnx is here as the pointer"),
        ({"a.bin": POINTER, "b.bin": POINTER}, "a.bin and 1 more is here"),
        ({"docs/lfs.md": POINTER, "a.bin": "version 1\n" * 9}, ""),
        ({".gitmodules": MODULES}, "vendor/lib is a submodule that was not checked out"),
        ({".gitmodules": MODULES, "vendor/lib/.git": "gitdir: x\n"}, "vendor/lib is a submodule"),
        ({".gitmodules": MODULES, "vendor/lib/lib.py": "A = 1\n"}, ""),
    ],
)
def test_what_the_image_would_lack_is_told(
    tmp_path: Path, files: dict[str, str], named: str
) -> None:
    project = read_project(write(tmp_path, {"main.py": "print()\n", **files}), environ={})
    assert [named in text for text in project.unfetched] == [True] * bool(named)


def test_what_cannot_be_read_is_no_pointer(tmp_path: Path) -> None:
    assert not list(name_left_out(tmp_path, [("gone.onnx", 130)]))


def test_a_requirement_of_a_submodule_says_how_to_get_it(tmp_path: Path) -> None:
    files = {".gitmodules": MODULES, "requirements.txt": "-e ./vendor/lib\n", "main.py": ""}
    (problem,) = refused(write(tmp_path, files))
    assert "git submodule update" in problem
