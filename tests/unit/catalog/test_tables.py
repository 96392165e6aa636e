"""The table of footprints: read strictly, and layered line by line."""

from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.model.errors import KnowledgeInvalidError
from tests.support import knowledge_tree as tree


def table(lines: str) -> str:
    return f"{tree.HEAD}packages = '''\n{lines}\n'''\n"


@pytest.mark.parametrize("line", ["app 1.2 0.4", "app 1.2 0.4 -1", "app 1.2 0.4 x", "app nan 1 1"])
def test_a_line_that_is_no_name_and_three_ratios_is_an_error(tmp_path: Path, line: str) -> None:
    folder = tree.write(tmp_path)
    tree.put(folder, "footprints.toml", table(line))
    with pytest.raises(KnowledgeInvalidError) as caught:
        load_facts(folder)
    assert caught.value.details[0].file == "knowledge/footprints.toml"
    assert repr(line) in caught.value.details[0].text


def test_an_unknown_field_is_an_error(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    tree.put(folder, "footprints.toml", table("app 1 1 1") + "package = 1\n")
    with pytest.raises(KnowledgeInvalidError) as caught:
        load_facts(folder)
    assert "did you mean packages?" in caught.value.details[0].text


def test_a_layer_replaces_single_lines(tmp_path: Path) -> None:
    folder, layer = tree.write(tmp_path / "a"), tmp_path / "b"
    tree.put(folder, "footprints.toml", table("app 1 1 1\nlib 1 1 1"))
    tree.put(layer, "footprints.toml", table("lib 2 1 1"))
    found = load_facts(folder, layer).footprints
    assert (found["app"].bytecode, found["lib"].bytecode) == (1, 2)
