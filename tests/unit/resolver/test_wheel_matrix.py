from hypothesis import given
from hypothesis import strategies as st

from scaffold.model.index import DistFile, Page
from scaffold.model.target import Arch, Environment, Libc, LibcFamily
from scaffold.resolver.tags import python_version, tag_ranks
from scaffold.resolver.wheel_matrix import Cell, Matrix, make_matrix, places, serves


def matrix_of(*filenames: str, yanked: str = "", requires_python: str = "") -> Matrix:
    files = tuple(
        DistFile(filename=name, yanked=name == yanked, requires_python=requires_python)
        for name in filenames
    )
    return make_matrix(Page(name="p", files=files, origin="test"))


def cell(matrix: Matrix, libc: str, arch: Arch, python: str) -> Cell:
    row = next(r for r in matrix.rows if (r.libc, r.arch) == (libc, arch))
    return row.cells[matrix.pythons.index(python)]


def test_every_libc_and_architecture_has_a_row() -> None:
    matrix = matrix_of("p-1-py3-none-any.whl")
    assert len({(row.libc, row.arch) for row in matrix.rows}) == 16
    assert all(c.pure and c.newest and c.version == "1" for r in matrix.rows for c in r.cells)


def test_the_newest_version_with_a_wheel_in_a_place_counts() -> None:
    matrix = matrix_of(
        "p-2.0-cp313-cp313-manylinux_2_28_x86_64.whl",
        "p-1.0-cp313-cp313-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
        "p-2.0.tar.gz",
    )
    assert cell(matrix, "glibc", Arch.AMD64, "3.13").newest
    assert cell(matrix, "glibc", Arch.AMD64, "3.13").floor == (2, 28)
    older = cell(matrix, "glibc", Arch.ARM64, "3.13")
    assert (older.version, older.newest, older.floor) == ("1.0", False, (2, 17))
    assert cell(matrix, "musl", Arch.AMD64, "3.13") == Cell(sdist="2.0")
    assert cell(matrix, "glibc", Arch.AMD64, "3.12") == Cell(sdist="2.0")
    assert (matrix.newest, matrix.sdist) == ("2.0", "2.0")


def test_a_row_names_the_first_version_with_a_wheel_and_the_last_without() -> None:
    matrix = matrix_of(
        "p-3.0-cp313-cp313-manylinux_2_28_aarch64.whl",
        "p-2.0-cp313-cp313-manylinux_2_28_aarch64.whl",
        "p-1.0.tar.gz",
        "p-3.0.tar.gz",
    )
    rows = {(row.libc, row.arch): (row.first, row.without) for row in matrix.rows}
    assert rows[LibcFamily.GLIBC, Arch.ARM64] == ("2.0", "1.0")
    assert rows[LibcFamily.MUSL, Arch.ARM64] == ("", "3.0")


def test_an_empty_release_of_long_ago_is_no_wheel() -> None:
    sizes = {
        "p-2.0-cp313-cp313-manylinux_2_28_aarch64.whl": 2_000_000,
        "p-0.0.1-py3-none-any.whl": 1_100,
        "p-2.0.tar.gz": 400_000,
    }
    files = tuple(DistFile(filename=name, size=size) for name, size in sizes.items())
    matrix = make_matrix(Page(name="p", files=files, origin="test"))
    assert cell(matrix, "glibc", Arch.ARM64, "3.13").version == "2.0"
    assert cell(matrix, "glibc", Arch.ARM_V6, "3.13") == Cell(sdist="2.0")


def test_versions_are_compared_as_versions() -> None:
    matrix = matrix_of("p-1.10-py3-none-any.whl", "p-1.9-py3-none-any.whl")
    assert cell(matrix, "musl", Arch.ARM_V6, "3.12").version == "1.10"


