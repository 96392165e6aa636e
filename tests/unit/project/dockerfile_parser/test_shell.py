"""From the text of a RUN to its commands."""

from scaffold.model.dockerfile import Command
from scaffold.project.dockerfile_parser.reader import read_dockerfile
from scaffold.project.dockerfile_parser.shell import commands_of, without_prefix


def commands(run: str) -> tuple[Command, ...]:
    (step,) = read_dockerfile(f"FROM a\nRUN {run}\n").stages[0].steps
    return commands_of(step)


def argvs(run: str) -> list[tuple[str, ...]]:
    return [command.argv for command in commands(run)]


def test_lists_and_pipes_are_cut_with_what_joins_them() -> None:
    found = commands("a 1 && b 2 || c; d | e & f")
    assert [command.operator for command in found] == ["&&", "||", ";", "|", "&", ";"]
    assert [command.argv[0] for command in found] == list("abcdef")


def test_quotes_and_escapes_are_taken_off() -> None:
    assert argvs(r"""a 'b c' "d \"e\" \\ f" g\ h""") == [("a", "b c", 'd "e" \\ f', "g h")]


def test_what_is_filled_in_when_it_runs_is_marked() -> None:
    (command,) = commands("a b $C \"$(d 'e)' )\" `f g` '$h' *.py")
    assert [word.text for word in command.words] == [
        "a", "b", "$C", "$(d 'e)' )", "`f g`", "$h", "*.py",
    ]  # fmt: skip
    assert [word.literal for word in command.words] == [
        True, True, False, False, False, True, False,
    ]  # fmt: skip


def test_redirections_and_comments_are_no_words() -> None:
    assert argvs("a >/dev/null 2>&1 < in b # c") == [("a", "b")]


def test_the_shells_grammar_is_seen_through() -> None:
    text = "if [ -f a ]; then b; else c; fi; for x in 1 2; do d $x; done; (e && { f; })"
    assert [argv[0] for argv in argvs(text)] == ["[", "b", "c", "d", "e", "f"]


def test_variables_before_a_command_belong_to_it() -> None:
    first, second = commands("A=1 B=c d e && F=2")
    assert (first.assignments, first.argv) == ((("A", "1"), ("B", "c")), ("d", "e"))
    assert (second.assignments, second.argv) == ((("F", "2"),), ())


def test_sudo_and_env_are_put_aside() -> None:
    (command,) = commands("sudo -E env A=1 pip install x")
    plain = without_prefix(command)
    assert plain.argv == ("pip", "install", "x")
    assert plain.assignments == (("A", "1"),)


def test_a_document_is_a_script_only_where_a_shell_reads_it() -> None:
    text = "FROM a\nRUN <<EOF\npip install \\\n  x\nb\nEOF\nRUN python3 <<EOF\npip\nEOF\n"
    script, other = read_dockerfile(text).stages[0].steps
    assert [command.argv for command in commands_of(script)] == [("pip", "install", "x"), ("b",)]
    assert [command.argv for command in commands_of(other)] == [("python3",)]
    (word, *_) = commands_of(script)[0].words
    assert text[word.span.start : word.span.end] == "pip"


def test_words_know_their_place_across_continued_lines() -> None:
    text = "FROM a\nRUN b \\\n  && c 'd'\n"
    (step,) = read_dockerfile(text).stages[0].steps
    second = commands_of(step)[1]
    assert [text[w.span.start : w.span.end] for w in second.words] == ["c", "'d'"]
