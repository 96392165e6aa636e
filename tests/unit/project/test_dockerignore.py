import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.project.dockerignore import (
    OUTPUTS,
    check_pattern,
    ignored,
    list_patterns,
    may_return,
    parse_ignore,
    patterns_for,
    render_ignore,
)

_SEGMENTS = st.text(alphabet="ab.é-", min_size=1, max_size=4).filter(
    lambda name: name not in {".", ".."}
)
_PATHS = st.lists(_SEGMENTS, min_size=1, max_size=4).map("/".join)
_ODD_PATHS = st.lists(
    st.text(alphabet="a*?[]!#\\^-", min_size=1, max_size=4), min_size=1, max_size=3
).map("/".join)
_PATTERNS = st.lists(
    st.one_of(_SEGMENTS, st.sampled_from(["*", "**", "a*", "?", "*.é"])), min_size=1, max_size=3
).map("/".join)


@pytest.mark.parametrize(
    ("path", "pattern", "out"),
    [
        ("a.log", "*.log", True),
        ("sub/a.log", "*.log", False),
        ("sub/a.log", "**/*.log", True),
        ("a.log", "**/*.log", True),
        ("sub/deep/a.log", "sub/**", True),
        ("sub", "sub/**", False),
        ("sub/a", "/sub", True),
        ("sub/a", "sub/", True),
        ("sub/a", "./sub", True),
        ("subway/a", "sub", False),
        ("sub/deep/a", "*/deep", True),
        ("sub/a/deep/b", "*/deep", False),
        ("a1", "a?", True),
        ("a/b", "a?b", False),
        ("a1", "a[0-9]", True),
        ("ax", "a[^0-9]", True),
        ("a*", r"a\*", True),
        ("ab", r"a\*", False),
        ("a.b", "a.b", True),
        ("aXb", "a.b", False),
        ("x/b", "a/../x", True),
        ("foobar", "foo**", True),
        ("foo/bar", "foo**", True),
        ("a", "", False),
        ("a", "!", False),
        ("a[", "a[", True),
    ],
)
def test_one_pattern_matches_as_in_docker(path: str, pattern: str, *, out: bool) -> None:
    assert ignored(path, [pattern]) is out


@pytest.mark.parametrize(
    ("path", "patterns", "out"),
    [
        ("README.md", ["*.md", "!README.md"], False),
        ("README.md", ["!README.md", "*.md"], True),
        ("src/a.py", ["*", "!src"], False),
        ("lib/a.py", ["*", "!src"], True),
        ("src/a.pyc", ["*", "!src", "**/*.pyc"], True),
    ],
)
def test_the_last_pattern_that_matches_decides(
    path: str, patterns: list[str], *, out: bool
) -> None:
    assert ignored(path, patterns) is out


@given(path=_PATHS, patterns=st.lists(_PATTERNS))
def test_an_exception_after_all_exclusions_takes_its_path_back(
    path: str, patterns: list[str]
) -> None:
    assert not ignored(path, [*patterns, f"!{path}"])


@given(path=_PATHS, below=_SEGMENTS, patterns=st.lists(_PATTERNS))
def test_what_lies_in_an_excluded_folder_is_excluded(
    path: str, below: str, patterns: list[str]
) -> None:
    assert ignored(f"{path}/{below}", [*patterns, path])


@given(path=_PATHS, patterns=st.lists(_PATTERNS))
def test_without_exceptions_the_order_does_not_matter(path: str, patterns: list[str]) -> None:
    assert ignored(path, patterns) == ignored(path, patterns[::-1])


@given(path=_PATHS, patterns=st.lists(_PATTERNS))
def test_an_exclusion_with_any_depth_covers_the_plain_one(path: str, patterns: list[str]) -> None:
    if ignored(path, patterns):
        assert ignored(path, [f"**/{pattern}" for pattern in patterns])


