"""The image starts from the full variant of the language's image.

Why
``python:3.13`` brings compilers, headers and version control: about 1.1 GB on disk for amd64,
where the slim variant takes about 125 MB and runs the same wheels. What has to be compiled is
compiled in a stage of its own.

Bad
```dockerfile
FROM python:3.13-trixie
CMD ["python", "-m", "app"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "-m", "app"]
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import image_span
from scaffold.lint.context import Case
from scaffold.lint.image_references import find_base, parse_image
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield the full image below the final stage."""
    root = case.root(case.final)
    image = parse_image(root.image) if root else None
    if root is None or image is None or not image.official or image.family != "full":
        return
    release = f"-{image.release}" if image.release else ""
    slim = parse_image(f"python:{image.minor}-slim{release}")
    known, lighter = case.base(root), find_base(case.facts, slim, case.arch)
    cost = None
    if known and lighter:
        cost = Cost(
            on_disk=known[1].on_disk - lighter[1].on_disk,
            download=known[1].download - lighter[1].download,
        )
    text = "the full image brings compilers and headers that a running app does not need: -slim"
    yield Hit(text=text, span=image_span(root), cost=cost)
