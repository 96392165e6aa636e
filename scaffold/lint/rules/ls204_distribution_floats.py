"""A base image whose distribution moves on by itself.

Why
``python:3.13-slim`` is Debian trixie today and the next release some day: glibc, the names of
packages and the shared libraries change under a build that nobody touched. A release in the tag
holds them and still gets security fixes; a digest holds every byte.

Bad
```dockerfile
FROM python:3.13-slim
```

Good
```dockerfile
FROM python:3.13-slim-trixie
```
"""

from collections.abc import Iterator

from scaffold.lint.base_images import outer_bases
from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.NOTE


def check(case: Case) -> Iterator[Hit]:
    """Yield official images with a Python but without a release of the distribution."""
    for _, image, span in outer_bases(case):
        if image.official and image.minor and image.family and not (image.release or image.digest):
            yield Hit(text="the tag names no release of the distribution", span=span)
