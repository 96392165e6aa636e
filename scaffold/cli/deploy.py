"""``leanscaffold deploy``: from here onto the device, without a registry."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.plan import show_result
from scaffold.cli.request import with_given
from scaffold.config.option_sources import Given
from scaffold.config.request import choose_targets
from scaffold.docker.connect import connect, measure_room
from scaffold.docker.images import native_arches
from scaffold.engineless.deploy import Deployment
from scaffold.engineless.deploy import deploy as bring
from scaffold.model.build import BuildOptions
from scaffold.model.errors import Detail, EngineError, UsageError
from scaffold.model.knowledge import Compression
from scaffold.model.plan import default_name
from scaffold.operations.build import make_image_job, make_job, prepare
from scaffold.operations.services import Services
from scaffold.planner.accelerators import find_used
from scaffold.planner.hardware import find_access
from scaffold.report.progress import talking, watching
from scaffold.report.terminal import format_size, to_json

if TYPE_CHECKING:
    from docker import DockerClient

_LAST_LINES = 20
_QUICK = "zstd:9"  # as quick as gzip
_SYSTEM_SHARE = 8  # an eighth of the device is left to its system, as in the compose file


@with_given
def deploy(
    outside: Services,
    given: Mapping[str, Given],
    /,
    path: Path,
    *,
    engine: str,
    archive: str | None,
    base_from: str | None,
    health_timeout: float,
    compose: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write an image, bring it to a device and return the exit code."""
    with talking(quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=False, tell=tell)
    if prepared.rejected:
        return show_result(prepared.rejected, folder=path, as_json=as_json)
    environ = outside.host.environment()
    start = None
    if compose:
        record = outside.files.read_record(path)
        files = (
            [name for name in record.files if re.match(r"compose.*\.yaml$", name)] if record else []
        )
        if not files:
            raise UsageError(
                f"leanscaffold wrote no compose file into {path}",
                hint="`leanscaffold generate --also compose` does, or leave out --compose",
            )
        there = "--host" if "://" in engine else "--context"
        argv = ("docker", there, engine, "compose", "--project-directory", str(path.resolve()))
        start = partial(run_compose, argv=argv, file=path / files[0], environ=environ)
    facts = outside.knowledge.load_facts(prepared.request.knowledge)
    promises = {one.arch: one for one in outside.files.read_promises(path, prepared.arches, facts)}
    with (
        tempfile.TemporaryDirectory(prefix="leanscaffold-") as folder,
        connect(engine, environ=environ) as client,
        talking(quiet=quiet) as tell,
    ):
        arches = [one for one in prepared.arches if one in native_arches(client)]
        if not arches:
            runs = ", ".join(sorted(native_arches(client)))
            planned = ", ".join(prepared.arches)
            raise UsageError(
                f"planned for {planned}, and {engine} runs {runs}",
                hint=f"leanscaffold generate --target {next(iter(native_arches(client)), 'ARCH')}",
            )
        if archive is None:
            archive = f"{folder}/app.tar"
            job = replace(make_job(prepared, BuildOptions()), arches=tuple(arches[:1]))
            settled = "compression" in given or job.wishes.compression != "gzip"
            if not settled and reads_zstd(client, facts.compressions["zstd"]):
                job = replace(job, wishes=replace(job.wishes, compression=_QUICK))
            with watching(quiet=quiet) as watch:
                outside.engine.write_images(
                    make_image_job(outside, prepared, job, archive, base_from or ""), watch
                )
        promise = promises[arches[0]]
        targets, _ = choose_targets(
            replace(prepared.request, targets=(promise.arch,)), facts.devices, promise.arch
        )
        memory = promise.budget.memory
        done = bring(
            Deployment(
                archive=Path(archive),
                name=default_name(prepared.project.name.value),
                memory=memory - memory // _SYSTEM_SHARE if memory else None,
                cpus=promise.cores * 7 / _SYSTEM_SHARE if promise.cores else None,
                access=find_access(facts, prepared.project, targets[0]),
                accelerator=find_used(facts.accelerators, targets[0], promise.packages),
                environment=read_variables(path / ".env"),
                patience=health_timeout,
                compose=start,
            ),
            client,
            arches,
            tell,
            lambda: measure_room(engine, client, environ),
        )
    if as_json:
        row = {name: getattr(done, name) for name in done.__slots__}
        click.echo(to_json({"version": 1, **row}), nl=False)
    else:
        how = "instead of the old one" if done.replaced else "for the first time"
        click.echo(f"{done.container} runs on {engine}, {how}: {done.image[:19]}")
        sizes = f"{format_size(done.moved)} of {format_size(done.whole)}"
        click.echo(f"  {sizes} sent, {done.seconds:.1f} s")
    return 0


def run_compose(
    words: Sequence[str],
    text: str,
    image: str,
    *,
    argv: Sequence[str],
    file: Path,
    environ: Mapping[str, str],
) -> str:
    """Run docker compose, on a file or a text in its place. Raises EngineError, UsageError."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and an engine that the user named
            [*argv, "--file", "-" if text else str(file), *words],
            env={**environ, "IMAGE": image},
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageError(
            "--compose needs the docker command with its compose plugin on this machine",
            hint="without --compose nothing but ssh is needed, and the container is the same",
        ) from error
    if done.returncode:
        raise EngineError(
            f"docker compose {words[0]} failed",
            hint="without --compose no plugin is needed, and the container is the same",
            details=[Detail(text=line) for line in done.stderr.splitlines()[-_LAST_LINES:]],
        )
    return done.stdout


def reads_zstd(client: "DockerClient", how: Compression) -> bool:
    """Tell whether an engine is Docker's and new enough to load layers compressed with zstd."""
    parts = client.version().get("Components") or ()
    found = [re.match(r"\d+", one["Version"]) for one in parts if one.get("Name") == "Engine"]
    return any(one and int(one[0]) >= how.docker for one in found)


def read_variables(path: Path) -> dict[str, str]:
    """Return what a .env file sets, as compose reads it: no interpolation, quotes taken off."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
