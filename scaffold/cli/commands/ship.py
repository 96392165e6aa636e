"""Commands that make an image and bring it to a device."""

from pathlib import Path

import click

from scaffold.cli.options import (
    BUILD,
    FORCE,
    GIVEN,
    JSON,
    PATH,
    QUIET,
    REMAKE,
    command,
    flag,
    option,
    verify_params,
)


def _base_from(when: str = "", **settings: str) -> click.Option:
    text = f"{when}{'read' if when else 'Read'} the base from oci:DIR or a tar, not its registry."
    return option("--base-from", metavar="PLACE", help=text, **settings)


SHIP = (
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
        flag("--save", help="Store the measured figures in leanscaffold.json; `plan` shows them."),
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
            section="Deploy",
            metavar="ENGINE",
            required=True,
            help="The device: ssh://user@device[:port], or a docker context.",
        ),
        option(
            "--from",
            "archive",
            section="Deploy",
            metavar="FILE",
            help="Deploy this archive, such as app.tar, instead of building.",
        ),
        _base_from(section="Deploy"),
        flag(
            "--compose",
            section="Deploy",
            help="Start it with the compose file of --also compose; needs docker compose here.",
        ),
        option(
            "--health-timeout",
            section="Deploy",
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
            "--check", help="Write nothing; exit with 1 if files are stale or a limit is exceeded."
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
)
