"""Every figure and recording of the documentation, made by one command.

    python -m tools.figures [NAME]…

Lists each with the commits of code since it was made; with names, or with `all`, makes those that
are older than the code, one after the other. What was made is noted at once in tools/figures.json:
the same command continues where it was interrupted. Nearly all of it needs the tests' engine.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.engine.contests import MATCHES
from tools.predictions import EXAMPLES

ROOT = Path(__file__).parents[1]
MADE = Path(__file__).with_suffix(".json")
SOURCES = ("scaffold", "templates", "knowledge", "examples")
# By name: arguments of `python -m`, and the page that takes what it prints, if it prints it.
STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    **{f"predictions/{one}": (("tools.predictions", "--example", one), "") for one in EXAMPLES},
    **{
        f"sizes/{one.name}/{one.arch}": (
            ("tools.sizes", "--match", one.name, "--arch", one.arch),
            "",
        )
        for one in MATCHES
    },
    "traced": (("tools.sizes", "--traced"), ""),
    "paper": (("tools.paper", "--target=amd64", "--python=3.13"), "docs/paper.md"),
    "session": (("tools.session", "docs/first-session.md"), ""),
    "picture": (("tools.picture",), "docs/plan.svg"),
    "pages": (("tools.docs",), ""),
}


def run_git(*words: str) -> str:
    """Return what git prints, empty where it fails."""
    git = ["git", "-C", str(ROOT), *words]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()


def count_commits(made: dict[str, str], name: str) -> int | None:
    """Return how many commits changed the code since a figure was made; None if that is unknown."""
    count = run_git("rev-list", "--count", f"{made.get(name)}..HEAD", "--", *SOURCES)
    return int(count) if count else None


def copy_sizes() -> None:
    """Write the figures of docs/sizes.md into the README's rows of the same images."""
    readme = ROOT / "README.md"
    head, *rows = (
        line.strip("| ").split(" | ")
        for line in (ROOT / "docs/sizes.md").read_text("utf-8").splitlines()
        if line.startswith("| ")
    )
    at = {name: head.index(name) for name in head}
    names = ("project", "target", "on disk", "against", "theirs", "ratio")
    text = readme.read_text("utf-8")
    for row in rows:
        project, target, size, against, theirs, ratio = (row[at[name]] for name in names)
        beginning = re.escape(f"| {project} | {target} | ")
        line = f"| {project} | {target} | {size} | {against} | {theirs} | {ratio} |"
        text = re.sub(rf"(?m)^{beginning}.* \| {re.escape(against)} \| .*$", line, text)
    readme.write_text(text, "utf-8")


def make(name: str) -> bool:
    """Run the command of a figure, and tell whether it ended well."""
    words, page = STEPS[name]
    run = [sys.executable, "-m", *words]
    ended = subprocess.run(run, cwd=ROOT, check=False, stdout=subprocess.PIPE if page else None)
    # 1: the table is written, and a row of it is out of bounds.
    if page and ended.returncode == 0:
        (ROOT / page).write_bytes(ended.stdout)
    return ended.returncode in {0, 1}


def main(names: list[str]) -> int:
    """List all figures, or make some; return 1 where one could not be made."""
    made: dict[str, str] = json.loads(MADE.read_text("utf-8")) if MADE.is_file() else {}
    wanted = [one for one in STEPS if "all" in names or one.split("/")[0] in names or one in names]
    failed = False
    for name in wanted or STEPS:
        age = count_commits(made, name)
        if wanted and age != 0:
            if make(name):
                made[name] = run_git("rev-parse", "HEAD")
                MADE.write_text(json.dumps(made, indent=2, sort_keys=True) + "\n", "utf-8")
                age = 0
            else:
                failed = True
        told = {None: "not known when", 0: "of today's code"}.get(age, f"{age} commits older")
        print(f"{name:<32} {told}", flush=True)
    if wanted:
        copy_sizes()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
