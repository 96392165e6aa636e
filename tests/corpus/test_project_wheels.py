"""Wheel files in the project, as Jetson, Coral and Hailo users have them.

Sources: NVIDIA's forum on torch wheels for Jetson, coral's own installation page (a wheel from its
releases), pip's documentation of --find-links and --no-index.
"""

from pathlib import Path

import pytest

from scaffold.model.errors import RequirementsInvalidError
from scaffold.model.resolution import Conflict
from scaffold.model.target import Arch
from scaffold.project.reader import read_project
from tests.corpus.resolving import offer, pins, resolve_folder
from tests.support.folders import write
from tests.support.index_server import FakeIndex, make_sdist, make_wheel
from tests.support.worlds import environment, musl

JETSON = "jetlib-1.0-cp310-cp310-linux_aarch64.whl"
UV = f"""
    [project]
    name = "a"
    version = "1"
    dependencies = ["jetlib"]
    [tool.uv.sources]
    jetlib = {{path = "wheels/{JETSON}"}}
"""
POETRY = f"""
    [tool.poetry]
    name = "a"
    version = "1"
    [tool.poetry.dependencies]
    jetlib = {{file = "wheels/{JETSON}"}}
"""
ON_JETSON = environment("3.10", Arch.ARM64)


def project(root: Path, listed: dict[str, str], wheels: dict[str, bytes]) -> Path:
    folder = write(root / "app", listed)
    for name, body in wheels.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return folder


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("requirements.txt", f"./wheels/{JETSON}\n"),
        ("requirements.txt", f"jetlib @ file:./wheels/{JETSON}\n"),
        ("requirements.txt", "--find-links wheels\n--no-index\njetlib\n"),
        ("requirements.txt", "-f ./wheels/\njetlib==1.0\n"),
        ("pyproject.toml", UV),
        ("pyproject.toml", POETRY),
    ],
    ids=["path", "file-address", "no-index", "find-links", "uv-path", "poetry-file"],
)
def test_the_tags_of_a_wheel_file_bind_python_libc_and_architecture(
    tmp_path: Path, public: FakeIndex, file: str, line: str
) -> None:
    offer(public, "other", "1.0")
    folder = project(tmp_path, {file: line}, {f"wheels/{JETSON}": make_wheel("jetlib", "1.0")})
    assert pins(resolve_folder(folder, public, on=ON_JETSON)) == {"jetlib": "1.0"}
    for elsewhere in (
        environment("3.10"),
        environment("3.11", Arch.ARM64),
        musl(Arch.ARM64, "3.10"),
    ):
        found = resolve_folder(folder, public, on=elsewhere)
        assert isinstance(found, Conflict)
        assert "cp310-cp310-linux_aarch64" in found.reasons[0].text


def test_what_a_wheel_file_requires_is_resolved_and_its_own_name_asked_nowhere(
    tmp_path: Path, public: FakeIndex
) -> None:
    offer(public, "jetlib", "99.0")
    offer(public, "numpy", "1.26.4", "2.0.0")
    wheel = make_wheel("jetlib", "1.0", "Requires-Dist: numpy<2")
    folder = project(
        tmp_path, {"requirements.txt": f"./wheels/{JETSON}\n"}, {f"wheels/{JETSON}": wheel}
    )
    found = resolve_folder(folder, public, on=ON_JETSON)
    assert pins(found) == {"jetlib": "1.0", "numpy": "1.26.4"}
    assert not [path for path in public.paths() if "jetlib" in path]


def test_find_links_offers_beside_the_index_and_the_newest_wins(
    tmp_path: Path, public: FakeIndex
) -> None:
    offer(public, "lib", "1.0", "3.0")
    wheels = {"w/lib-2.0-py3-none-any.whl": make_wheel("lib", "2.0")}
    folder = project(tmp_path, {"requirements.txt": "--find-links w\nlib\n"}, wheels)
    assert pins(resolve_folder(folder, public)) == {"lib": "3.0"}


def test_no_index_asks_no_index(tmp_path: Path, public: FakeIndex) -> None:
    offer(public, "lib", "3.0")
    wheels = {"w/lib-2.0-py3-none-any.whl": make_wheel("lib", "2.0")}
    folder = project(tmp_path, {"requirements.txt": "--no-index\n--find-links w\nlib\n"}, wheels)
    assert pins(resolve_folder(folder, public)) == {"lib": "2.0"}
    assert public.paths() == []


def test_a_page_of_files_is_a_find_links_too(tmp_path: Path, public: FakeIndex) -> None:
    public.add_file("lib-2.0-py3-none-any.whl", make_wheel("lib", "2.0"))
    body = b'<a href="files/lib-2.0-py3-none-any.whl">lib</a><a href="files/x-1.0.tar.gz">x</a>'
    page = public.add_page("unused", [])
    page.body, page.kind = body, "text/html"
    public.routes["/links.html"] = page
    address = public.url.removesuffix("/simple") + "/links.html"
    listed = {"requirements.txt": f"--no-index\n--find-links {address}\nlib\n"}
    assert pins(resolve_folder(project(tmp_path, listed, {}), public)) == {"lib": "2.0"}


def test_an_sdist_in_the_project_is_built_and_what_it_requires_is_resolved(
    tmp_path: Path, public: FakeIndex
) -> None:
    offer(public, "dep", "1.0")
    listed = {"requirements.txt": "./vendor/lib-1.0.tar.gz\n"}
    sdist = make_sdist("lib", "1.0", "Requires-Dist: dep")
    folder = project(tmp_path, listed, {"vendor/lib-1.0.tar.gz": sdist})
    assert pins(resolve_folder(folder, public)) == {"dep": "1.0", "lib": "1.0"}


def test_wheel_files_do_not_count_as_the_application(tmp_path: Path) -> None:
    listed = {"requirements.txt": f"./wheels/{JETSON}\n", "main.py": "x = 1\n"}
    folder = project(tmp_path, listed, {f"wheels/{JETSON}": make_wheel("jetlib", "1.0")})
    read = read_project(folder, environ={})
    assert read.app_bytes == sum(map(len, listed.values()))
    assert [one.path for one in read.distributions] == [f"wheels/{JETSON}"]


def test_a_file_of_another_name_is_a_problem(tmp_path: Path) -> None:
    listed = {"requirements.txt": f"other @ file:./wheels/{JETSON}\n"}
    folder = project(tmp_path, listed, {f"wheels/{JETSON}": make_wheel("jetlib", "1.0")})
    with pytest.raises(RequirementsInvalidError) as caught:
        read_project(folder, environ={})
    assert "is not a wheel or sdist of other" in str(caught.value.details[0])
