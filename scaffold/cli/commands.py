"""Every command of the command line: what it says of itself, and its options.

Plain declarations: the module that does the work is imported when its command runs, so that help
and completion stay quick.
"""

from pathlib import Path

import click

from scaffold.catalog.resources import templates
from scaffold.cli.options import (
    BUILD,
    FORCE,
    GIVEN,
    JSON,
    KNOWLEDGE,
    OFFLINE,
    PATH,
    QUIET,
    REMAKE,
    REQUEST,
    VERBOSE,
    command,
    completing,
    flag,
    option,
    verify_params,
)

_STARTERS = ", ".join(sorted(one.name for one in (templates() / "project").iterdir()))


def _base_from(when: str = "", **settings: str) -> click.Option:
    text = f"{when}{'the' if when else 'The'} base from oci:DIR or a tar, not from its registry."
    return option("--base-from", metavar="PLACE", help=text, **settings)


HEADINGS: dict[str, tuple[click.Command, ...]] = {
    "Start": (
        command(
            "init",
            "Ask a few questions, preview, then generate.",
            """Set up the project in PATH, or begin one where PATH is empty.

    Reads the project, shows what it found and where, and asks only for what no file says: the
    device, the most the image may weigh, what matters most. Then it shows the decision, and writes
    nothing before you agree. Broken off with Ctrl-C, the next run goes on from there. A folder
    with nothing but .git, a README, a licence and the like is empty, and they stay.

    Take a template from elsewhere (a folder, an archive, an address) only from somebody you trust:
    it is filled in without a sandbox, so that it can do on this machine what you can, and --trust
    only lets it do so openly.

    \b
    leanscaffold init                              in a folder with a project
    leanscaffold init weather --template api       in a new folder
    leanscaffold init . --yes --device raspberry-pi-5 --max-size 250MB
    """,
            PATH,
            option(
                "--template",
                section="Interview",
                metavar="NAME|URL|PATH",
                shell_complete=completing("template"),
                help=f"Begin with a new project: {_STARTERS}, or a cookiecutter template that you "
                "trust: it is filled in without a sandbox.",
            ),
            option(
                "--answer",
                section="Interview",
                multiple=True,
                metavar="NAME=VALUE",
                help="An answer to a question of the template's; repeatable.",
            ),
            flag(
                "--trust",
                section="Interview",
                help="Let the template run code of its own (hooks, extensions).",
            ),
            flag(
                "--yes",
                "-y",
                section="Interview",
                help="Ask nothing: options and defaults answer.",
            ),
            *GIVEN,
            FORCE,
            QUIET,
        ),
        command(
            "plan",
            "Show the base image and why; write nothing.",
            """Show which base image the project in PATH gets, and why; write nothing.

    Options that leanscaffold.json recorded hold wherever no other is given, and are named; --anew
    decides without them.
    """,
            PATH,
            *REQUEST,
            JSON,
            VERBOSE,
            QUIET,
        ),
        command(
            "generate",
            "Decide and write the Dockerfile and locks.",
            """Write a Dockerfile, a lock per target and a .dockerignore into the project in PATH.

    Options that leanscaffold.json recorded hold wherever no other is given, and are named; --anew
    decides without them.
    """,
            PATH,
            *REQUEST,
            FORCE,
            JSON,
            VERBOSE,
            QUIET,
            module="plan",
        ),
    ),
    "Ship": (
        command(
            "build",
            "Build the image, generating first if needed.",
            """
    Build the project in PATH into the local engine, push it, or write it without an engine.

    Where leanscaffold's files are missing or out of date, does what generate does first. The
    options that leanscaffold.json recorded hold wherever this command line names no other.
    """,
            PATH,
            *GIVEN,
            *BUILD,
            option(
                "--to",
                "goal",
                section="Build",
                metavar="GOAL",
                help="Without an engine, into app.tar, oci:DIR or registry/name:tag.",
            ),
            _base_from("With --to: ", section="Build"),
            option(
                "--from",
                "bundle",
                section="Build",
                metavar="FILE",
                help="With --to: everything from a bundle, nothing from the network.",
            ),
            option(
                "--apt-sources",
                section="Build",
                type=click.Path(path_type=Path, exists=True, dir_okay=False),
                metavar="FILE",
                help="With --to: apt's sources, instead of those that the base has.",
            ),
            REMAKE,
            JSON,
            QUIET,
        ),
        command(
            "verify",
            "Build it, run it as the device would, measure.",
            """Build the project in PATH and prove that the image is what the plan says.

    Where files have to be generated first, that is done in a copy, unless --save keeps the figures.
    It runs with a read-only root, without a network, as its own user, within the device's memory.
    Containers and the image are removed afterwards. A check that could not be tried is no pass.
    """,
            PATH,
            *GIVEN,
            *verify_params("Verify"),
            flag(
                "--no-engine",
                section="Verify",
                help="Run nothing: prove what the files show, of an image built here or of "
                "--image app.tar.",
            ),
            _base_from("With --no-engine: ", section="Verify"),
            flag(
                "--save",
                help="Keep the figures in leanscaffold.json; plan shows them.",
            ),
            REMAKE,
            flag("--verbose", "-v", help="The evidence of what passed, too."),
            JSON,
            QUIET,
        ),
        command(
            "deploy",
            "Run the image on a device, without a registry.",
            """Write the image of the project in PATH without an engine and run it on a device.

    Only the layers that the device lacks are sent. It runs as the compose file says: read-only,
    with the device's limits and hardware, and the variables of .env. Where it does not get healthy
    in time, the old one runs again.
    """,
            PATH,
            *GIVEN,
            option(
                "--on",
                "engine",
                metavar="ENGINE",
                required=True,
                help="The device: ssh://user@device[:port], or a docker context.",
            ),
            option(
                "--from",
                "archive",
                metavar="FILE",
                help="An archive that is built already, such as app.tar.",
            ),
            _base_from(),
            flag(
                "--compose",
                help="Start it by the compose file that --also compose wrote; needs docker compose "
                "here.",
            ),
            option(
                "--health-timeout",
                type=click.FloatRange(min=1),
                default=60.0,
                metavar="SECONDS",
                help="How long it may take until it is healthy.  [default: 60]",
            ),
            JSON,
            QUIET,
        ),
        command(
            "bundle",
            "Pack base and wheels for a build without network.",
            """Pack what the image of the project in PATH is made of: base, wheels and plan.

    With the project beside it, `leanscaffold build --to app.tar --from FILE` writes the same image
    where there is no network. Everything in FILE is checked against its hash there.
    """,
            PATH,
            *GIVEN,
            option(
                "--to", "goal", required=True, metavar="FILE", help="The archive, such as site.tar."
            ),
            _base_from(),
            QUIET,
            module="build",
        ),
        command(
            "update",
            "Plan again; show and write what changes.",
            """Plan the project in PATH again after its dependencies or options changed.

    Shows what changes: versions, sizes, base, and why; then rewrites only what leanscaffold wrote.
    Options that leanscaffold.json recorded hold wherever no other is given; those that stood in
    pyproject.toml hold as long as they stand there. A file that you edited is never overwritten
    without --force: --leave Dockerfile leaves it to you, now and in later updates, and renews the
    rest; --check shows what would change in it.

    With --check, files are stale if requirement files, locks or options changed since, or if a file
    is gone; a newer release of a package alone makes nothing stale. Figures that `verify --save`
    measured count for the budget.
    """,
            PATH,
            *GIVEN,
            flag(
                "--check",
                help="Write nothing; end with 1 if files are stale or the budget is exceeded.",
            ),
            FORCE,
            JSON,
            QUIET,
        ),
        command(
            "trace",
            "Trace runs; what they do not open is left out.",
            """
    Trace what runs of the project in PATH open, so that the image can do without the rest.

    Builds the image as planned, runs every COMMAND in it, or the app's own start, under a tracer,
    and writes leanscaffold.trace.json, to be committed. `generate` and `build` use it from then
    on. Builds and runs all of it once more with that list, without a network, and says what was
    left out, what the files weigh that the runs open, and how near the image comes to that.

    A line of an HTTP script is a method, a path, headers (`Name: value`, parted by `;`) and a body:
    JSON as it is, anything else behind a `|`. Lines that start with # are comments.
    """,
            click.Argument(["words"], nargs=-1, metavar="[PATH] [COMMAND]..."),
            option(
                "--http",
                multiple=True,
                metavar="FILE",
                help="Requests to the started app, one a line; repeatable.",
            ),
            flag("--add", help="Keep what the earlier trace lists as well."),
            option(
                "--tracer",
                type=click.Choice(["any", "hook"]),
                default="any",
                help="hook: only what Python's audit hook tells; needs no rights in the engine.",
            ),
            *GIVEN,
            *verify_params("Trace", "--on", "--network", "--env", "--writable", "--timeout"),
            JSON,
            QUIET,
        ),
    ),
    "Understand": (
        command(
            "report",
            "Show where the bytes of the image go.",
            """Show where the bytes of the image of the project in PATH go, before it is built.

    The base, each package by kind of file, the candidates against the budget, what trimming and
    each swap saves, what an update pulls, and predicted beside measured where `verify --save` kept
    it. With --html all of it is one page, for a phone as for a desktop. Options that
    leanscaffold.json recorded hold wherever no other is given.
    """,
            PATH,
            *REQUEST,
            option(
                "--html", metavar="FILE", help="Write a page that needs nothing else; - is stdout."
            ),
            flag("--force", help="Overwrite FILE even if it is not a report."),
            JSON,
            QUIET,
        ),
        command(
            "sbom",
            "List what is in an image, as CycloneDX or SPDX.",
            """
    List the packages in ARCHIVE, an image that `build --to app.tar` or `docker save` wrote.

    Python's packages with their licences, CPython, what dpkg and apk recorded. A minimal image has
    no such records: there every library that no package brought is listed by its path.
    """,
            click.Argument(
                ["archive"], metavar="ARCHIVE", type=click.Path(path_type=Path, dir_okay=False)
            ),
            option(
                "--format",
                "form",
                type=click.Choice(("cyclonedx", "spdx")),
                default="cyclonedx",
                help="How to write it.  [default: cyclonedx]",
            ),
            module="report",
        ),
        command(
            "explain",
            "Say what a reason code, rule or package is about.",
            """
    Say what a reason CODE means, what a RULE of `lint` is for, or what is known of a PACKAGE.""",
            click.Argument(
                ["subject"], metavar="CODE|RULE|PACKAGE", shell_complete=completing("code")
            ),
            KNOWLEDGE,
            OFFLINE,
            JSON,
            module="lookup",
        ),
        command(
            "wheels",
            "Show for what a package has wheels.",
            """Say whether each PACKAGE works on Alpine and on a Raspberry Pi, and show its wheels.

    The sentence on top counts what the package needs as well. The matrix below is libc x
    architecture x Python: the newest version with a wheel, the first that had one, the last that
    has none, and how long it takes to compile where there is none.

    The bundled snapshot answers at once and without network; what it does not hold is asked for.
    """,
            click.Argument(
                ["packages"],
                metavar="PACKAGE...",
                nargs=-1,
                required=True,
                shell_complete=completing("package"),
            ),
            option(
                "--html",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Write a page with it as well.",
            ),
            flag("--force", help="Let --html write over a file that is there."),
            KNOWLEDGE,
            OFFLINE,
            JSON,
            module="lookup",
        ),
        command(
            "lint",
            "Find what is wrong with a Dockerfile; mend it.",
            """Find what makes the image of a Dockerfile large, slow, unsafe or broken.

    Reads FILE, or the Dockerfile in PATH. Where a Python project lies beside it, each finding says
    what it costs that project on the target, and packages are looked up for the file's own base:
    wheels, libraries, size. Options that leanscaffold.json recorded hold wherever no other is
    given. `leanscaffold explain LS101` says more of a rule. A comment
    `# leanscaffold: ignore=LS101` above an instruction switches a rule off for it. The exit code is
    1 if anything is found.
    """,
            click.Argument(
                ["path"],
                metavar="[FILE|PATH]",
                type=click.Path(path_type=Path, readable=False),
                default=Path(),
            ),
            *REQUEST,
            flag("--fix", help="Mend what can be mended safely; shows the difference."),
            option(
                "--select",
                multiple=True,
                metavar="RULE",
                help="Only these: LS101, no-cache-dir, or LS1 for all of LS1xx.",
            ),
            option("--ignore", multiple=True, metavar="RULE", help="All but these; repeatable."),
            flag("--alone", help="Look at the file only, not at the project beside it."),
            flag("--online", help="Ask the index, too; without, nothing is fetched."),
            option(
                "--format",
                "form",
                type=click.Choice(("text", "json", "sarif", "github")),
                default="text",
                help="How to print: for people, as JSON, as SARIF 2.1.0, or as annotations for "
                "GitHub.  [default: text]",
            ),
            JSON,
            QUIET,
        ),
        command(
            "compare",
            "Build it on several bases; measure side by side.",
            """Build the project in PATH on several bases and as a plain Dockerfile, and run each.

    One row per image: size on disk and to download, seconds to build, to build again after an edit
    and to start, most memory, and whether it runs. What cannot be built or run is a row with its
    reason. Nothing is written into PATH, and no image or container stays.
    """,
            PATH,
            *GIVEN,
            option(
                "--bases",
                section="Compare",
                multiple=True,
                metavar="ID|FAMILY,…",
                shell_complete=completing("base"),
                help="Bases to build on.  [default: the best of each family that fits]",
            ),
            option(
                "--dockerfile",
                "dockerfiles",
                section="Compare",
                multiple=True,
                type=click.Path(path_type=Path, exists=True, dir_okay=False),
                metavar="FILE",
                help="A Dockerfile of yours to compare with, too; repeatable.",
            ),
            *verify_params(
                "Compare", "--on", "--network", "--env", "--writable", "--timeout", "--runs"
            ),
            option(
                "--svg",
                type=click.Path(path_type=Path, dir_okay=False, writable=True),
                metavar="FILE",
                help="Draw the table into FILE.",
            ),
            JSON,
            QUIET,
        ),
        command(
            "devices",
            "List the device profiles.",
            """List the device profiles, or show one with its caveats and source.""",
            click.Argument(["name"], required=False, shell_complete=completing("device")),
            KNOWLEDGE,
            JSON,
            module="lookup",
        ),
    ),
    "Maintain": (
        command(
            "config",
            "Show every option's value and where it is from.",
            """Show the value of every option for the project in PATH, and where it comes from.

    The command line comes first, then the environment (LEANSCAFFOLD_MAX_SIZE for --max-size), then
    [tool.leanscaffold] in pyproject.toml (max-size = "500MB"), then what leanscaffold.json
    recorded, then the default.
    """,
            PATH,
            *GIVEN,
            JSON,
            module="machine",
        ),
        command(
            "doctor",
            "Look for what is broken on this machine.",
            """
    Look at the engine, buildx, emulation, the index, proxies, disks and the knowledge's age.

    Each with the command that mends it; ends with 1 if something is broken. PATH is a project whose
    settings may name another index. Plans need no engine: without one, only what builds is broken.
    """,
            PATH,
            JSON,
            module="machine",
        ),
        command(
            "completion",
            "Print the completion script for a shell.",
            """Print the script that completes commands, options and names in SHELL.

    Devices, bases, architectures, templates and packages complete as well. Without SHELL it is the
    one that $SHELL names. To have it in every new shell:

    \b
    bash  leanscaffold completion bash > ~/.local/share/bash-completion/completions/leanscaffold
    zsh   leanscaffold completion zsh > "${fpath[1]}/_leanscaffold"
    fish  leanscaffold completion fish > ~/.config/fish/completions/leanscaffold.fish
    """,
            click.Argument(["shell"], type=click.Choice(("bash", "zsh", "fish")), required=False),
        ),
        click.Group(
            "knowledge",
            commands=(
                command(
                    "check",
                    "Check every fact file: fields, references, invariants.",
                    """Check every fact file: fields, references, invariants.""",
                    KNOWLEDGE,
                    JSON,
                    module="knowledge",
                ),
                command(
                    "refresh",
                    "Refresh the snapshot of wheels; show what changed.",
                    """Ask the index anew for releases, files and what is inside wheels.

    The index is the one that pip or uv is configured to use, a private one as well; what it
    answered is kept in the cache. A line that starts with + is new, with - gone, with ~ changed. A
    folder of your own is used with --knowledge DIR.
    """,
                    flag(
                        "--wheels",
                        expose_value=False,
                        help="The snapshot of wheels, all there is here.",
                    ),
                    option(
                        "--into",
                        type=click.Path(path_type=Path, file_okay=False),
                        metavar="DIR",
                        help="The folder of knowledge; in a checkout its own.",
                    ),
                    option(
                        "--names",
                        type=click.Path(path_type=Path),
                        metavar="FILE",
                        help="Packages to look up, one a line.  [default: DIR/snapshots/names.txt, "
                        "else what DIR has already, else the bundled list]",
                    ),
                    flag(
                        "--write",
                        help="Write the result; without it only the changes show.",
                    ),
                    module="knowledge",
                ),
            ),
            help="Look after the facts that decisions rest on.",
        ),
    ),
}
COMMANDS = {str(one.name): one for group in HEADINGS.values() for one in group}