def test_prereleases_and_withdrawn_files_do_not_count() -> None:
    gone = "p-2-py3-none-any.whl"
    matrix = matrix_of("p-1-py3-none-any.whl", gone, "p-3rc1-py3-none-any.whl", yanked=gone)
    assert cell(matrix, "glibc", Arch.AMD64, "3.13") == Cell(
        version="1", newest=True, pure=True, file="p-1-py3-none-any.whl"
    )


def test_requires_python_empties_a_column() -> None:
    matrix = matrix_of("p-1-py3-none-any.whl", requires_python=">=3.12")
    assert cell(matrix, "glibc", Arch.AMD64, "3.11") == Cell()
    assert cell(matrix, "glibc", Arch.AMD64, "3.12").version == "1"


def test_abi3_serves_newer_pythons_and_free_threading_none() -> None:
    matrix = matrix_of(
        "p-1-cp311-abi3-musllinux_1_2_aarch64.whl", "p-1-cp313-cp313t-musllinux_1_2_x86_64.whl"
    )
    assert cell(matrix, "musl", Arch.ARM64, "3.10") == Cell()
    assert cell(matrix, "musl", Arch.ARM64, "3.14").version == "1"
    assert cell(matrix, "musl", Arch.AMD64, "3.13") == Cell()


def test_a_linux_tag_is_a_glibc_build_and_never_musl() -> None:
    matrix = matrix_of("p-1-cp313-cp313-linux_armv6l.whl")
    assert cell(matrix, "glibc", Arch.ARM_V6, "3.13").version == "1"
    assert cell(matrix, "musl", Arch.ARM_V6, "3.13") == Cell()
    assert cell(matrix, "glibc", Arch.ARM_V7, "3.13") == Cell()


def test_the_wheel_made_for_a_place_is_named_before_the_one_for_all() -> None:
    matrix = matrix_of("p-1-py3-none-any.whl", "p-1-cp313-cp313-manylinux_2_17_x86_64.whl")
    assert not cell(matrix, "glibc", Arch.AMD64, "3.13").pure
    assert cell(matrix, "musl", Arch.AMD64, "3.13").pure


def test_a_page_without_files_makes_an_empty_matrix() -> None:
    matrix = matrix_of()
    assert (matrix.newest, matrix.sdist) == ("", "")
    assert all(c == Cell() for row in matrix.rows for c in row.cells)


_PLATFORMS = st.one_of(
    st.just("any"),
    st.builds(
        "{}_{}".format,
        st.sampled_from(
            [
                *("linux", "manylinux1", "manylinux2010", "manylinux2014", "manylinux_2_5"),
                *("manylinux_2_16", "manylinux_2_17", "manylinux_2_41", "musllinux_1_1"),
                *("musllinux_1_2", "macosx_11_0", "win"),
            ]
        ),
        st.sampled_from([arch.machine for arch in Arch]),
    ),
)
_ABIS = st.sampled_from(["none", "abi3", "cp312", "cp313", "cp313t", "cp310"])
_INTERPRETERS = st.sampled_from(["py3", "py2", "py312", "cp310", "cp312", "cp313", "cp3", "pp310"])


@given(_INTERPRETERS, _ABIS, _PLATFORMS, st.sampled_from(["3.10", "3.12", "3.13"]))
def test_the_matrix_agrees_with_the_tags_that_an_installer_accepts(
    interpreter: str, abi: str, platform: str, python: str
) -> None:
    filename = f"p-1-{interpreter}-{abi}-{platform}.whl"
    found = {
        (libc, arch)
        for libc, arch, _, _ in places(filename)
        if serves(filename, python_version(python))
    }
    newest = {LibcFamily.GLIBC: (2, 41), LibcFamily.MUSL: (1, 2)}
    accepted = set()
    for libc, version in newest.items():
        for arch in Arch:
            environment = Environment(
                python=python, arch=arch, libc=Libc(family=libc, version=version)
            )
            tags = {(t.interpreter, t.abi, t.platform) for t in tag_ranks(environment)}
            if (interpreter, abi, platform) in tags:
                accepted.add((libc, arch))
    assert found == accepted
