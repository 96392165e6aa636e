"""A small knowledge folder that is valid, and a way to change one file of it."""

from pathlib import Path

HEAD = 'source = "a test"\nchecked = 2026-01-02\n'

BASE = f"""
id = "slim-trixie"
family = "slim"
distribution = "debian"
release = "trixie"
reference = "python:{{python}}-slim-trixie"
libc = "glibc"
libc_version = [2, 41]
package_manager = "apt"
shell = true
user = "root"
interpreter = "/usr/local/bin/python3"
site_packages = "/usr/local/lib/python{{python}}/site-packages"
pip = true
ships = ["libc.so.6"]
{HEAD}
[derivations]
guess = "derived: from amd64"

[pythons."3.12"]
release = "3.12.13"
amd64 = [43_188_023, 118_827_000, 0.03]

[pythons."3.13"]
release = "3.13.14"
source = "a page"
amd64 = [42_961_464, 118_060_000, 0.01]
"arm/v7" = [38_749_720, 106_486_000, 0.06, "guess"]
"""

OTHER = BASE.replace("slim-trixie", "wolfi").replace('"debian"', '"wolfi"').replace("apt", "apk")

FILES = {
    "bases/slim-trixie.toml": BASE,
    "bases/wolfi.toml": OTHER,
    "pythons.toml": f'{HEAD}[pythons]\n"3.12" = {{ eol = 2028-10-31 }}\n"3.13" = {{}}\n',
    "distributions/trixie.toml": f"""
id = "trixie"
release = "trixie"
arch = "amd64"
{HEAD}
packages = '''
libgl1 900000 250000 libglx0 libx11-6
libglx0 500000 150000 libx11-6
libx11-6 1400000 780000 libxcb1
libxcb1 220000 67000
'''
""",
    "libraries.toml": f"""
{HEAD}
[libraries]
"libGL.so.1" = {{ trixie = "libgl1", wolfi = {{ name = "mesa-gl", on_disk = 9, download = 4 }} }}
"libX11.so.6" = {{ trixie = "libx11-6", checked = 2026-01-03 }}
"git" = {{ program = true, trixie = {{ name = "git", on_disk = 50, download = 20 }} }}
""",
    "packages/opencv-python.toml": f"""
name = "opencv-python"
dlopens = ["libGL.so.1"]
memory = 57_000_000
conflicts = ["opencv-python-headless"]
{HEAD}
[[swaps]]
to = "opencv-python-headless"
kind = "safe"
preserves = "cv2"
loses = "windows"
unless = "shows-window"

[recipe]
build = {{ apt = ["g++"] }}
run = {{ apt = ["libx11-6"] }}
tools = ["cmake"]
effort = "hours"
source = "another test"
""",
    "devices/board.toml": f"""
id = "board"
name = "Board"
arch = "arm64"
memory = 1_073_741_824
cpu = "slow"
cores = 4
{HEAD}
""",
}


def write(folder: Path) -> Path:
    """Write the whole folder and return it."""
    for name, text in FILES.items():
        put(folder, name, text)
    return folder


def put(folder: Path, name: str, text: str) -> None:
    """Write one file of the folder."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def replace(folder: Path, name: str, old: str, new: str) -> None:
    """Replace text in one file, which has to have it."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    put(folder, name, text.replace(old, new))
