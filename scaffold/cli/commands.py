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
    text = f"{when}{'read' if when else 'Read'} the base from oci:DIR or a tar, not its registry."
    return option("--base-from", metavar="PLACE", help=text, **settings)


HEADINGS: dict[str, tuple[click.Command, ...]] = {
    "Start": (
        command(
            "init",
            "Ask a few questions, show a preview, then generate.",
            """Set up the project in PATH, or start a new one if PATH is empty.

    Reads the project, shows what it found, and asks only what no file says: the device, the
    maximum image size, what to prefer. Then shows the decision; nothing is written before you
    confirm. After Ctrl-C the next run continues with the answers given so far. A folder that has
    only .git, a README, a licence and the like counts as empty; these files stay.

    Use a template from elsewhere (folder, archive or URL) only if you trust its author: rendering
    is not sandboxed, so a template can run code on this machine even without --trust.

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
                help=f"Start a new project: {_STARTERS}, or a cookiecutter template from a source "
                "that you trust.",
            ),
            option(
                "--answer",
                section="Interview",
                multiple=True,
                metavar="NAME=VALUE",
                help="Answer a question of the template; repeatable.",
            ),
            flag(
                "--trust",
                section="Interview",
                help="Let the template run its hooks and extensions.",
            ),
            flag(
                "--yes",
                "-y",
                section="Interview",
                help="Do not ask; use options and defaults.",
            ),
            *GIVEN,
            FORCE,
            QUIET,
        ),
        command(
            "plan",
            "Show the chosen base image and why; write nothing.",
            """Show which base image the project in PATH gets, and why; write nothing.

    Options not given are taken from leanscaffold.json, and named; --anew ignores them.
    """,
            PATH,
            *REQUEST,
            JSON,
            VERBOSE,
            QUIET,
        ),
        command(
            "generate",
            "Write the Dockerfile and the locks.",
            """Write a Dockerfile, a lock per target and a .dockerignore into the project in PATH.

    Options not given are taken from leanscaffold.json, and named; --anew ignores them.
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
            "Build the image; generate the files first if needed.",
            """
    Build the image of the project in PATH: in the local engine, to a registry, or as a file.

    Generates the files first if they are missing or out of date. Options not given are taken from
    leanscaffold.json.
    """,
            PATH,
            *GIVEN,
            *BUILD,
            option(
                "--to",
                "goal",
                section="Build",
                metavar="GOAL",
                help="Build without an engine, to app.tar, oci:DIR or registry/name:tag.",
            ),
            _base_from("With --to: ", section="Build"),
            option(
                "--from",
                "bundle",
                section="Build",
                metavar="FILE",
                help="With --to: use only a bundle, not the network.",
            ),
            option(
                "--apt-sources",
                section="Build",
                type=click.Path(path_type=Path, exists=True, dir_okay=False),
                metavar="FILE",
                help="With --to: use these apt sources instead of the base's.",
            ),
            REMAKE,
            JSON,
            QUIET,
        ),
        command(
            "verify",
            "Build the image, run it within the device's limits, measure.",
            """Build the image of the project in PATH and check that it is what the plan says.

    The container runs with a read-only root, without a network, as its own user, within the
    device's memory. Containers and the image are removed afterwards. A check that could not run
    does not pass. Files that have to be generated first are written to a copy of the project,
    except with --save.
    """,
            PATH,
            *GIVEN,
            *verify_params("Verify"),
            flag(
                "--no-engine",
                section="Verify",
                help="Check only the files, without running the image: one built here or "
                "--image app.tar.",
            ),
            _base_from("With --no-engine: ", section="Verify"),
            flag(
                "--save",
                help="Store the measured figures in leanscaffold.json; `plan` shows them.",
            ),
            REMAKE,
            flag("--verbose", "-v", help="Show the evidence of passed checks as well."),
            JSON,
            QUIET,
        ),
        command(
            "deploy",
            "Run the image on a device, without a registry.",
            """Build the image of the project in PATH without an engine and run it on a device.

    Sends only the layers that the device does not have. The container runs as the compose file
    describes: read-only, with the device's limits and hardware, and the variables of .env. If it
    does not become healthy in time, the previous one is started again.
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
                help="Deploy this archive, such as app.tar, instead of building.",
            ),
            _base_from(),
            flag(
                "--compose",
                help="Start it with the compose file of --also compose; needs docker compose here.",
            ),
            option(
                "--health-timeout",
                type=click.FloatRange(min=1),
                default=60.0,
                metavar="SECONDS",
                help="Time limit for becoming healthy.  [default: 60]",
            ),
            JSON,
            QUIET,
        ),
        command(
            "bundle",
            "Pack the base and the wheels for a build without network.",
            """Pack the base, the wheels and the plan of the project in PATH into one file.

    `leanscaffold build --to app.tar --from FILE`, run in the project on a machine without network,
    writes the same image. Everything in FILE is checked against its hash.
    """,
            PATH,
            *GIVEN,
            option(
                "--to",
                "-o",
                "goal",
                required=True,
                metavar="FILE",
                help="The archive, such as site.tar.",
            ),
            _base_from(),
            QUIET,
            module="build",
        ),
        command(
            "update",
            "Plan again, show what changes, and write it.",
            """Plan the project in PATH again after its dependencies or options changed.

    Shows what changes (versions, sizes, base) and why, then rewrites the generated files. Options
    not given are taken from leanscaffold.json, except those that came from pyproject.toml. A file
    that you edited is not overwritten without --force; --leave Dockerfile keeps your version, now
    and in later updates.

    With --check, files are stale if requirement files, locks or options changed, or if a file is
    missing; a newer release of a package alone does not make them stale. Sizes measured by
    `verify --save` are compared with the limits.
    """,
            PATH,
            *GIVEN,
            flag(
                "--check",
                help="Write nothing; exit with 1 if files are stale or a limit is exceeded.",
            ),
            FORCE,
            JSON,
            QUIET,
        ),
        command(
            "trace",
            "Record which files runs open; leave out the others.",
            """
    Record which files the project in PATH opens when it runs, to leave the others out of the image.

    Builds the image, runs each COMMAND in it (or the start command) under a tracer, and writes
    leanscaffold.trace.json, which `generate` and `build` use from then on: commit it. Then builds
    and runs everything again with that list, without a network, and shows what was left out and
    how close the image is to the size of the opened files.

    Each line of an HTTP script has a method, a path, headers (`Name: value`, separated by `;`) and
    a body: JSON as it is, anything else after a `|`. Lines that start with # are comments.
    """,
            click.Argument(["words"], nargs=-1, metavar="[PATH] [COMMAND]..."),
            option(
                "--http",
                multiple=True,
                metavar="FILE",
                help="Requests to send to the started app, one per line; repeatable.",
            ),
            flag("--add", help="Add to the existing trace."),
            option(
                "--tracer",
                type=click.Choice(["any", "hook"]),
                default="any",
                help="hook: use only Python's audit hook; needs no privileges in the engine.  "
                "[default: any]",
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
            "Show what takes up space in the image.",
            """Show what takes up space in the image of the project in PATH, before it is built.

    Shows the base, each package by kind of file, all candidates and the limit, what trimming and
    each swap saves, what an update pulls, and measured sizes if `verify --save` stored them.
    Options not given are taken from leanscaffold.json.
    """,
            PATH,
            *REQUEST,
            option("--html", metavar="FILE", help="Write a self-contained page; - is stdout."),
            flag("--force", help="Overwrite FILE even if it is not a report."),
            JSON,
            QUIET,
        ),
        command(
            "sbom",
            "List what is in an image, as CycloneDX or SPDX.",
            """
    List the packages in an image or in a plan.

    PATH is an archive that `build --to app.tar` or `docker save` wrote: lists Python packages with
    their licences, CPython, and the packages of dpkg and apk. In a minimal image, libraries that
    belong to no recorded package are listed by path.

    For a project's folder, lists what its plan installs, with hashes, before anything is built; the
    base image is told by its reference, licences and its libraries are not known yet.
    """,
            PATH,
            *REQUEST,
            option(
                "--format",
                "form",
                type=click.Choice(("cyclonedx", "spdx", "licences")),
                default="cyclonedx",
                help="Output format; licences: which packages ask for source, which for notice.  "
                "[default: cyclonedx]",
            ),
            QUIET,
            module="report",
        ),
        command(
            "explain",
            "Explain a reason code, a rule or a package.",
            """
    Explain a reason CODE, a RULE of `lint`, or show what is known about a PACKAGE.""",
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
            "Show which targets a package has wheels for.",
            """Show the wheels of each PACKAGE, and whether it works on Alpine and a Raspberry Pi.

    The summary includes the package's dependencies. The matrix is libc x architecture x Python: the
    newest version with a wheel, the first one with a wheel, and the compile time if there is none.

    Uses the bundled snapshot; asks the index about packages that are not in it.
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
                help="Write an HTML page as well.",
            ),
            flag("--force", help="Overwrite the --html file."),
            KNOWLEDGE,
            OFFLINE,
            JSON,
            module="lookup",
        ),
        command(
            "lint",
            "Find and fix problems in a Dockerfile.",
            """Find what makes the image of a Dockerfile large, slow, unsafe or broken.

    Reads FILE, or the Dockerfile in PATH. If a Python project is next to it, each finding shows
    what it costs on the target, and packages are checked against the file's base image: wheels,
    libraries, size. Options not given are taken from leanscaffold.json.

    `leanscaffold explain LS101` explains a rule. The comment `# leanscaffold: ignore=LS101` above
    an instruction disables a rule for it. The exit code is 1 if there are findings.
    """,
            click.Argument(
                ["path"],
                metavar="[FILE|PATH]",
                type=click.Path(path_type=Path, readable=False),
                default=Path(),
            ),
            *REQUEST,
            flag("--fix", help="Apply safe fixes and show the diff."),
            option(
                "--select",
                multiple=True,
                metavar="RULE",
                help="Run only this rule: LS101, no-cache-dir, or LS1 for LS1xx; repeatable.",
            ),
            option("--ignore", multiple=True, metavar="RULE", help="Skip this rule; repeatable."),
            flag("--alone", help="Check only the file, not the project next to it."),
            flag("--online", help="Ask the package index as well; by default nothing is fetched."),
            option(
                "--format",
                "form",
                type=click.Choice(("text", "json", "sarif", "github")),
                default="text",
                help="Output format; sarif is SARIF 2.1.0, github prints annotations.  [default: "
                "text]",
            ),
            JSON,
            QUIET,
        ),
        command(
            "compare",
            "Build and measure the image on several bases.",
            """Build the project in PATH on several bases and with a plain Dockerfile, and run each.

    Each row has the size on disk and to download, seconds to build, to rebuild after an edit and to
    start, peak memory, and whether it runs; or the reason why it could not be built or run. Writes
    nothing to PATH; images and containers are removed.
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
                help="Compare with this Dockerfile of yours as well; repeatable.",
            ),
            *verify_params(
                "Compare", "--on", "--network", "--env", "--writable", "--timeout", "--runs"
            ),
            option(
                "--svg",
                type=click.Path(path_type=Path, dir_okay=False, writable=True),
                metavar="FILE",
                help="Draw the table to FILE.",
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
            "Show the value of every option and its source.",
            """Show the value of every option for the project in PATH, and where it comes from.

    In order of precedence: command line, environment (LEANSCAFFOLD_MAX_SIZE for --max-size),
    [tool.leanscaffold] in pyproject.toml (max-size = "500MB"), leanscaffold.json, default.
    """,
            PATH,
            *GIVEN,
            JSON,
            module="machine",
        ),
        command(
            "doctor",
            "Check this machine: engine, index, disk space.",
            """
    Check the engine, buildx, emulation, the index, proxies, disk space and the knowledge's age.

    Shows the command that fixes each problem; exits with 1 if something is broken. The settings of
    the project in PATH are used for the index. Plans work without an engine.
    """,
            PATH,
            JSON,
            module="machine",
        ),
        command(
            "completion",
            "Print the completion script for a shell.",
            """Print the completion script for a shell.

    It completes commands, options, devices, bases, architectures, templates and packages. The
    default is the shell in $SHELL. To install it:

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
                    "Check all fact files.",
                    """Check all fact files.""",
                    KNOWLEDGE,
                    JSON,
                    module="knowledge",
                ),
                command(
                    "refresh",
                    "Refresh the snapshot of wheels; show what changed.",
                    """Ask the index again for releases, files and the contents of wheels.

    Uses the index that pip or uv is configured with; answers are cached. Lines that start with +
    are new, with - removed, with ~ changed. Use the resulting folder with --knowledge DIR.
    """,
                    flag(
                        "--wheels",
                        expose_value=False,
                        help="Refresh the snapshot of wheels, the default.",
                    ),
                    option(
                        "--into",
                        type=click.Path(path_type=Path, file_okay=False),
                        metavar="DIR",
                        help="Folder of knowledge to refresh; in a checkout, its own.",
                    ),
                    option(
                        "--names",
                        type=click.Path(path_type=Path),
                        metavar="FILE",
                        help="Packages to look up, one per line.  [default: "
                        "DIR/snapshots/names.txt, "
                        "or the packages in DIR, or the bundled list]",
                    ),
                    flag(
                        "--write",
                        help="Write the result instead of only showing the changes.",
                    ),
                    module="knowledge",
                ),
            ),
            help="Check or refresh the facts behind decisions.",
        ),
    ),
}
COMMANDS = {str(one.name): one for group in HEADINGS.values() for one in group}
