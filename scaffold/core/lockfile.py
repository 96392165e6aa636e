"""The lock: one requirements file per target, every file pinned by its hash."""

from scaffold.model.plan import Plan, TargetPlan
from scaffold.model.resolution import Pinned


def render_lock(plan: Plan, target: TargetPlan) -> str:
    """Return the lock of one target: what pip installs with --no-deps --require-hashes."""
    libc = target.chosen.candidate.resolution.environment.libc
    lines = [
        "# Made by leanscaffold: exactly what the image installs, one file per package.",
        f"# target {target.target.arch}, Python {plan.python}, {libc}",
    ]
    lines += [
        f"--extra-index-url {url}" for url in plan.project.index.extra_index_urls if "@" not in url
    ]
    for weighed in target.chosen.candidate.packages:
        lines += _entry(weighed.pinned)
    return "\n".join([*lines, ""])


def _entry(pinned: Pinned) -> list[str]:
    what = (
        f"{pinned.name} @ {pinned.file.url}"
        if pinned.origin == "url"
        else f"{pinned.name}=={pinned.version}"
    )
    if not pinned.file.sha256:
        return [what]
    return [f"{what} \\", f"    --hash=sha256:{pinned.file.sha256}"]
