import pytest

from scaffold.model.errors import clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ✓ text, ümläut 日本\n\tand a tab", "plain ✓ text, ümläut 日本\n\tand a tab"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\x9b2Jb", "a\\x9b2Jb"),
        ("a\rb\x7f", "a\\rb\\x7f"),
        ("txt.\u202eexe", "txt.\\u202eexe"),
        ("req\u200buests", "req\\u200buests"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
    ],
)
def test_what_is_hidden_is_written_out(text: str, shown: str) -> None:
    assert clean(text) == shown
