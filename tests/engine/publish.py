"""Build the stand-ins with the engine itself and push them to its mirror, each once."""

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.engine import alpine, roots
from tests.engine.engine import Engine
from tests.engine.home import Home, digest, locked, whole
from tests.engine.shell import run_logged, succeeds
from tests.engine.standins import MINOR, SOURCE_SUITE, StandIn, needed

RECIPES = Path(__file__).parent / "recipes"
Say = Callable[[str], None]


def publish_all(
    home: Home, engine: Engine, arches: Iterable[str], say: Say, asked: Collection[str] = ()
) -> None:
    """See to it that the mirror has every stand-in for these architectures.

    ``asked`` are ids of bases that are made only for who asks.
    """
    wanted = tuple(needed(arches, asked))
    # Who needs what is there does not wait for who makes something else.
    if not _find_missing(home, wanted):
        return
    with locked(home):
        missing = _find_missing(home, wanted)
        for number, (image, arch, recipe) in enumerate(missing, start=1):
            started = time.monotonic()
            _build(home, engine, image, arch)
            _index(engine, image, {*published(home), image.tag(arch)})
            compiled = any(one.kind == "slim" for one, _, _ in missing)
            if number == len(missing) and compiled:
                # The stages with the compilers weigh ten times the images. Nobody uses the cache
                # yet who waits for the last of them.
                engine.docker("builder", "prune", "--all", "--force")
            _note(home, image.tag(arch), recipe)
            say(f"{image.tag(arch)} in {time.monotonic() - started:.0f} s")


def _find_missing(
    home: Home, wanted: Iterable[tuple[StandIn, str]]
) -> list[tuple[StandIn, str, str]]:
    """Return what the mirror has not, or not made this way, with the digest of the way."""
    there = published(home)
    recipes = [(image, arch, _recipe(image, arch)) for image, arch in wanted]
    return [one for one in recipes if there.get(one[0].tag(one[1])) != one[2]]


def _recipe(image: StandIn, arch: str) -> str:
    """Return a digest of what an image is made from, with the image that it rests on."""
    own = (image.kind, arch, MINOR, SOURCE_SUITE, RECIPES / image.kind)
    if image.kind == "alpine":
        return digest(*own, alpine.recipe(arch))
    below = (RECIPES / "slim",) if image.kind == "full" else ()
    released = (roots.recipe(image.release, arch), roots.recipe(image.release, "amd64"))
    return digest(*own, *below, *released)


def _build(home: Home, engine: Engine, image: StandIn, arch: str) -> None:
    reference = f"{engine.registry}/{image.place(arch)}"
    with _context(home, image, arch) as context:
        words = ["docker", "buildx", "build", "--progress=plain", "--provenance=false", "--pull"]
        words += ["--platform", f"linux/{arch}", "--tag", reference, "--push", str(context)]
        for name, value in _arguments(image).items():
            words += ["--build-arg", f"{name}={value}"]
        log = home.at("log") / re.sub("[:/]", "-", image.tag(arch))
        run_logged(words, log, env=engine.environ)
    engine.docker("rmi", "--force", reference)


def _arguments(image: StandIn) -> Mapping[str, str]:
    made = {"SUITE": image.release, "MINOR": MINOR}
    return {
        "slim": {**made, "SOURCE_SUITE": SOURCE_SUITE},
        "distroless": made,
        "full": made,
    }.get(image.kind, {})


@contextmanager
def _context(home: Home, image: StandIn, arch: str) -> Iterator[Path]:
    """Give the folder that the image is built from."""
    with tempfile.TemporaryDirectory(dir=home.at("contexts")) as made:
        context = Path(made) / "context"
        shutil.copytree(RECIPES / image.kind, context)
        if image.kind == "debian":
            os.link(roots.debian_root(home, image.release, arch), context / "root.tar")
        if image.kind == "alpine":
            alpine.fill(home, arch, context)
        yield context


def _index(engine: Engine, image: StandIn, found: Collection[str]) -> None:
    """Point the image's tags to what there is of it, for every architecture."""
    there = [
        f"{engine.registry}/{image.place(arch)}"
        for arch in image.arches
        if image.tag(arch) in found
    ]
    for tag in image.tags:
        name = f"{image.repository}:{tag}"
        engine.docker(
            *("buildx", "imagetools", "create", "--tag", f"{engine.registry}/{image.path}:{tag}"),
            *there,
        )
        # An engine prefers the image that it has to the newer one of its mirror.
        succeeds(["docker", "rmi", "--force", name], env=engine.environ)


def published(home: Home) -> dict[str, str]:
    """Return the recipe of each tag in the mirror; the list lives and dies with the mirror."""
    file = home.at("registry") / "published.json"
    return dict(json.loads(file.read_text())) if file.is_file() else {}


def _note(home: Home, tag: str, recipe: str) -> None:
    with whole(home.at("registry") / "published.json") as part:
        part.write_text(json.dumps({**published(home), tag: recipe}, indent=2))
