"""A small change is a small build and a small download."""

from dataclasses import dataclass

from scaffold.model.codes import CheckCode
from scaffold.model.image import Contents
from scaffold.model.run import Rebuild
from scaffold.model.target import mega
from scaffold.model.verification import Check, Status

CODE = CheckCode("""rebuild (check): an edit rebuilds only the last steps
    `verify` edits one source file, builds again and counts the steps that ran.
    → Files that change at every build (`.git`, caches) should be in the ignore file.""")
UPDATE_CODE = CheckCode("""update (check): an update of one package transfers few bytes
    `verify` changes one package and counts the layers and bytes that a device would pull.
    → Nothing to do: it fails only when all layers change, which is a bug to report.""")
NOT_TRIED = {
    "quick": "left out (--quick)",
    "image": "not tried: an existing image was given, nothing was built",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilds:
    """Two more builds: after an edit of a source file, and after a change of one package.

    Where one could not be made, there is the reason instead; None where no package is planned.
    """

    edited: Rebuild | str
    updated: Rebuild | str | None


def check_rebuild(contents: Contents, rebuild: Rebuild | str) -> Check:
    """Return whether an edit of the app's source changes the app's layer only."""
    if isinstance(rebuild, str):
        return _untried(CODE, rebuild)
    app = contents.config.workdir.rstrip("/") + "/"
    own = {file.layer for path, file in contents.files.items() if path.startswith(app)}
    stray = [number for number in rebuild.changed if number not in own]
    figures = (("rebuild_seconds", rebuild.seconds), ("rebuild_moved_bytes", float(rebuild.moved)))
    evidence = tuple(f"ran again: {step}" for step in rebuild.ran)
    if stray or not rebuild.changed:
        text = (
            f"{rebuild.what} changed layer {', '.join(map(str, stray))}, without any of the app"
            if stray
            else f"{rebuild.what} changed nothing in the image"
        )
        return Check(
            code=CODE,
            status=Status.FAILED,
            text=text,
            evidence=evidence,
            figures=figures,
            hint="copy the app after everything that is installed",
        )
    noun = "step" if len(rebuild.ran) == 1 else "steps"
    return Check(
        code=CODE,
        status=Status.PASSED,
        text=f"after {rebuild.what}: {rebuild.seconds:.1f} s, {len(rebuild.ran)} {noun} ran again, "
        f"{mega(rebuild.moved)} to push",
        evidence=evidence,
        figures=figures,
    )


def check_update(contents: Contents, rebuild: Rebuild | str | None) -> Check:
    """Return whether a change of one package leaves the base alone; None is for no packages."""
    if rebuild is None:
        text = "no packages are planned: there is none to change"
        return Check(code=UPDATE_CODE, status=Status.PASSED, text=text)
    if isinstance(rebuild, str):
        return _untried(UPDATE_CODE, rebuild)
    download = sum(layer.download for layer in contents.layers)
    figures = (("update_seconds", rebuild.seconds), ("update_moved_bytes", float(rebuild.moved)))
    evidence = tuple(f"ran again: {step}" for step in rebuild.ran)
    if 0 in rebuild.changed and rebuild.layers > 1:
        return Check(
            code=UPDATE_CODE,
            status=Status.FAILED,
            text=f"{rebuild.what} changed the base's layer: a device pulls {mega(rebuild.moved)}",
            evidence=evidence,
            figures=figures,
            hint="install packages apart from the base's files",
        )
    return Check(
        code=UPDATE_CODE,
        status=Status.PASSED,
        text=f"after {rebuild.what}: {mega(rebuild.moved)} of {mega(download)} to pull, in "
        f"{len(rebuild.changed)} of {rebuild.layers} layers",
        evidence=evidence,
        figures=figures,
    )


def _untried(code: str, why: str) -> Check:
    if why == NOT_TRIED["quick"]:
        return Check(code=code, status=Status.LEFT_OUT, text=why)
    hint = "verify the project, without --image"
    return Check(code=code, status=Status.NOT_VERIFIED, text=why, hint=hint)
