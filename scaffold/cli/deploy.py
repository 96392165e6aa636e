"""``leanscaffold deploy``: from here onto the device, without a registry."""

import re
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.plan import show_result
from scaffold.cli.request import GivenCall, with_given
from scaffold.config.request import choose_targets
from scaffold.docker.connect import connect, measure_room
from scaffold.docker.images import native_arches
from scaffold.engineless.deploy import Deployment, RunCompose
from scaffold.engineless.deploy import deploy as bring
from scaffold.engineless.saved_images import read_saved
from scaffold.model.build import BuildOptions
from scaffold.model.errors import Detail, EngineError, UsageError
from scaffold.model.knowledge import Compression
from scaffold.model.plan import default_name
from scaffold.model.target import Arch
from scaffold.operations.build import Prepared, make_image_job, make_job, prepare
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
    call: GivenCall,
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
    outside, given, path = call
    prepared = None
    # An archive is all that there is where it was carried to: it runs without a plan's limits.
    if archive is None or outside.files.read_record(path) is not None:
        with talking(quiet=quiet) as tell:
            prepared = prepare(outside, path, given, force=False, tell=tell)
        if prepared.rejected:
            return show_result(prepared.rejected, folder=path, as_json=as_json)
    environ = outside.host.environment()
    start = _find_compose(outside, path, engine, environ) if compose else None
    with (
        tempfile.TemporaryDirectory(prefix="leanscaffold-") as folder,
        connect(engine, environ=environ) as client,
        talking(quiet=quiet) as tell,
    ):
        arches = _choose_arches(prepared, native_arches(client), engine)
        if prepared and archive is None:
            archive = f"{folder}/app.tar"
            job = replace(make_job(prepared, BuildOptions()), arches=tuple(arches[:1]))
            settled = "compression" in given or job.wishes.compression != "gzip"
            facts = outside.knowledge.load_facts(prepared.request.knowledge)
            if not settled and reads_zstd(client, facts.compressions["zstd"]):
                job = replace(job, wishes=replace(job.wishes, compression=_QUICK))
            with watching(quiet=quiet) as watch:
                outside.engine.write_images(
                    make_image_job(outside, prepared, job, archive, base_from or ""), watch
                )
        image = Path(str(archive))
        run = Deployment(
            archive=image,
            name=read_saved(image, arches).name,
            environment=read_variables(path / ".env"),
            patience=health_timeout,
            compose=start,
        )
        done = bring(
            _with_plan(outside, prepared, arches[0], run) if prepared else run,
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
        if not prepared:
            click.echo(f"  no leanscaffold.json in {path}: no limits, no devices of the host")
    return 0


def _find_compose(
    outside: Services, path: Path, engine: str, environ: Mapping[str, str]
) -> RunCompose:
    """Return what runs docker compose on a device, with the file that was generated."""
    record = outside.files.read_record(path)
    names = record.files if record else ()
    files = [name for name in names if re.match(r"compose.*\.yaml$", name)]
    if not files:
        raise UsageError(
            f"leanscaffold wrote no compose file into {path}",
            hint="`leanscaffold generate --also compose` does, or leave out --compose",
        )
    there = "--host" if "://" in engine else "--context"
    argv = ("docker", there, engine, "compose", "--project-directory", str(path.resolve()))
    return partial(run_compose, argv=argv, file=path / files[0], environ=environ)


def _choose_arches(prepared: Prepared | None, native: Collection[Arch], engine: str) -> list[Arch]:
    """Return what a device runs of what was planned, or all of it without a plan."""
    planned = prepared.arches if prepared else sorted(native)
    arches = [one for one in planned if one in native]
    if not arches:
        runs = ", ".join(sorted(native))
        raise UsageError(
            f"planned for {', '.join(planned)}, and {engine} runs {runs}",
            hint=f"leanscaffold generate --target {max(native, default='ARCH')}",
        )
    return arches


def _with_plan(outside: Services, prepared: Prepared, arch: Arch, run: Deployment) -> Deployment:
    """Return a deployment under the project's name, with the limits and devices of its plan."""
    facts = outside.knowledge.load_facts(prepared.request.knowledge)
    (promise,) = outside.files.read_promises(prepared.folder, (arch,), facts)
    request = replace(prepared.request, targets=(arch,))
    targets, _ = choose_targets(request, facts.devices, arch)
    memory = promise.budget.memory
    return replace(
        run,
        name=default_name(prepared.project.name.value),
        memory=memory - memory // _SYSTEM_SHARE if memory else None,
        cpus=promise.cores * 7 / _SYSTEM_SHARE if promise.cores else None,
        access=find_access(
            facts, prepared.project, targets[0], promise.packages, request.options.provided
        ),
        accelerator=find_used(facts.accelerators, targets[0], promise.packages),
    )


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