@given(
    folder=_PATHS,
    below=_PATHS,
    patterns=st.lists(st.tuples(st.booleans(), _PATTERNS)),
)
def test_a_folder_that_is_not_walked_hides_nothing(
    folder: str, below: str, patterns: list[tuple[bool, str]]
) -> None:
    lines = [f"!{pattern}" if exception else pattern for exception, pattern in patterns]
    if ignored(folder, lines) and not may_return(folder, lines):
        assert ignored(f"{folder}/{below}", lines)


@given(path=_ODD_PATHS)
def test_a_path_to_keep_is_kept_whatever_characters_it_has(path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not ignored(path, ["**", *patterns_for([path])])


@given(keep=st.lists(_ODD_PATHS, max_size=3), drop=st.lists(_ODD_PATHS, max_size=3))
def test_the_file_says_the_same_as_the_patterns(keep: list[str], drop: list[str]) -> None:
    assert parse_ignore(render_ignore(keep, drop)) == patterns_for(keep, drop)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "service/.env.production",
        "certs/server.key",
        "id_rsa",
        ".aws/credentials",
        ".git/HEAD",
        "pkg/__pycache__/a.cpython-313.pyc",
        ".venv/bin/python",
        "web/node_modules/x/index.js",
        ".vscode/settings.json",
        "dist/app-1.0-py3-none-any.whl",
        "build/lib/app.py",
        "Dockerfile",
        "compose.yaml",
        "docker-compose.override.yml",
        "leanscaffold.json",
    ],
)
def test_what_no_app_needs_stays_out(path: str) -> None:
    assert ignored(path, patterns_for())


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "requirements.arm64.lock",
        "pyproject.toml",
        "poetry.lock",
        "README.md",
        "tests/test_app.py",
        "dist/index.html",
        "build/builder.py",
        "env/settings.py",
        "environment.py",
        "venv.py",
        "keys/public.json",
        "static/.well-known/x",
        "src/app/compose.py",
        "Procfile",
    ],
)
def test_what_an_app_may_need_stays_in(path: str) -> None:
    assert not ignored(path, patterns_for())


def test_a_kept_file_comes_back_and_its_neighbours_do_not() -> None:
    patterns = patterns_for(["certs/ca.pem"])
    assert not ignored("certs/ca.pem", patterns)
    assert ignored("certs/server.pem", patterns)


def test_keeping_the_whole_project_does_not_bring_secrets_back() -> None:
    assert ignored(".env", patterns_for([".", "../shared"]))


def test_a_dropped_folder_is_left_out() -> None:
    assert ignored("my env/bin/python", patterns_for(drop=["my env"]))


def test_every_pattern_has_a_reason_right_above_its_group() -> None:
    text = render_ignore(["dist/a.whl"])
    assert "\n# needed by the build or by the app\n!dist/a.whl\n" in text
    for pattern, why in list_patterns():
        assert re.search(rf"# {re.escape(why)}\n(?:[^#\n]+\n)*{re.escape(pattern)}\n", text)


def test_no_pattern_is_written_twice() -> None:
    assert len({pattern for pattern, _ in list_patterns()}) == len(list_patterns())


def test_comments_and_blank_lines_are_no_patterns() -> None:
    assert parse_ignore("\ufeff# why\n\n  a  \n !b\n") == ("a", "!b")


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a pattern"):
        check_pattern("a[z-a]")


@pytest.mark.parametrize("pattern", ["a[-_]b", "a[_-]b", "a[^-_]b"])
def test_a_range_that_is_open_at_one_end_is_refused_as_docker_refuses_it(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not a pattern"):
        check_pattern(pattern)
    check_pattern("a[\\-_]b")


def test_docker_takes_every_pattern_of_ours() -> None:
    for pattern, _ in list_patterns():
        check_pattern(pattern)


def test_the_outputs_name_a_lock_for_every_architecture() -> None:
    assert {"requirements.armv7.lock", "requirements.arm64.lock", "Dockerfile"} <= set(OUTPUTS)


def test_only_a_line_feed_ends_a_pattern() -> None:
    assert parse_ignore("a\r\n*\r.pyc\n*\u2028b\n# c\n") == ("a", "*\r.pyc", "*\u2028b")
