"""Commands that explain a plan, an image, a package or a Dockerfile."""

from pathlib import Path

import click

from scaffold.cli.options import (
    GIVEN,
    JSON,
    KNOWLEDGE,
    OFFLINE,
    PATH,
    QUIET,
    REQUEST,
    command,
    completing,
    flag,
    option,
    verify_params,
)

UNDERSTAND = (
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
        click.Argument(["subject"], metavar="CODE|RULE|PACKAGE", shell_complete=completing("code")),
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
            help="Output format; sarif is SARIF 2.1.0, github prints annotations.  [default: text]",
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
)
