"""Completion in real shells: words typed, words offered."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.operations.services import real_services
from tests.cli.outside import code_of, run

BIN = Path(sys.executable).parent
# Asks bash for completions the way the Tab key does: the function that `complete` registered.
BASH = """
source <(leanscaffold completion bash)
COMP_WORDS=({words}); COMP_CWORD={last}
_leanscaffold_completion leanscaffold
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}


def ask(*argv: str) -> list[str]:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=True, env=environment(), timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def in_bash(*words: str) -> list[str]:
    quoted = " ".join(f"'{word}'" for word in ("leanscaffold", *words))
    return ask("bash", "--norc", "-c", BASH.format(words=quoted, last=len(words)))


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("gen",), {"generate"}),
        (("plan", "--max"), {"--max-size", "--max-download"}),
        (("plan", ".", "--device", "raspberry-pi-4"), {"raspberry-pi-4", "raspberry-pi-4-32bit"}),
        (("plan", "--base", "ba"), {"bare", "bare-trixie"}),
        (("generate", "--target", "arm"), {"arm64", "arm/v7", "arm/v6"}),
        (("plan", "--objective", ""), {"size", "balanced", "compatible"}),
        (("plan", "--python", "3.1"), {"3.13", "3.14"}),
        (("init", "--template", "a"), {"api"}),
        (("devices", "visionfive"), {"visionfive-2"}),
        (("explain", "no-wh"), {"no-wheel"}),
        (("wheels", "fasta"), {"fastapi"}),
        (("compare", "--bases", "slim,bare-t"), {"slim,bare-trixie"}),
        (("plan", "--device", "=", "visi"), {"visionfive-2"}),
        (("completion", ""), {"bash", "zsh", "fish"}),
    ],
)
def test_bash_completes_commands_options_and_names(
    words: tuple[str, ...], offered: set[str]
) -> None:
    found = in_bash(*words)
    assert offered <= set(found)
    assert all(name.startswith(words[-1]) for name in found)


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish: apt-get install fish")
def test_fish_completes_a_device_and_says_what_it_is() -> None:
    script = "leanscaffold completion fish | source; complete -C 'leanscaffold plan --device vis'"
    assert "visionfive-2\tStarFive VisionFive 2 (8 GB)" in ask("fish", "--no-config", "-c", script)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh: apt-get install zsh")
def test_zsh_takes_the_script_and_knows_the_function() -> None:
    script = (
        "autoload -U compinit && compinit -D -u; "
        'eval "$(leanscaffold completion zsh)"; print $_comps[leanscaffold]'
    )
    assert ask("zsh", "-f", "-c", script) == ["_leanscaffold_completion"]


def test_without_a_name_the_users_shell_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert "complete --no-files --command leanscaffold" in run("completion").stdout
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    refused = run("completion")
    assert (refused.exit_code, code_of(refused)) == (2, "usage")
    assert "bash, zsh, fish" in refused.stderr


def test_what_is_offered_is_what_commands_accept() -> None:
    facts = real_services().knowledge.load_facts(())
    assert set(in_bash("plan", "--device", "")) == set(facts.devices)
    bases = {base.id for base in facts.bases} | {base.family for base in facts.bases}
    assert set(in_bash("plan", "--base", "")) == bases
