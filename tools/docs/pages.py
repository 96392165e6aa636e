"""Pages of the documentation that are made from the code: commands, exit codes, reasons."""

import re
from collections.abc import Iterable, Iterator, Sequence
from inspect import cleandoc
from itertools import groupby
from pathlib import Path
from textwrap import indent

import click

from scaffold.cli import cli
from scaffold.lint.rules import Rule, all_rules
from scaffold.model.codes import Kind
from scaffold.model.dockerfile import Severity
from scaffold.model.errors import EXIT_CODES
from scaffold.report.explain import EXPLANATIONS
from tools.docs.console import run
from tools.docs.settings import make_schemas, settings_page

# What a page shows its command with; those that need an engine are shown in the README.
EXAMPLES = {
    "init": "leanscaffold init examples/fastapi --yes --device raspberry-pi-4 --offline",
    "plan": "leanscaffold plan examples/fastapi --device raspberry-pi-4 --offline | head -14",
    "generate": "leanscaffold generate examples/gateway --target arm64 --offline | tail -9",
    "explain": "leanscaffold explain no-wheel",
    "wheels": "leanscaffold wheels lgpio --offline",
    "devices": "leanscaffold devices | head -8",
    "config": "leanscaffold config examples/fastapi --device raspberry-pi-4 | head -13",
    "knowledge check": "leanscaffold knowledge check",
}
MADE = "<!-- Made by `python -m tools.docs`: edit the code instead. -->"


def make_pages(folder: Path) -> dict[str, str]:
    """Return {path below docs/: text}; the examples are run in ``folder``."""
    commands = dict(list_commands())
    pages = {
        f"commands/{name.replace(' ', '-')}.md": _command_page(name, command, folder)
        for name, command in commands.items()
    }
    return {
        **pages,
        **make_schemas(),
        "commands/README.md": _command_list(commands),
        "configuration.md": _page("Configuration", [settings_page()]),
        "troubleshooting.md": _troubleshooting(),
        "reasons.md": _reasons(),
        "rules.md": _rules(),
    }


def list_commands() -> Iterator[tuple[str, click.Command]]:
    """Yield all commands by the words that call them, subcommands too."""
    with click.Context(cli, info_name="leanscaffold") as ctx:
        for name in cli.list_commands(ctx):
            command = cli.get_command(ctx, name)
            assert command is not None
            if isinstance(command, click.Group):
                for below in command.list_commands(ctx):
                    found = command.get_command(ctx, below)
                    assert found is not None
                    yield f"{name} {below}", found
            else:
                yield name, command


def _command_list(commands: dict[str, click.Command]) -> str:
    rows = [
        (f"[{name}]({name.replace(' ', '-')}.md)", command.get_short_help_str(100))
        for name, command in commands.items()
    ]
    return _page("Commands", [_table(("command", "what it does"), rows)])


def _command_page(name: str, command: click.Command, folder: Path) -> str:
    ctx = click.Context(command, info_name=name, **cli.context_settings)
    blocks = [_paragraphs(cleandoc(command.help or ""))]
    blocks.append(f"    {' '.join((f'leanscaffold {name}', *command.collect_usage_pieces(ctx)))}")
    params = [(getattr(one, "section", "Output"), one) for one in command.get_params(ctx)]
    shown = [(section, one) for section, one in params if not isinstance(one, click.Argument)]
    headings = list(dict.fromkeys(section for section, _ in shown))
    shown.sort(key=lambda pair: (pair[0] == "Output", headings.index(pair[0])))
    for section, group in groupby(shown, key=lambda pair: pair[0]):
        records = (one.get_help_record(ctx) for _, one in group)
        rows = [(f"`{record[0]}`", _one_line(record[1])) for record in records if record]
        blocks += [f"## {section}", _table(("option", "meaning"), rows)]
    if name in EXAMPLES:
        said = run(EXAMPLES[name], folder)
        blocks += ["## Example", f"```console\n$ {EXAMPLES[name]}\n{said}```"]
    return _page(f"leanscaffold {name}", blocks)


def _troubleshooting() -> str:
    lead = (
        "An error is printed as `error[CODE]: what is wrong`, with files and lines and a hint; "
        "`leanscaffold explain CODE` says what stands here. With `--json` the error is a "
        "document on stdout as well. `leanscaffold doctor` checks engine, index, proxy and disks."
    )
    found = [(code, one) for code, one in EXPLANATIONS.items() if one.kind is Kind.ERROR]
    rows = [
        (
            str(number),
            text,
            ", ".join(
                f"[{code}](#{code})"
                for code, one in found
                if one.meaning.startswith(f"Exit code {number}:")
            ),
        )
        for number, text in sorted(EXIT_CODES.items())
    ]
    blocks = [lead, "## Exit codes", _table(("code", "meaning", "errors"), rows)]
    for code, one in sorted(found):
        blocks += [f"## {code}", f"**{one.title}**", one.remedy]
    return _page("Troubleshooting", blocks)


def _reasons() -> str:
    lead = "The codes in brackets in a plan; `leanscaffold explain CODE` says the same."
    blocks = [lead]
    for code, one in sorted(EXPLANATIONS.items()):
        if one.kind is not Kind.ERROR:
            blocks += [f"## {code}", f"**{one.title}** ({one.kind})", one.meaning, one.remedy]
    return _page("Reasons", blocks)


def _rules() -> str:
    lead = (
        "What `leanscaffold lint` looks for in a Dockerfile; `leanscaffold explain LS101` says the "
        "same. Each example is a test. `# leanscaffold: ignore=LS101` above an instruction "
        "switches a rule off for it, `--ignore` for all."
    )
    return _page("Rules", [lead, *_list_rules(all_rules())])


_MEANINGS = {
    Severity.ERROR: "the build or the app breaks, or a secret gets out",
    Severity.WARNING: "it costs size, time or safety",
    Severity.NOTE: "it may be meant so",
}


def _list_rules(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield the blocks of a page in Markdown: a table, then a section for each rule."""
    rules = tuple(rules)
    yield "; ".join(f"**{severity}**: {text}" for severity, text in _MEANINGS.items()) + "."
    rows = [
        f"| [{one.code}](#{_anchor(one)}) | {one.name} | {one.severity} | {one.summary} |"
        for one in rules
    ]
    head = ("| code | name | severity | what it finds |", "| --- | --- | --- | --- |")
    yield "\n".join([*head, *rows])
    for one in rules:
        yield f"## {one.code} {one.name}"
        yield f"{one.summary} *({one.severity})*"
        yield one.why.replace("``", "`")
        yield f"Bad:\n\n```dockerfile\n{one.bad}```"
        yield f"Good:\n\n```dockerfile\n{one.good}```"


def _anchor(rule: Rule) -> str:
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")


def _page(title: str, blocks: Sequence[str]) -> str:
    return "\n\n".join([f"# {title}", MADE, *blocks]) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    lines = (" | ".join(cell.replace("|", r"\|") for cell in row) for row in cells)
    return "\n".join(f"| {line} |" for line in lines)


def _paragraphs(text: str) -> str:
    return "\n\n".join(_paragraph(part) for part in re.split(r"\n\s*\n", text))


def _paragraph(text: str) -> str:
    """Return a paragraph on one line; after a backspace, its lines as they are, as click has it."""
    plain = text.removeprefix("\b\n")
    return _one_line(text) if plain == text else indent(plain, "    ")


def _one_line(text: str) -> str:
    return " ".join(text.split())
