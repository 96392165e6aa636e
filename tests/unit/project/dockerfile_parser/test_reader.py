"""The reader of Dockerfiles: what it finds, where, and that no text makes it fail."""

from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.model.dockerfile import Dockerfile, Instruction
from scaffold.project.dockerfile_parser.reader import KEYWORDS, read_dockerfile
from scaffold.project.dockerfile_parser.shell import commands_of

FILE = r"""# escape=\
# syntax=docker/dockerfile:1
ARG VERSION=3.13
FROM --platform=$BUILDPLATFORM python:${VERSION}-slim AS Build
ENV A=1 B="c d"
ENV OLD form of it
WORKDIR /app
# leanscaffold: ignore=LS101, no-tag
RUN --mount=type=cache,target=/root/.cache/pip set -e; \
  # a comment in between
  pip install "numpy>=2" 'x y'

COPY --from=base <<-"FIRST" <<SECOND /x/
	hello
	FIRST
FROM not-a-stage
SECOND
WORKDIR src/$A
CMD ["python", "-m", "x"]
FROM build
HEALTHCHECK --interval=3s CMD curl -f http://x
ONBUILD RUN pip install q
USER app
"""


def read(text: str = FILE) -> Dockerfile:
    return read_dockerfile(text)


def find(keyword: str, text: str = FILE) -> Instruction:
    return next(one for one in read(text).instructions if one.keyword == keyword)


def test_stages_have_names_images_and_parents() -> None:
    first, second = read().stages
    assert (first.name, first.image, first.written) == (
        "build",
        "python:3.13-slim",
        "python:${VERSION}-slim",
    )
    assert first.platform == "$BUILDPLATFORM"
    assert (second.image, second.parent) == ("build", 0)


def test_continued_lines_are_joined_and_comments_between_them_left_out() -> None:
    run = find("RUN")
    assert run.text == "set -e;   pip install \"numpy>=2\" 'x y'"
    assert run.ignored == ("ls101", "no-tag")
    assert [flag.value for flag in run.flags] == ["type=cache,target=/root/.cache/pip"]


def test_documents_are_no_instructions() -> None:
    copy = find("COPY")
    assert [(one.name, one.body) for one in copy.heredocs] == [
        ("FIRST", "\thello\n"),
        ("SECOND", "FROM not-a-stage\n"),
    ]
    assert [one.keyword for one in read().stages[0].steps].count("FROM") == 0


def test_here_strings_and_shifts_are_no_documents() -> None:
    for text in ("RUN cat <<< word", "RUN echo $((1 << 2))", 'RUN echo "<<EOF"'):
        assert find("RUN", f"FROM a\n{text}\nUSER b\n").heredocs == ()
        assert find("USER", f"FROM a\n{text}\nUSER b\n").text == "b"


def test_lists_are_read_and_what_is_none_is_the_shell_form() -> None:
    assert find("CMD").words == ("python", "-m", "x")
    assert find("CMD", "FROM a\nCMD ['python']\n").words is None
    assert find("HEALTHCHECK", 'FROM a\nHEALTHCHECK CMD ["a", "b"]\n').words == ("a", "b")


def test_what_holds_at_an_instruction_is_followed_through_parents() -> None:
    last = read().stages[1].steps[-1]
    assert last.scope.environment == {"A": "1", "B": "c d", "OLD": "form of it"}
    assert last.scope.workdir == "/app/src/1"
    assert last.scope.arguments == {}


def test_an_argument_above_the_first_stage_has_to_be_declared_again() -> None:
    text = "ARG A=1\nARG B\nFROM a:$A\nRUN one\nARG A\nARG B=2 C\nRUN two\n"
    one, _, _, two = read(text).stages[0].steps
    assert one.scope.arguments == {}
    assert two.scope.arguments == {"A": "1", "B": "2", "C": None}


def test_onbuild_holds_an_instruction_back() -> None:
    inner = find("ONBUILD").inner
    assert inner is not None
    assert (inner.keyword, inner.text) == ("RUN", "pip install q")


def test_the_escape_of_windows_is_minded() -> None:
    run = find("RUN", "# escape=`\nFROM a\nRUN dir C:\\ `\n  && echo\n")
    assert run.text == "dir C:\\   && echo"


def test_line_breaks_of_windows_and_a_mark_at_the_start_change_nothing() -> None:
    found = read("\ufeffFROM a\r\nRUN b \\\r\n  c\r\n")
    assert found.problems == ()
    assert [one.text for one in found.instructions] == ["a", "b   c"]


def test_what_docker_refuses_is_a_problem_with_its_place() -> None:
    texts = {
        "RNU x\nFROM a\n": "'RNU' is not an instruction",
        "RUN x\nFROM a\n": "RUN stands before the first FROM",
        "FROM a\nRUN <<EOF\nx\n": "nothing ends the document EOF",
        "FROM a\nUSER\n": "USER says nothing",
        "": "there is no FROM",
    }
    for text, problem in texts.items():
        assert problem in [one.text for one in read(text).problems], text


def test_empty_lines_inside_of_an_instruction_are_noted() -> None:
    found = read("FROM a\nRUN b && \\\n\n  c\n")
    assert [found.text[one.start : one.end] for one in found.blanks] == ["\n"]
    assert find("RUN", found.text).text == "b &&   c"


PIECES = st.sampled_from(
    [
        *sorted(KEYWORDS),
        *("from", "AS", "--from=a", "--mount=type=cache", "<<EOF", "<<-'E'", "EOF", "E", "\\", "`"),
        *(
            "# escape=`",
            "#",
            "$A",
            "${B:-c}",
            '["a"]',
            "[",
            '"',
            "'",
            "&&",
            "|",
            "$(",
            "((",
            "\ufeff",
        ),
        *("\n", "\n\n", "\r\n", "\t", " ", "=", "a=b", "python:3.13-slim", "pip install x", "é"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(PIECES, max_size=40).map(" ".join),
    st.lists(PIECES, max_size=40).map("".join),
)


@settings(max_examples=400)
@given(TEXTS)
def test_no_text_makes_the_reader_fail_and_every_place_is_true(text: str) -> None:
    found = read_dockerfile(text)
    assert found.text == text
    end = 0
    for one in found.instructions:
        assert 0 <= one.span.start <= one.span.end <= len(text)
        assert one.span.start >= end, "instructions overlap, or are out of order"
        end = one.span.end
        assert text[one.span.start :].upper().startswith(one.keyword)
        assert len(one.origins) == len(one.text)
        assert "".join(text[at] for at in one.origins) == one.text
        assert list(one.origins) == sorted(set(one.origins))
        for flag in one.flags:
            assert text[flag.span.start : flag.span.end].startswith("--")
        for document in one.heredocs:
            assert text[document.span.start : document.span.end] == document.body
        for command in commands_of(one):
            assert one.span.start <= command.span.start <= command.span.end <= one.span.end


@settings(max_examples=200)
@given(TEXTS)
def test_an_instruction_read_alone_says_the_same(text: str) -> None:
    found = read_dockerfile(text)
    directive = "# escape=`\n" if found.escape == "`" else "# a comment\n"
    for one in found.instructions:
        piece = f"{directive}FROM a\n{text[one.span.start : one.span.end]}\n"
        again = read_dockerfile(piece).instructions
        assert (one.keyword, one.text) in [(each.keyword, each.text) for each in again]
