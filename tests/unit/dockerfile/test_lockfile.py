"""The lock: one line per package, sorted, each with the hash of the file that was chosen."""

from dataclasses import replace

import pytest
from packaging.requirements import Requirement

from scaffold.dockerfile.lockfile import render_lock
from scaffold.model.errors import UnresolvableError
from scaffold.model.index import DistFile
from scaffold.model.plan import Plan
from scaffold.model.project import IndexOptions
from scaffold.model.resolution import Pinned
from tests.support.dockerfiles import PROJECT, WHEEL, plan_of, simple_plan
from tests.support.worlds import World, ask

SUM = "a" * 64


def lock_of(plan: Plan) -> str:
    return render_lock(plan, plan.targets[0])


def with_pinned(plan: Plan, pinned: Pinned) -> Plan:
    """Return the plan with one package exchanged."""
    (target,) = plan.targets
    candidate = target.chosen.candidate
    weighed = replace(candidate.packages[0], pinned=pinned)
    chosen = replace(target.chosen, candidate=replace(candidate, packages=(weighed,)))
    return replace(plan, targets=(replace(target, chosen=chosen),))


def pinned_of(plan: Plan) -> Pinned:
    return plan.targets[0].chosen.candidate.packages[0].pinned


def entries(lock: str) -> list[str]:
    return [line for line in lock.splitlines() if not line.startswith(("#", "--"))]


def test_packages_are_sorted_and_pinned_to_the_file_chosen_sdists_too() -> None:
    world = World().add("b-2.tar.gz", sha256="b" * 64).add(WHEEL, sha256=SUM)
    assert entries(lock_of(plan_of(world, "b", "a"))) == [
        f"a==1 --hash=sha256:{SUM}",
        f"b==2 --hash=sha256:{'b' * 64}",
    ]


def test_the_header_names_target_python_and_libc() -> None:
    assert "# linux/arm64, Python 3.13, glibc 2.41\n" in lock_of(simple_plan())


def test_a_direct_address_is_kept_without_its_password() -> None:
    url = "https://user:secret@files.example/a-1-py3-none-any.whl"
    (asked,) = ask("a")
    plan = simple_plan(project=replace(PROJECT, asked=(replace(asked, url=f"{url}#sha256={SUM}"),)))
    file = DistFile(filename="a-1-py3-none-any.whl", url=url, sha256=SUM)
    lock = lock_of(with_pinned(plan, replace(pinned_of(plan), file=file)))
    (entry,) = entries(lock)
    assert entry == f"a @ https://files.example/a-1-py3-none-any.whl --hash=sha256:{SUM}"
    assert "secret" not in lock
    assert Requirement(entry.partition(" --hash")[0]).url


def test_a_direct_address_with_a_token_is_an_error_that_does_not_say_it() -> None:
    file = DistFile(filename=WHEEL, url=f"https://files.example/{WHEEL}?token=hunter2", sha256=SUM)
    plan = simple_plan()
    with pytest.raises(UnresolvableError, match="has a token in it") as raised:
        lock_of(with_pinned(plan, replace(pinned_of(plan), file=file, direct=True)))
    assert "hunter2" not in str(raised.value)


def test_an_address_that_an_index_gave_is_not_pinned() -> None:
    plan = simple_plan()
    file = DistFile(filename=WHEEL, url=f"https://files.example/{WHEEL}", sha256=SUM)
    lock = lock_of(with_pinned(plan, replace(pinned_of(plan), file=file)))
    assert entries(lock) == [f"a==1 --hash=sha256:{SUM}"]


def test_indexes_of_the_project_are_named_but_never_a_password() -> None:
    index = IndexOptions(
        index_url="https://index.example/simple",
        extra_index_urls=("https://more.example/simple", "https://me:secret@own.example/simple"),
    )
    lock = lock_of(simple_plan(project=replace(PROJECT, index=index)))
    assert "\n--index-url https://index.example/simple\n" in lock
    assert "\n--extra-index-url https://more.example/simple\n" in lock
    assert "--extra-index-url https://own" not in lock
    assert "# https://own.example/simple needs a password" in lock
    assert "secret@" not in lock
    assert "me:" not in lock


@pytest.mark.parametrize(
    ("filename", "given"),
    [("a-1.tar.gz", " --config-settings='--opt=-DX -DY' --config-settings=b=c"), (WHEEL, "")],
)
def test_config_settings_stand_in_the_line_of_an_sdist(filename: str, given: str) -> None:
    plan = simple_plan()
    asked = replace(*ask("a"), config_settings=("--opt=-DX -DY", "b=c"))
    project = replace(plan.project, asked=(asked,))
    file = DistFile(filename=filename, sha256=SUM)
    found = with_pinned(replace(plan, project=project), replace(pinned_of(plan), file=file))
    assert entries(lock_of(found)) == [f"a==1{given} --hash=sha256:{SUM}"]


def test_all_files_without_a_hash_are_named_at_once() -> None:
    world = World().add(WHEEL, sha256="short").add("b-2-py3-none-any.whl", sha256="short")
    with pytest.raises(UnresolvableError) as caught:
        plan_of(world, "a", "b")
    assert ["'a'" in d.text or "'b'" in d.text for d in caught.value.details] == [True, True]


@pytest.mark.parametrize(
    "changes",
    [{"name": "x\nUSER root"}, {"name": "-r evil"}, {"version": "1 --no-deps"}, {"version": ""}],
)
def test_a_name_or_version_that_would_end_its_line_is_an_error(changes: dict[str, str]) -> None:
    plan = simple_plan()
    with pytest.raises(UnresolvableError):
        lock_of(with_pinned(plan, replace(pinned_of(plan), **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["https://index.example/a b", "no address", "https://i\u2028x"])
def test_an_index_that_is_no_address_is_an_error(url: str) -> None:
    index = IndexOptions(extra_index_urls=(url,))
    with pytest.raises(UnresolvableError):
        lock_of(simple_plan(project=replace(PROJECT, index=index)))
