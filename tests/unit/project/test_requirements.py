"""Reading requirement files: what pip accepts comes back, what it would refuse is an error."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from scaffold.model.errors import PathUnreadableError
from scaffold.project.requirement_parser import Reading
from scaffold.project.requirements import read_requirements
from tests.support.folders import OTHER_SHA, SHA, texts, write

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}", fullmatch=True)
MARKERS = (
    "",
    'python_version < "3.9"',
    'sys_platform == "linux" and platform_machine == "aarch64"',
)


def reading(root: Path, text: str, **environ: str) -> Reading:
    write(root, {"requirements.txt": text})
    return read_requirements(root, ["requirements.txt"], environ=environ)


def problems(root: Path, text: str, **environ: str) -> list[str]:
    found = reading(root, text, **environ)
    return [str(problem) for problem in found.problems]


def test_versions_extras_and_markers_come_back_with_file_and_line(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        """
        # a comment
        Flask[async] >=2,<4  # another

        numpy==1.26.4; python_version < "3.13"
        """,
    )
    assert texts(found.asked) == [
        "flask[async]<4,>=2",
        'numpy==1.26.4; python_version < "3.13"',
    ]
    assert [str(one.origin) for one in found.asked] == ["requirements.txt:2", "requirements.txt:4"]
    assert found.asked[0].text == "Flask[async] >=2,<4"
    assert found.files == ("requirements.txt",)
    assert found.problems == ()


def test_hashes_on_continued_lines_belong_to_their_requirement(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        f"""
        flask==3.0.0 \\
            --hash=sha256:{SHA} \\
            --hash=sha256:{OTHER_SHA.upper()}
            # via something
        click==8.1.7 --hash sha256:{SHA}
        """,
    )
    assert found.problems == ()
    assert found.asked[0].hashes == (f"sha256:{SHA}", f"sha256:{OTHER_SHA}")
    assert found.asked[0].text == "flask==3.0.0"
    assert found.asked[0].origin.line == 1
    assert found.asked[1].hashes == (f"sha256:{SHA}",)
    assert found.asked[1].origin.line == 5


def test_a_hash_without_all_its_digits_is_an_error(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "flask==3.0 --hash=sha256:abc\n")
    assert only.startswith("requirements.txt:1: sha256:abc is not sha256")


def test_a_hash_of_a_broken_algorithm_is_an_error(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, f"flask==3.0 --hash=sha384:{'a' * 96}\n")
    assert "flask==3.0 has no sha256" in only
    (only,) = problems(tmp_path, f"flask==3.0 --hash=md5:{'a' * 32}\n")
    assert "sha256, sha384 or sha512" in only


def test_nested_files_are_read_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": "-r deps/web.txt\nnumpy\n",
            "deps/web.txt": "flask\n-c limits.txt\n--requirement more/db.txt\n",
            "deps/limits.txt": "werkzeug<3\n",
            "deps/more/db.txt": "psycopg\n",
        },
    )
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    assert texts(found.asked) == ["flask", "psycopg", "numpy"]
    assert texts(found.constraints) == ["werkzeug<3"]
    assert found.constraints[0].origin.file == "deps/limits.txt"
    assert found.files == (
        "requirements.txt",
        "deps/web.txt",
        "deps/limits.txt",
        "deps/more/db.txt",
    )


def test_files_that_include_each_other_are_named_as_a_circle(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "flask\n-r a.txt\n", "a.txt": "-r ./b.txt\n"})
    write(tmp_path, {"b.txt": "numpy\n-r a.txt\n"})
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    (only,) = map(str, found.problems)
    assert only.startswith("b.txt:2: files include each other in a circle: a.txt → b.txt → a.txt")
    assert texts(found.asked) == ["flask", "numpy"]


def test_a_file_that_two_others_include_is_no_circle(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "-r a.txt\n-r b.txt\n", "a.txt": "-r c.txt\n"})
    write(tmp_path, {"b.txt": "-r c.txt\n", "c.txt": "flask\n"})
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    assert found.problems == ()
    assert texts(found.asked) == ["flask"]


def test_a_missing_nested_file_is_reported_at_the_line_that_asked_for_it(tmp_path: Path) -> None:
    assert problems(tmp_path, "flask\n-r nowhere.txt\n") == [
        "requirements.txt:2: asks for nowhere.txt, which does not exist"
    ]


def test_a_nested_folder_is_reported_at_the_line_that_asked_for_it(tmp_path: Path) -> None:
    (tmp_path / "deps").mkdir()
    assert problems(tmp_path, "-r deps\n") == [
        "requirements.txt:1: asks for deps, which is a folder, not a file"
    ]


def test_a_nested_file_on_the_network_is_not_fetched(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "-r https://index.example/requirements.txt\n")
    assert only.startswith("requirements.txt:1: https://index.example/requirements.txt is not")


def test_all_bad_lines_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"requirements.txt": "flask=1\n-r a.txt\nnumpy\n!!!\n", "a.txt": "ok\nbad one\n"},
    )
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    assert [(one.file, one.line) for one in found.problems] == [
        ("requirements.txt", 1),
        ("requirements.txt", 4),
        ("a.txt", 2),
    ]
    assert "Did you mean ==" in found.problems[0].text
    assert texts(found.asked) == ["ok", "numpy"]


@pytest.mark.parametrize(
    ("line", "taken", "ignored"),
    [
        ("flask --extra-index-url https://index.example/s", "flask", "--extra-index-url https://"),
        ("flask; -f ./wheels", "flask", "-f ./wheels behind a requirement: write it"),
        ("flask>=1 -e ./x", "flask>=1", "-e ./x"),
        ("flask>=1 --pre", "flask>=1", "--pre"),
        (f"flask --hash=sha256:{SHA} junk", "flask", "--hash=sha256:"),
        (
            'flask; -i https://me:secret@index.example/s; sys_platform == "darwin"',
            "flask",
            '-i https://***@index.example/s; sys_platform == "darwin" behind a requirement, so no',
        ),
    ],
)
def test_what_pip_ignores_behind_a_requirement_is_ignored_and_told(
    tmp_path: Path, line: str, taken: str, ignored: str
) -> None:
    found = reading(tmp_path, f"numpy\n{line}\n")
    assert not found.problems
    assert (found.asked[1].text, found.asked[1].marker) == (taken, "")
    assert not found.index.extra_index_urls
    assert not found.index.index_url
    assert found.notes[0].startswith(f"requirements.txt:2: pip ignores {ignored}")


@pytest.mark.parametrize(
    ("line", "ignored"),
    [
        ("-i https://index.example/simple more", "more"),
        ("--extra-index-url https://index.example/a https://index.example/b", "https://index.ex"),
        ("--pre flask numpy", "flask numpy"),
    ],
)
def test_what_pip_ignores_behind_an_option_is_not_installed_and_told(
    tmp_path: Path, line: str, ignored: str
) -> None:
    found = reading(tmp_path, f"{line}\n")
    assert (found.asked, found.problems) == ((), ())
    (note,) = found.notes
    assert note.startswith(f"requirements.txt:1: pip ignores {ignored}")
    assert "behind an option, so it installs nothing of it" in note


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("flask extra", "flask extra"),
        ("flask --global-option=x", "options for setup.py"),
        (f"--hash=sha256:{SHA}", "belongs to a requirement"),
        ("-e ./a -e ./b", "write one -e per line"),
        ("--no-use-wheel", "pip no longer knows --no-use-wheel"),
        ("--no-such-option", "no such option"),
        ("-r", "requires 1 argument"),
        ("pytz==2004d-dev", "pytz==2004d-dev"),
        ("flask; python_version <", "flask; python_version <"),
        ("flask; on_mars == 'yes'", "flask; on_mars"),
        ("flask @", "flask @"),
        ("flask===", "flask==="),
        ("-c", "requires 1 argument"),
    ],
)
def test_a_line_that_would_be_dropped_is_an_error(tmp_path: Path, line: str, says: str) -> None:
    found = reading(tmp_path, f"numpy\n{line}\n")
    (only,) = found.problems
    assert (only.file, only.line) == ("requirements.txt", 2)
    assert says in only.text
    assert texts(found.asked) == ["numpy"]


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x1b"])
def test_a_line_break_in_a_requirement_is_an_error(tmp_path: Path, mark: str) -> None:
    found = reading(tmp_path, f"numpy\nflask{mark}evil\nclick\n")
    (only,) = found.problems
    assert (only.line, f"U+{ord(mark):04X}" in only.text) == (2, True)
    assert texts(found.asked) == ["numpy", "click"]


def test_a_line_break_in_a_comment_does_no_harm(tmp_path: Path) -> None:
    found = reading(tmp_path, "numpy # one\u2028two\n# three\x0cfour\nclick\n")
    assert found.problems == ()
    assert [(one.name, one.origin.line) for one in found.asked] == [("numpy", 1), ("click", 3)]


@pytest.mark.parametrize(
    "line",
    [
        'flask @ https://index.example/fla"sk-1.0-py3-none-any.whl',
        "flask @ https://index.example/fla'sk-1.0-py3-none-any.whl",
        "flask==='1.0'",
        "flask===`id`",
        '"flask"',
        "./it's",
        '--index-url "https://index.example/\'"',
    ],
)
def test_a_quote_in_a_requirement_is_an_error(tmp_path: Path, line: str) -> None:
    (only,) = problems(tmp_path, f"{line}\n")
    assert only.startswith("requirements.txt:1: ")


def test_windows_and_old_mac_line_ends_count_as_one_line(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"flask\r\nnumpy\rclick\n")
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    assert [(one.name, one.origin.line) for one in found.asked] == [
        ("flask", 1),
        ("numpy", 2),
        ("click", 3),
    ]


@pytest.mark.parametrize(
    "data",
    [
        "flask\n".encode("utf-8-sig"),
        "flask\n".encode("utf-16"),
        b"\xfe\xff" + "flask\n".encode("utf-16-be"),
        "flask\n".encode("utf-32"),
        "# -*- coding: latin-1 -*-\nflask # caf\xe9\n".encode("latin-1"),
    ],
)
def test_encodings_that_a_file_declares_are_understood(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "requirements.txt").write_bytes(data)
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    assert found.problems == ()
    assert texts(found.asked) == ["flask"]


def test_a_byte_that_is_not_utf_8_is_an_error_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"flask\n# caf\xe9\n")
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    (only,) = map(str, found.problems)
    assert only == "requirements.txt:2: byte 11 is not utf-8: save the file as UTF-8"


@pytest.mark.parametrize("data", [b"\x7fELF\x00\x01\xff", "flask\n".encode("utf-16-le")])
def test_a_binary_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "requirements.txt").write_bytes(data)
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    (only,) = map(str, found.problems)
    assert "binary file" in only


def test_an_unknown_declared_encoding_is_an_error(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "# coding: klingon\nflask\n")
    assert only == "requirements.txt: declares the unknown encoding klingon"


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").mkdir()
    with pytest.raises(PathUnreadableError, match="is a folder"):
        read_requirements(tmp_path, ["requirements.txt"], environ={})


def test_a_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathUnreadableError, match=r"nowhere\.txt does not exist"):
        read_requirements(tmp_path, ["nowhere.txt"], environ={})


def test_a_nested_file_that_the_system_refuses_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    write(tmp_path, {"requirements.txt": "-r loop.txt\n"})
    with pytest.raises(PathUnreadableError, match=r"cannot read loop\.txt"):
        read_requirements(tmp_path, ["requirements.txt"], environ={})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_permission_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "flask\n"})
    (tmp_path / "requirements.txt").chmod(0)
    with pytest.raises(PathUnreadableError, match="Permission denied"):
        read_requirements(tmp_path, ["requirements.txt"], environ={})


def test_environment_variables_are_expanded_as_pip_does(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        "-i https://user:${PART}@index.example/simple\nflask==${FLASK}\n",
        PART="secret",
        FLASK="3.0",
    )
    assert found.index.index_url == "https://user:secret@index.example/simple"
    assert texts(found.asked) == ["flask==3.0"]
    assert found.asked[0].text == "flask==${FLASK}"


def test_an_environment_variable_that_is_not_set_is_an_error(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "flask==${FLASK}\n")
    assert "requirements.txt:1: the environment variable FLASK is not set" in only


def test_a_bad_line_does_not_show_the_value_of_a_variable(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "a b @ https://${PART}@index.example/x\n", PART="secret")
    assert "secret" not in only
    assert "${PART}" in only


def test_a_dollar_without_braces_is_left_alone(tmp_path: Path) -> None:
    found = reading(tmp_path, "-i https://index.example/$HOME\n", HOME="/root")
    assert found.index.index_url == "https://index.example/$HOME"


def test_index_options_are_gathered_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "deps" / "wheels").mkdir(parents=True)
    write(
        tmp_path,
        {
            "requirements.txt": """
            -i https://index.example/one
            --index-url=https://index.example/two
            --extra-index-url https://index.example/more
            -r deps/a.txt
            --pre
            --only-binary :all:
            """,
            "deps/a.txt": """
            -f wheels
            --find-links https://index.example/links
            --no-index
            --extra-index-url https://index.example/more
            --no-binary Foo.Bar,baz
            --prefer-binary
            """,
        },
    )
    index = read_requirements(tmp_path, ["requirements.txt"], environ={}).index
    assert index.index_url == "https://index.example/two"
    assert index.extra_index_urls == ("https://index.example/more",)
    assert index.find_links == ("deps/wheels", "https://index.example/links")
    assert index.no_index
    assert index.pre
    # As in pip, the later ":all:" of the one empties the other.
    assert (index.only_binary, index.no_binary) == ((":all:",), ())


def test_a_package_leaves_one_binary_rule_when_the_other_names_it(tmp_path: Path) -> None:
    index = reading(
        tmp_path, "--only-binary numpy,Foo_Bar\n--no-binary numpy\n--no-binary :none:\n"
    ).index
    assert (index.only_binary, index.no_binary) == (("foo-bar",), ())


SUM = "ab" * 32


@pytest.mark.parametrize(
    ("line", "settings", "rules"),
    [
        ("a==1 --config-settings=x=y", ("x=y",), ((), ())),
        (f'a -C "--opt=-DX -DY" -C b=c --hash=sha256:{SUM}', ("--opt=-DX -DY", "b=c"), ((), ())),
        ("a --config-setting 'k=v w' # why", ("k=v w",), ((), ())),
        ("a>=1 --no-binary :all:", (), ((), ("a",))),
        ('a; python_version > "3" --only-binary=a', (), (("a",), ())),
        ("a --only-binary a; sys_platform == 'win32'", (), (("a",), ())),
        (f"a -C x=y ; extra --hash=sha256:{SUM}", ("x=y",), ((), ())),
    ],
)
def test_how_to_build_a_requirement_may_stand_behind_it(
    tmp_path: Path, line: str, settings: tuple[str, ...], rules: tuple[tuple[str, ...], ...]
) -> None:
    found = reading(tmp_path, f"b\n{line}\n")
    asked = found.asked[1]
    assert not found.problems
    assert (asked.name, asked.config_settings) == ("a", settings)
    assert (found.index.only_binary, found.index.no_binary) == rules
    assert all(place == "requirements.txt:2" for _, place in found.index.restricted_at)
    assert " -" not in asked.text
    assert bool(found.notes) is any(one in line for one in ("win32", "extra"))


@pytest.mark.parametrize(
    "line",
    ["a --config-settings=x", "a -C =x", "./a -C x=y", "a @ https://h.example/a-1.tar.gz -C x=y"],
)
def test_settings_that_reach_no_build_are_an_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "a").mkdir()
    assert "--config-settings" in reading(tmp_path, line).problems[0].text


def test_direct_addresses_keep_their_url(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        """
        one @ https://index.example/one-1.0-py3-none-any.whl
        two[x] @ git+https://index.example/two@v1 ; python_version < "3.9"
        https://index.example/three-2.0-py3-none-any.whl
        https://index.example/four-3.0.tar.gz
        git+https://index.example/five@abc#egg=five
        -e git+ssh://git@index.example/six.git@main#egg=six
        """,
    )
    assert found.problems == ()
    assert [(one.name, one.url, one.editable) for one in found.asked] == [
        ("one", "https://index.example/one-1.0-py3-none-any.whl", False),
        ("two", "git+https://index.example/two@v1", False),
        ("three", "https://index.example/three-2.0-py3-none-any.whl", False),
        ("four", "https://index.example/four-3.0.tar.gz", False),
        ("five", "git+https://index.example/five@abc#egg=five", False),
        ("six", "git+ssh://git@index.example/six.git@main#egg=six", True),
    ]
    assert found.asked[1].extras == ("x",)
    assert found.asked[1].marker == 'python_version < "3.9"'


def test_local_paths_become_relative_to_the_project(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "deps/requirements.txt": f"""
            ./libs/a
            -e ./libs/b[dev]
            b2 @ file:./libs/b2
            file://{tmp_path}/libs/c
            ./near
            ./wheels/d-1.0-py3-none-any.whl
            ../outside
            -e .
            """,
            "deps/near/setup.py": "",
        },
    )
    found = read_requirements(tmp_path, ["deps/requirements.txt"], environ={})
    assert found.problems == ()
    assert [(one.name, one.path, one.editable) for one in found.asked] == [
        ("", "libs/a", False),
        ("", "libs/b", True),
        ("b2", "libs/b2", False),
        ("", "libs/c", False),
        ("", "deps/near", False),
        ("d", "wheels/d-1.0-py3-none-any.whl", False),
        ("", "../outside", False),
        ("", ".", True),
    ]
    assert found.asked[1].extras == ("dev",)


@pytest.mark.parametrize("line", ["-e ./lib", "flask[async]", "./lib"])
def test_a_constraint_has_a_name_and_versions_only(tmp_path: Path, line: str) -> None:
    write(tmp_path, {"requirements.txt": "-c c.txt\n", "c.txt": f"{line}\n"})
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    (only,) = map(str, found.problems)
    assert only.startswith(f"c.txt:1: {line} cannot be a constraint")


def test_an_option_that_is_left_to_pip_is_noted(tmp_path: Path) -> None:
    found = reading(tmp_path, "--trusted-host index.example\nflask\n")
    assert found.notes == ("requirements.txt:1: --trusted-host is left to pip's configuration",)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    extras = draw(st.lists(NAMES, max_size=2, unique=True))
    bracket = f"[{', '.join(extras)}]" if extras else ""
    operators = st.sampled_from(["==", ">=", "<=", "!=", "<", ">"])
    parts = draw(st.lists(st.tuples(operators, VERSIONS), max_size=2, unique=True))
    specifier = ",".join(f"{operator}{version}" for operator, version in parts)
    marker = draw(st.sampled_from(MARKERS))
    space = draw(st.sampled_from(["", " "]))
    after = f"{space};{space}{marker}" if marker else ""
    return f"{draw(NAMES)}{bracket}{space}{specifier}{after}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    wanted=st.lists(requirements(), max_size=8),
    noise=st.lists(st.sampled_from(["", "# words", "--pre"]), max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_reading_a_rendered_file_gives_its_requirements_back(
    tmp_path: Path, wanted: list[str], noise: list[str], end: str
) -> None:
    between = [*noise, *[""] * len(wanted)]
    lines = [line for pair in zip(wanted, between, strict=False) for line in pair]
    (tmp_path / "requirements.txt").write_bytes(end.join(lines).encode())
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    assert found.problems == ()
    assert [one.origin.line for one in found.asked] == list(range(1, 2 * len(wanted), 2))
    for one, text in zip(found.asked, wanted, strict=True):
        expected = Requirement(text)
        assert one.name == expected.name
        assert set(one.extras) == expected.extras
        assert one.specifier == str(expected.specifier)
        assert one.marker == str(expected.marker or "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet="abz09.-_=<>[]@;:/\\# \"'$\n\r\t\x0b,~!()+{}", max_size=60))
def test_no_text_makes_the_reader_fail_or_lose_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "requirements.txt").write_text(text, encoding="utf-8", newline="")
    found = read_requirements(tmp_path, ["requirements.txt"], environ={})
    assert all(one.text for one in found.asked)
    assert all(problem.text and problem.file for problem in found.problems)
