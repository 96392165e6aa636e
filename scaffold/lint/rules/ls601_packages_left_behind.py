"""The image is made of a stage whose packages stay behind.

Why
A multi-stage file is small because the last stage takes only what it names. pip installs into
``site-packages``; who copies ``/usr/local/bin`` gets the commands without the packages. The
paper's own example does that: its 209 MB (117 MB, run again) are an image that ends with
``ModuleNotFoundError: No module named 'cv2'`` (docs/paper.md).

Bad
```dockerfile
FROM python:3.13-slim-trixie AS builder
RUN pip install --no-cache-dir numpy==2.2.6
FROM python:3.13-slim-trixie
COPY --from=builder /usr/local/bin /usr/local/bin
CMD ["python", "main.py"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie AS builder
RUN pip install --target=/install numpy==2.2.6
FROM python:3.13-slim-trixie
COPY --from=builder /install/ /usr/local/lib/python3.13/site-packages/
CMD ["python", "main.py"]
```
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import sources_of
from scaffold.lint.install_commands import python_installs
from scaffold.lint.package_locations import copies_from, mounts_stage, places_of, takes
from scaffold.model.finding import Hit, Severity

if TYPE_CHECKING:
    from scaffold.model.dockerfile import Instruction, Stage

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield copies from a stage with packages of which none arrives in the image."""
    final = case.final
    if final is None or any(
        True for step in case.image_runs() for _ in python_installs(case, step)
    ):
        return
    by_stage: dict[int, list[Instruction]] = {}
    stages: dict[int, Stage] = {}
    for step, stage in copies_from(case, final):
        by_stage.setdefault(stage.number, []).append(step)
        stages[stage.number] = stage
    for number, steps in by_stage.items():
        places = places_of(case, stages[number])
        arrives = any(takes(step, place) for step in steps for place in places)
        if places and not arrives and not mounts_stage(case, final, stages[number]):
            taken = ", ".join(source for step in steps for source in sources_of(step))
            yield Hit(
                text=f"the packages are in {places[0]}, and only {taken} is copied: the app will "
                "not find them",
                span=line_of(steps[0]),
            )
