"""The wheels of a lock, kept by their hashes, and bundles of what a build takes from elsewhere."""

import hashlib
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from scaffold.docker.blob_store import Blob, Store
from scaffold.model.errors import BaseUnavailableError

HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
_LISTED = "leanscaffold-bundle.json"  # {version, wheels: {name: digest}, view}


def gather_wheels(
    lock: Path, files: Path, store: Store, download: Callable[[Path], None]
) -> dict[str, str]:
    """Put a lock's wheels into a folder, ``download`` for new ones; return {file name: digest}."""
    wanted, missing, found = set(), [], {}
    for line in logical_lines(lock.read_text("utf-8")):
        digests = HASH.findall(line)
        kept = [(one, name) for one in digests if (name := store.noted(f"wheel {one}"))]
        kept = [(one, name) for one, name in kept if store.path(one).exists()]
        wanted.update(digests)
        if not kept:
            missing.append(line)
        for digest, name in kept[:1]:
            found[name] = digest
            _copy(store.path(digest), files / name)
    if any(HASH.search(line) for line in missing):
        part = files / "missing.lock"
        part.write_text("\n".join(missing), "utf-8")
        download(part)
        part.unlink()
    for path in files.iterdir():
        with path.open("rb") as file:
            digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        if path.name not in found and digest in wanted:
            with store.draft(store.path(digest)) as draft:
                shutil.copyfile(path, draft)
            store.note(f"wheel {digest}", path.name)
            found[path.name] = digest
    return found


def logical_lines(text: str) -> Iterator[str]:
    """Yield the lines of a lock, continued ones as one."""
    yield from (line for line in text.replace("\\\n", " ").splitlines() if line.strip())


def _copy(source: Path, goal: Path) -> None:
    try:
        os.link(source, goal)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, goal)


def add_to_bundle(archive: Path, wheels: dict[str, str], view: bytes, store: Store) -> None:
    """Add wheels with a list of their hashes, and the plan, to an archive of base images."""
    said = {"version": 1, "wheels": wheels, "view": json.loads(view)}
    text = json.dumps(said, sort_keys=True).encode()
    with tarfile.open(archive, "a", format=tarfile.USTAR_FORMAT) as tar:
        for name, size, file in (
            (_LISTED, len(text), BytesIO(text)),
            *(
                (f"wheels/{name}", store.path(digest).stat().st_size, store.path(digest).open("rb"))
                for name, digest in sorted(wheels.items())
            ),
        ):
            with file:
                info = tarfile.TarInfo(name)
                info.size = size
                tar.addfile(info, file)


def open_bundle(archive: Path, store: Store) -> Any:
    """Keep the wheels of a bundle, each checked against its hash, and return its plan."""
    try:
        with tarfile.open(archive) as tar:
            listed = tar.extractfile(_LISTED)
            said = json.loads(listed.read()) if listed else {}
            for name, digest in said["wheels"].items():
                file = tar.extractfile(f"wheels/{name}")
                if file is not None and not store.path(digest).exists():
                    store.fetch(Blob(digest=digest, size=0), file)
                store.note(f"wheel {digest}", Path(name).name)
            return said["view"]
    except (OSError, KeyError, ValueError, tarfile.TarError) as error:
        raise BaseUnavailableError(
            f"{archive} is not a bundle: {error}",
            hint="`leanscaffold bundle --to site.tar` writes one",
        ) from error
