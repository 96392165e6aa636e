import tomllib
from datetime import date
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.model.errors import EngineError
from scaffold.model.target import Arch
from tests.support import knowledge_tree as tree
from tools.knowledge.bases import Measurement, measure_bases, refresh_bases
from tools.knowledge.image_probe import Probed

TODAY = date(2026, 11, 25)
NEW = Probed(
    digest=f"sha256:{'1' * 64}", release="3.13.15", on_disk=120_060_000, download=42_961_464
)


def measure(folder: Path, probed: Probed) -> tuple[Measurement, ...]:
    facts = load_facts(folder)

    def probe(reference: str, arch: Arch) -> Probed | None:
        known = (reference, arch) == ("python:3.13-slim-trixie", Arch.AMD64)
        return probed if known else None

    return measure_bases(facts.bases, tuple(Arch), probe, lambda _: None)


def test_only_what_was_pulled_gets_new_figures(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    refreshed = refresh_bases(folder, measure(folder, NEW), shipped=folder, today=TODAY)
    assert refreshed.changes == (
        "~ slim-trixie 3.13 amd64: 3.13.14 → 3.13.15, on disk grew by 2.0 MB to 120.1 MB",
    )
    text = refreshed.files["bases/slim-trixie.toml"]
    (folder / "bases" / "slim-trixie.toml").write_text(text)
    images = {(one.python, one.arch): one for one in load_facts(folder).bases[0].images}
    new, old = images["3.13", Arch.AMD64], images["3.13", Arch.ARM_V7]
    assert (new.on_disk, new.digest, new.release) == (120_060_000, NEW.digest, "3.13.15")
    assert "measured through an engine, 2026-11-25" in new.source
    assert old.on_disk == 106_486_000
    assert images["3.12", Arch.AMD64].release == "3.12.13"


def test_what_people_wrote_around_the_figures_stays(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    file = folder / "bases" / "slim-trixie.toml"
    file.write_text("# a remark\n" + file.read_text())
    text = refresh_bases(folder, measure(folder, NEW), shipped=folder, today=TODAY).files[
        "bases/slim-trixie.toml"
    ]
    assert text.startswith("# a remark\n")
    assert 'amd64 = [42_961_464, 120_060_000, 0.01, "engine"]' in text
    assert tomllib.loads(text)["derivations"]["guess"] == "derived: from amd64"


def test_a_folder_of_ones_own_gets_the_whole_base_with_the_new_figures(tmp_path: Path) -> None:
    shipped, own = tree.write(tmp_path), tmp_path / "own"
    files = refresh_bases(own, measure(shipped, NEW), shipped=shipped, today=TODAY).files
    (own / "bases").mkdir(parents=True)
    (own / "bases" / "slim-trixie.toml").write_text(files["bases/slim-trixie.toml"])
    images = {(one.python, one.arch): one for one in load_facts(shipped, own).bases[0].images}
    assert images["3.13", Arch.AMD64].on_disk == 120_060_000
    assert images["3.13", Arch.ARM_V7].on_disk == 106_486_000


def test_the_same_figures_change_nothing(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    same = Probed(digest="", release="3.13.14", on_disk=118_060_000, download=42_961_464)
    refreshed = refresh_bases(folder, measure(folder, same), shipped=folder, today=TODAY)
    assert (refreshed.changes, refreshed.files) == (("nothing changed",), {})


def test_an_image_that_cannot_be_pulled_is_told_and_the_others_are_measured(
    tmp_path: Path,
) -> None:
    facts = load_facts(tree.write(tmp_path))
    told: list[str] = []

    def probe(reference: str, arch: Arch) -> Probed | None:
        if arch is Arch.ARM_V7:
            raise EngineError(f"no {reference}", hint="wait")
        return NEW

    measured = measure_bases(facts.bases[:1], tuple(Arch), probe, told.append)
    assert len(measured) == 2
    assert "no python:3.13-slim-trixie" in told
    with pytest.raises(EngineError):
        measure_bases(facts.bases, (Arch.ARM_V7,), probe, told.append)
