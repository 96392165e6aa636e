import pytest

from scaffold.catalog.wheel_refresh import read_names
from scaffold.model.errors import KnowledgeInvalidError


def test_a_list_of_names_has_comments_blank_lines_and_any_spelling() -> None:
    assert read_names("# what\n\nnumpy  # arrays\nRPi.GPIO\nnumpy\n", "names.txt") == (
        "numpy",
        "rpi-gpio",
    )


def test_what_is_no_name_is_named_with_its_line() -> None:
    with pytest.raises(KnowledgeInvalidError) as caught:
        read_names("numpy\nhttps://somewhere\n", "names.txt")
    assert [(one.file, one.line) for one in caught.value.details] == [("names.txt", 2)]
