"""Indexes that only some packages come from: what is bound is asked nowhere else.

Sources: uv#8253 and InvokeAI#9095 (explicit indexes), poetry's repositories page (explicit
sources), pdm's package_source page (include_packages), pipenv#5015 (index on an entry). The attack
is dependency confusion: a public file of the same name with a higher version.
"""

from pathlib import Path

import pytest

from scaffold.model.errors import RequirementsInvalidError
from scaffold.model.target import Arch
from scaffold.project.reader import read_project
from scaffold.resolver.cache import EnvironmentTags
from tests.corpus.resolving import offer, pins, resolve_folder
from tests.support.folders import write
from tests.support.index_server import FakeIndex
from tests.support.worlds import environment

UV = """
    [project]
    name = "app"
    version = "1"
    dependencies = ["corplib", "six"]
    [tool.uv.sources]
    corplib = {{ index = "company" }}
    [[tool.uv.index]]
    name = "company"
    url = "{url}"
    explicit = true
"""
UV_TOML_STYLE = """
    [project]
    name = "app"
    version = "1"
    dependencies = ["corplib", "six"]
    [[tool.uv.index]]
    name = "company"
    url = "{url}"
"""
POETRY = """
    [tool.poetry]
    name = "app"
    version = "1"
    [tool.poetry.dependencies]
    six = "*"
    corplib = {{ version = "*", source = "company" }}
    [[tool.poetry.source]]
    name = "company"
    url = "{url}"
    priority = "explicit"
"""
PDM = """
    [project]
    name = "app"
    version = "1"
    dependencies = ["corplib", "six"]
    [[tool.pdm.source]]
    name = "company"
    url = "{url}"
    include_packages = ["corp*"]
"""
PIPFILE = """
    [[source]]
    name = "default"
    url = "{public}"
    [[source]]
    name = "company"
    url = "{url}"
    [packages]
    six = "*"
    corplib = {{ version = "*", index = "company" }}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", UV),
        ("pyproject.toml", UV_TOML_STYLE),
        ("pyproject.toml", POETRY),
        ("pyproject.toml", PDM),
        ("Pipfile", PIPFILE),
    ],
    ids=["uv", "uv-first-index", "poetry", "pdm", "pipenv"],
)
def test_a_public_99_does_not_beat_the_companys_own(
    tmp_path: Path, public: FakeIndex, company: FakeIndex, name: str, text: str
) -> None:
    offer(public, "corplib", "99.0")
    offer(public, "six", "1.17.0")
    offer(company, "corplib", "1.0")
    folder = write(tmp_path / "app", {name: text.format(url=company.url, public=public.url)})
    assert pins(resolve_folder(folder, public)) == {"corplib": "1.0", "six": "1.17.0"}
    assert not [path for path in public.paths() if "corplib" in path]


def test_an_explicit_index_is_asked_for_nothing_else(
    tmp_path: Path, public: FakeIndex, company: FakeIndex
) -> None:
    offer(public, "six", "1.17.0")
    offer(public, "helper", "2.0")
    offer(company, "corplib", "1.0", requires={"1.0": "helper"})
    offer(company, "six", "99.0")
    folder = write(tmp_path / "app", {"pyproject.toml": UV.format(url=company.url)})
    found = pins(resolve_folder(folder, public))
    assert found == {"corplib": "1.0", "six": "1.17.0", "helper": "2.0"}
    assert {path.split("/")[2] for path in company.paths() if path.startswith("/simple/")} == {
        "corplib"
    }


def test_a_bound_name_that_a_dependency_asks_for_stays_bound(
    tmp_path: Path, public: FakeIndex, company: FakeIndex
) -> None:
    offer(public, "corplib", "99.0")
    offer(public, "six", "1.17.0", requires={"1.17.0": "corplib>=1"})
    offer(company, "corplib", "1.0")
    folder = write(tmp_path / "app", {"pyproject.toml": UV.format(url=company.url)})
    assert pins(resolve_folder(folder, public))["corplib"] == "1.0"


def test_an_index_with_a_marker_counts_where_it_holds(
    tmp_path: Path, public: FakeIndex, company: FakeIndex
) -> None:
    text = UV.replace(
        '{{ index = "company" }}',
        '[{{ index = "company", marker = "platform_machine == \'x86_64\'" }}]',
    )
    offer(public, "corplib", "2.0")
    offer(public, "six", "1.17.0")
    offer(company, "corplib", "1.0")
    folder = write(tmp_path / "app", {"pyproject.toml": text.format(url=company.url)})
    on_arm = environment("3.13", Arch.ARM64)
    assert pins(resolve_folder(folder, public))["corplib"] == "1.0"
    assert pins(resolve_folder(folder, public, on=on_arm))["corplib"] == "2.0"


EXTRAS = """
    [project]
    name = "app"
    version = "1"
    dependencies = ["six"]
    [project.optional-dependencies]
    cpu = ["heavy==1.0"]
    cuda = ["heavy==1.0"]
    [dependency-groups]
    gpu = ["heavy==1.0"]
