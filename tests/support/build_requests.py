"""Orders for tests."""

from dataclasses import replace

from scaffold.model.build import BuildRequest, Secret
from scaffold.model.target import Arch


def make_order(arch: Arch = Arch.ARM64, **changes: object) -> BuildRequest:
    """Return an order with a secret; ``changes`` replace fields."""
    order = BuildRequest(
        arch=arch,
        context="/project",
        dockerfile="/project/Dockerfile",
        tag=f"app:{arch.slug}",
        secrets=(Secret(id="ca", path="/secret/ca"),),
    )
    return replace(order, **changes)  # type: ignore[arg-type]
