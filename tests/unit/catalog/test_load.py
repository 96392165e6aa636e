"""Fact files: what is accepted, what is refused and how it is said."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.index.cache import Cache
from scaffold.model.errors import KnowledgeInvalidError
from scaffold.model.target import Arch
from tests.support import knowledge_tree as tree


def problems(folder: Path, *layers: Path) -> list[str]:
    with pytest.raises(KnowledgeInvalidError) as caught:
        load_facts(folder, *layers)
    return [str(detail) for detail in caught.value.details]


def test_a_row_of_figures_becomes_an_image_with_the_source_of_its_python(tmp_path: Path) -> None:
    base = load_facts(tree.write(tmp_path)).bases[0]
    images = {(image.python, image.arch): image for image in base.images}

    assert len(base.images) == 3
    assert images["3.13", Arch.AMD64].on_disk == 118_060_000
    assert images["3.13", Arch.AMD64].source == "a page"
    assert images["3.12", Arch.AMD64].source == "a test"
    assert images["3.13", Arch.ARM_V7].source == "derived: from amd64"
    assert images["3.13", Arch.ARM_V7].error == 0.06
    assert base.eol is None


def test_a_tag_replaces_the_minor_in_the_reference(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    tree.replace(folder, "bases/slim-trixie.toml", '"3.13.14"', '"3.13.14"\ntag = "3.13-rc"')
    base = load_facts(folder).bases[0]

    assert base.reference_for(base.images[0]) == "python:3.12-slim-trixie"
    assert base.reference_for(base.images[1]) == "python:3.13-rc-slim-trixie"


def test_rows_inherit_source_and_date_from_the_head_of_their_file(tmp_path: Path) -> None:
    facts = load_facts(tree.write(tmp_path))
    opencv = facts.packages["opencv-python"]

    assert facts.libraries["libGL.so.1"].checked == date(2026, 1, 2)
    assert facts.libraries["libX11.so.6"].checked == date(2026, 1, 3)
    assert opencv.swaps[0].source == "a test"
    assert opencv.recipe is not None
    assert opencv.recipe.source == "another test"
    assert opencv.recipe.checked == date(2026, 1, 2)


def test_a_library_costs_its_package_with_all_that_it_pulls_in(tmp_path: Path) -> None:
    library = load_facts(tree.write(tmp_path)).libraries["libGL.so.1"]

    assert library.packages["trixie"].on_disk == 900_000 + 500_000 + 1_400_000 + 220_000
    assert library.packages["trixie"].download == 250_000 + 150_000 + 780_000 + 67_000
    assert library.packages["wolfi"].name == "mesa-gl"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("bases/slim-trixie.toml", "shell =", "shel =", "'shel'; did you mean shell"),
        (
            "bases/slim-trixie.toml",
            'release = "3.12.13"',
            'relase = "3.12.13"',
            "'pythons.3.12.relase'; did you mean release",
        ),
        (
            "bases/slim-trixie.toml",
            '"arm/v7"',
            '"arm/v8"',
            "'pythons.3.13.arm/v8'; did you mean arm/v",
        ),
        ("devices/board.toml", "memory", "memry", "'memry'; did you mean memory"),
        (
            "packages/opencv-python.toml",
            "unless",
            "unles",
            "'swaps[0].unles'; did you mean unless",
        ),
        ("packages/opencv-python.toml", "effort", "efort", "'recipe.efort'; did you mean effort"),
        (
            "libraries.toml",
            'trixie = "libx11-6"',
            'trixi = "libx11-6"',
            "'trixi'; did you mean trixie",
        ),
        (
            "libraries.toml",
            "download = 4",
            "downlod = 4",
            "'wolfi.downlod'; did you mean download",
        ),
        (
            "libraries.toml",
            "[libraries]",
            "colour = 1\n[libraries]",
            "'colour'; rows go below [libraries]",
        ),
        ("pythons.toml", "eol", "eoll", "'eoll'; did you mean eol"),
        ("distributions/trixie.toml", "arch =", "ach =", "'ach'; did you mean arch"),
    ],
)
def test_a_misspelt_field_is_refused_with_file_field_and_nearest_name(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    folder = tree.write(tmp_path)
    tree.replace(folder, file, old, new)

    found = [line for line in problems(folder) if line.startswith(f"knowledge/{file}: ")]
    assert any(f"unknown field {said}" in line.replace("libX11.so.6: ", "") for line in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("devices/board.toml", "cores = 4", 'cores = "4"', "field 'cores': Expected `int"),
        ("devices/board.toml", '"arm64"', '"arm65"', "field 'arch': Invalid enum value 'arm65'"),
        ("devices/board.toml", 'name = "Board"', "", "missing required field `name`"),
        ("devices/board.toml", 'source = "a test"', "", "missing required field `source`"),
        ("libraries.toml", "checked = 2026-01-02", "", "missing required field `checked`"),
        ("bases/slim-trixie.toml", "118_060_000,", "", "expected [download, on_disk, error]"),
        ("bases/slim-trixie.toml", "118_060_000", '"big"', "Expected `int`, got `str`"),
        ("bases/slim-trixie.toml", '0.06, "guess"', '0.06, "hunch"', "'hunch' does not stand"),
        (
            "bases/slim-trixie.toml",
            "[derivations]",
            "images = []\n[derivations]",
            "written as rows",
        ),
        ("libraries.toml", '"libx11-6"', '"libx11-7"', "trixie has no figures for the package"),
        ("distributions/trixie.toml", "220000 67000", "220000", "in 'libxcb1 220000'"),
        ("distributions/trixie.toml", "220000 67000", "220000 6k", "in 'libxcb1 220000 6k'"),
        ("devices/board.toml", 'id = "board"', 'id = "bord"', "id is 'bord', but the file says"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_field(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    folder = tree.write(tmp_path)
    tree.replace(folder, file, old, new)

    assert any(f"knowledge/{file}" in line and said in line for line in problems(folder))


def test_all_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    tree.replace(folder, "devices/board.toml", "memory", "memry")
    tree.replace(folder, "bases/slim-trixie.toml", "shell = true", "shell = 1")
    tree.put(folder, "packages/broken.toml", 'name = "broken"\nsource = = 2\n')
    tree.put(folder, "devices/latin.toml", "")
    (folder / "devices" / "latin.toml").write_bytes(b'id = "caf\xe9"')

    found = problems(folder)
    assert any("devices/board.toml: unknown field 'memry'" in line for line in found)
    assert any("slim-trixie.toml: field 'shell': Expected `bool`" in line for line in found)
    assert any("packages/broken.toml:2: not TOML" in line for line in found)
    assert any("devices/latin.toml: not UTF-8" in line for line in found)


def test_a_layer_replaces_devices_and_adds_its_own(tmp_path: Path) -> None:
    folder, layer = tree.write(tmp_path / "shipped"), tmp_path / "own"
    board = tree.FILES["devices/board.toml"]
    tree.put(layer, "devices/board.toml", board.replace("cores = 4", "cores = 8"))
    tree.put(layer, "devices/mine.toml", board.replace('"board"', '"mine"'))

    devices = load_facts(folder, layer).devices
    assert devices["board"].cores == 8
    assert set(devices) == {"board", "mine"}


def test_a_layer_replaces_only_the_rows_that_it_names(tmp_path: Path) -> None:
    folder, layer = tree.write(tmp_path / "shipped"), tmp_path / "own"
    row = '"libGL.so.1" = { trixie = "libglx0" }'
    tree.put(layer, "libraries.toml", f"{tree.HEAD}[libraries]\n{row}\n")

    libraries = load_facts(folder, layer).libraries
    assert libraries["libGL.so.1"].packages["trixie"].name == "libglx0"
    assert "alpine" not in libraries["libGL.so.1"].packages
    assert libraries["git"].program


def test_a_layer_changes_single_fields_of_a_package(tmp_path: Path) -> None:
    folder, layer = tree.write(tmp_path / "shipped"), tmp_path / "own"
    text = 'name = "opencv-python"\nmemory = 99_000_000\n'
    tree.put(layer, "packages/opencv-python.toml", text)

    package = load_facts(folder, layer).packages["opencv-python"]
    assert package.memory == 99_000_000
    assert package.dlopens == ("libGL.so.1",)
    assert package.swaps[0].to == "opencv-python-headless"


def test_the_last_layer_wins(tmp_path: Path) -> None:
    folder = tree.write(tmp_path / "shipped")
    layers = [tmp_path / "first", tmp_path / "second"]
    for layer, cores in zip(layers, (2, 6), strict=True):
        text = tree.FILES["devices/board.toml"].replace("cores = 4", f"cores = {cores}")
        tree.put(layer, "devices/board.toml", text)

    assert load_facts(folder, *layers).devices["board"].cores == 6


def test_a_mistake_in_a_layer_names_the_layers_own_file(tmp_path: Path) -> None:
    folder, layer = tree.write(tmp_path / "shipped"), tmp_path / "own"
    text = tree.FILES["devices/board.toml"].replace("cores", "coers")
    tree.put(layer, "devices/board.toml", text)

    assert problems(folder, layer) == [
        f"{layer}/devices/board.toml: unknown field 'coers'; did you mean cores?"
    ]


def test_a_layer_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert problems(tree.write(tmp_path / "shipped"), missing) == [
        f"{missing}: there is no such folder"
    ]


def test_facts_from_the_cache_are_those_of_the_files_until_one_changes(tmp_path: Path) -> None:
    folder, cache = tree.write(tmp_path / "knowledge"), Cache(tmp_path / "cache")
    ways = [load_facts(folder, cache=cache), load_facts(folder, cache=cache), load_facts(folder)]
    first, kept, read = ([getattr(one, each.name) for each in fields(one)] for one in ways)
    assert first == kept == read
    tree.replace(folder, "libraries.toml", '"libX11.so.6"', '"libX12.so.6"')
    assert "libX12.so.6" in load_facts(folder, cache=cache).libraries
    tree.replace(folder, "libraries.toml", "trixie", "trixi")
    assert "'trixi'" in problems(folder)[0]
    with pytest.raises(KnowledgeInvalidError):
        load_facts(folder, cache=cache)