"""
UV_EXTRAS = """
    [tool.uv.sources]
    heavy = [
      { index = "cpu", extra = "cpu" },
      { index = "cuda", extra = "cuda", marker = "sys_platform == 'linux'" },
      { index = "cuda", group = "gpu" },
    ]
    [[tool.uv.index]]
    name = "cpu"
    url = "https://cpu.example"
    [[tool.uv.index]]
    name = "cuda"
    url = "https://cuda.example"
"""
POETRY_EXTRAS = """
    [tool.poetry.dependencies]
    heavy = [
      { markers = "extra == 'cpu' and extra != 'cuda'", source = "cpu" },
      { markers = "extra == 'cuda' and extra != 'cpu'", source = "cuda" },
    ]
    [[tool.poetry.source]]
    name = "cpu"
    url = "https://cpu.example"
    [[tool.poetry.source]]
    name = "cuda"
    url = "https://cuda.example"
"""


@pytest.mark.parametrize(
    ("tables", "extra", "group", "index"),
    [
        (UV_EXTRAS, "cpu", "", "cpu"),
        (UV_EXTRAS, "CUDA", "", "cuda"),
        (UV_EXTRAS, "", "gpu", "cuda"),
        (UV_EXTRAS, "", "", ""),
        (POETRY_EXTRAS, "cpu", "", "cpu"),
        (POETRY_EXTRAS, "cuda", "", "cuda"),
        (POETRY_EXTRAS, "", "gpu", ""),
    ],
)
def test_an_index_for_an_extra_or_a_group_counts_where_that_is_asked_for(
    tmp_path: Path, tables: str, extra: str, group: str, index: str
) -> None:
    folder = write(tmp_path, {"pyproject.toml": EXTRAS + tables})
    tags = EnvironmentTags(environment("3.13"), release="3.13.0")
    extras, groups = [extra] if extra else [], [group] if group else []
    asked = read_project(folder, environ={}, extras=extras, groups=groups).asked
    found = {one.index for one in asked if one.index and tags.holds(one.marker)}
    assert found == ({f"https://{index}.example"} if index else set())


def test_offline_a_bound_name_is_not_taken_from_public_knowledge(
    tmp_path: Path, public: FakeIndex, company: FakeIndex
) -> None:
    offer(public, "six", "1.17.0")
    offer(company, "corplib", "1.0")
    folder = write(tmp_path / "app", {"pyproject.toml": UV.format(url=company.url)})
    resolve_folder(folder, public)
    seen = len(public.seen) + len(company.seen)
    assert pins(resolve_folder(folder, public, offline=True)) == {"corplib": "1.0", "six": "1.17.0"}
    assert len(public.seen) + len(company.seen) == seen


def test_an_index_that_nobody_declares_is_a_problem_with_its_line(tmp_path: Path) -> None:
    text = UV.replace('index = "company"', 'index = "elsewhere"').format(url="https://i.example/")
    folder = write(tmp_path, {"pyproject.toml": text})
    with pytest.raises(RequirementsInvalidError) as caught:
        read_project(folder, environ={})
    assert [str(one) for one in caught.value.details] == [
        "pyproject.toml:4: no index is named 'elsewhere': declare it with its address"
    ]


def test_what_poetry_takes_from_its_own_index_needs_no_declaration(tmp_path: Path) -> None:
    """Source: whisper-asr-webservice, whose torch comes from «pypi» on some platforms."""
    text = POETRY.replace('"company" }}', '"PyPI" }}').format(url="https://i.example/")
    project = read_project(write(tmp_path, {"pyproject.toml": text}), environ={})
    assert {one.name: one.index for one in project.asked} == {"corplib": "", "six": ""}
