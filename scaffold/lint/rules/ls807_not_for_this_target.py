"""The base is not published for the target.

Why
The publisher of an image decides for which architectures there is one. The build then ends with
«no match for platform in manifest».

Bad
```dockerfile
# With --target arm/v6.
FROM python:3.13-slim-trixie
```

Good
```dockerfile
# With --target arm/v6.
FROM python:3.13-alpine3.24
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import outer_bases
from scaffold.lint.context import Case
from scaffold.lint.image_references import find_base
from scaffold.model.finding import Hit, Severity
from scaffold.model.target import Arch

SEVERITY = Severity.ERROR


def check(case: Case) -> Iterator[Hit]:
    """Yield images that are known for other architectures, and not for the target's."""
    if case.decided is None:
        return
    arch = case.decided.target.arch
    for stage, image, span in outer_bases(case):
        if stage.platform or find_base(case.facts, image, arch) is not None:
            continue
        others = [str(one) for one in Arch if find_base(case.facts, image, one) is not None]
        if others:
            text = f"there is none for {arch}; there is for {', '.join(others)}"
            yield Hit(text=text, span=span)
