"""Repositories that requirements name: where they are, at which commit, what they ask for."""

from pathlib import Path

import pytest

from scaffold.model.project import Asked, Lock, LockedFile, LockedPackage, Origin
from scaffold.project.repositories import (
    Address,
    Checkout,
    FetchError,
    parse_address,
    settle_repositories,
)
from scaffold.project.requirement_parser import Reading, read_requirement

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ORIGIN = Origin(file="requirements.txt", line=3)


def ask(*texts: str) -> tuple[Asked, ...]:
    return tuple(read_requirement(text, ORIGIN, root=Path(), folder=Path()) for text in texts)


@pytest.mark.parametrize(
    ("url", "repository", "revision", "folder"),
    [
        ("git+https://h/o/r.git@v1.2", "https://h/o/r.git", "v1.2", "."),
        ("git+https://h/o/r.git", "https://h/o/r.git", "", "."),
        ("git+https://h/o/r@main#subdirectory=py/lib&egg=x", "https://h/o/r", "main", "py/lib"),
        ("git+ssh://git@h/o/r.git@" + COMMIT, "ssh://git@h/o/r.git", COMMIT, "."),
        ("git+https://user@h:8443/o/r.git", "https://user@h:8443/o/r.git", "", "."),
    ],
)
def test_an_address_is_taken_apart(url: str, repository: str, revision: str, folder: str) -> None:
    address = parse_address(url)
    assert address == Address(repository=repository, revision=revision, folder=folder)
    assert parse_address(address.pinned(COMMIT)) == Address(
        repository=repository, revision=COMMIT, folder=folder
    )


def test_an_archive_is_pinned_by_its_hash() -> None:
    address = parse_address(f"https://h/x-1.0.tar.gz#sha256={'a' * 64}&subdirectory=py")
    assert address == Address(
        repository="https://h/x-1.0.tar.gz", revision="a" * 64, folder="py", archive=True
    )
    pinned = address.pinned("b" * 64)
    assert pinned == f"https://h/x-1.0.tar.gz#sha256={'b' * 64}&subdirectory=py"
    assert Address(repository="https://h/x.zip", archive=True).pinned("c") == (
        "https://h/x.zip#sha256=c"
    )


def test_a_lock_that_has_the_hash_of_an_archive_needs_no_network() -> None:
    url = "https://h/x/archive/v1.zip"
    locked = LockedPackage(
        name="x",
        version="1",
        url=url,
        requires=(),
        files=(LockedFile(filename="v1.zip", url=url, sha256=f"sha256:{'d' * 64}"),),
        origin=Origin(file="uv.lock", line=9),
    )
    lock = Lock(file="uv.lock", kind="uv", packages=(locked,))
    settled = settle_repositories(Reading(asked=ask(f"x @ {url}"), lock=lock), None)
    assert settled.problems == ()
    assert settled.asked[0].build_from == f"{url}#sha256={'d' * 64}"


@pytest.mark.parametrize(
    "url", ["", "https://h/x-1.0-py3-none-any.whl", "hg+https://h/r", "git+https:x"]
)
def test_other_addresses_are_no_repositories(url: str) -> None:
    assert parse_address(url) is None


def test_a_lock_that_has_the_commit_needs_no_network() -> None:
    locked = LockedPackage(
        name="sensorlib",
        version="1.2",
        url=f"git+https://h/r.git@{COMMIT}#subdirectory=py",
        requires=("pyserial==3.5", "smbus2 ; sys_platform == 'linux'"),
        extra_requires=(("net", ("requests",)),),
        origin=Origin(file="uv.lock", line=9),
    )
    reading = Reading(
        asked=ask("sensorlib[net] @ git+https://h/r.git@v1.2 ; python_version > '3'"),
        lock=Lock(file="uv.lock", kind="uv", packages=(locked,)),
    )
    settled = settle_repositories(reading, None)
    assert settled.problems == ()
    assert [one.name for one in settled.asked] == ["sensorlib", "pyserial", "smbus2", "requests"]
    assert settled.asked[0].build_from == f"git+https://h/r.git@{COMMIT}#subdirectory=py"
    assert all("python_version" in one.marker for one in settled.asked)
    assert "sys_platform" in settled.asked[2].marker


def test_repositories_of_repositories_are_followed(tmp_path: Path) -> None:
    for name, needs in (("one", "two @ git+https://h/two.git"), ("two", "six")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1"\ndependencies = ["{needs}"]\n'
        )

    def fetch(address: Address) -> Checkout:
        return Checkout(commit=COMMIT, folder=tmp_path / Path(address.repository).stem)

    settled = settle_repositories(Reading(asked=ask("one @ git+https://h/one.git")), fetch)
    assert [(one.name, bool(one.build_from)) for one in settled.asked] == [
        ("one", True),
        ("two", True),
        ("six", False),
    ]


@pytest.mark.parametrize(
    ("text", "files", "said"),
    [
        ("x @ git+https://h/x.git", {}, "it is not a Python package"),
        ("x @ git+https://h/x.git", {"setup.py": "setup(name='y')"}, "is named y"),
        (
            "x @ git+https://h/x.git",
            {"setup.py": "setup(name='x', install_requires=compute())"},
            "what it asks for cannot be read",
        ),
        ("x @ git+file:///srv/x", {"setup.py": "setup(name='x')"}, "this machine's folders"),
    ],
)
def test_what_cannot_be_built_is_a_problem_of_its_line(
    tmp_path: Path, text: str, files: dict[str, str], said: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)

    def fetch(_: Address) -> Checkout:
        return Checkout(commit=COMMIT, folder=tmp_path)

    (problem,) = settle_repositories(Reading(asked=ask(text)), fetch).problems
    assert said in problem.text
    assert problem.line == 3


def test_what_git_says_is_in_the_problem() -> None:
    def fetch(_: Address) -> Checkout:
        raise FetchError("Could not resolve host: h")

    settled = settle_repositories(Reading(asked=ask("x @ git+https://h/x.git@v1")), fetch)
    assert "Could not resolve host: h" in settled.problems[0].text
