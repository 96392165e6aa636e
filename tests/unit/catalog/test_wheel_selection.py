from scaffold.catalog.wheel_selection import (
    Kept,
    keep_files,
    list_forced,
    select_releases,
    wheel_cells,
)
from scaffold.model.index import DistFile, Metadata, Page
from scaffold.resolver.releases import list_releases


def page_of(*filenames: str, name: str = "demo", requires_python: str = "") -> Page:
    files = tuple(
        DistFile(filename=one, sha256="a" * 64, url="x", requires_python=requires_python)
        for one in filenames
    )
    return Page(name=name, files=files, origin="index")


def versions(kept: tuple[Kept, ...]) -> list[str]:
    return [str(one.release.version) for one in kept]


def test_an_abi3_wheel_serves_every_later_python() -> None:
    cells = wheel_cells("demo-1-cp312-abi3-manylinux_2_28_x86_64.whl")
    assert {minor for minor, _, _ in cells} == {12, 13, 14, 15}


def test_free_threaded_and_old_wheels_serve_nothing() -> None:
    assert not wheel_cells("demo-1-cp314-cp314t-manylinux_2_28_x86_64.whl")
    assert not wheel_cells("demo-1-cp39-cp39-manylinux_2_28_x86_64.whl")
    assert not wheel_cells("demo-1-pp310-pypy310_pp73-manylinux_2_28_x86_64.whl")
    assert not wheel_cells("demo-1-cp313-cp313-win_amd64.whl")


def test_a_pure_wheel_serves_everything() -> None:
    cells = wheel_cells("demo-1-py2.py3-none-any.whl")
    assert (10, "musl", "riscv64") in cells
    assert (15, "glibc", "armv6l") in cells


def test_the_newest_of_each_series_is_kept_and_no_more_than_six() -> None:
    names = [f"demo-1.{minor}.{patch}-py3-none-any.whl" for minor in range(9) for patch in (0, 1)]
    assert versions(select_releases(page_of(*names))) == [f"1.{m}.1" for m in range(8, 2, -1)]


def test_the_last_release_with_a_wheel_for_an_environment_is_kept_and_looked_into() -> None:
    musl = "demo-0.1-cp313-cp313-musllinux_1_2_x86_64.whl"
    newer = [f"demo-1.{minor}-cp313-cp313-manylinux_2_28_x86_64.whl" for minor in range(8)]
    kept = select_releases(page_of(musl, *newer))
    assert versions(kept)[-1] == "0.1"
    assert kept[-1].looked_into == {musl}
    assert kept[0].looked_into == {newer[-1]}
    assert not kept[1].looked_into


def test_prereleases_are_kept_only_where_there_is_nothing_else() -> None:
    assert versions(select_releases(page_of("demo-2.0rc1.tar.gz", "demo-1.0.tar.gz"))) == ["1.0"]
    assert versions(select_releases(page_of("demo-2.0rc1.tar.gz"))) == ["2.0rc1"]


def test_kept_files_lose_address_and_time() -> None:
    file = DistFile(
        filename="demo-1.0.tar.gz", url="x", sha256="a" * 64, uploaded="2026-01-02T03:04:05"
    )
    (release,) = list_releases(Page(name="demo", files=(file,), origin="index"))
    assert [(one.url, one.uploaded) for one in keep_files(release)] == [("", "2026-01-02")]


def test_what_others_pin_is_forced_in_and_never_a_prerelease() -> None:
    page = page_of("demo-1.0.tar.gz", "demo-1.5.tar.gz", "demo-2.0.tar.gz", "demo-3.0rc1.tar.gz")
    kept = {"demo": [one for one in select_releases(page) if str(one.release.version) == "2.0"]}
    needs = [Metadata(name="app", version="1", requires=("demo<1.9", "demo>=2,<4.0.dev0"))]
    forced = list(list_forced(needs, {"demo": page}, kept))
    assert [str(release.version) for _, release in forced] == ["1.5"]
