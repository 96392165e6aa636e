r"""A cleanup that breaks packages.

Why
Deleting every ``tests`` folder breaks ``numpy.testing`` up to numpy 2.3 (numpy/numpy#28936), and
packages that import it. ``strip`` over every shared library damages those that wheels bring
along: «ELF load command address/offset not page-aligned» (scipy/scipy#12975). Without
``.dist-info`` nothing finds its entry points and versions. What can go is different from package
to package: ``leanscaffold generate`` removes what an import has proven.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir numpy==2.2.6 \
    && find /usr/local/lib/python3.13 -name tests -type d -exec rm -rf {} +
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir --no-compile numpy==2.2.6
```
"""

import posixpath
import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield deletions of tests and metadata, and stripping, over all packages at once."""
    for step in case.runs():
        for command in case.commands(step):
            argv = command.argv
            line = " ".join(argv)
            removes = argv[:1] == ("rm",) or "-delete" in argv or " rm " in f"{line} "
            names = {word.strip("*/") for word in argv[1:]}
            strips = argv[:1] == ("strip",) or (
                "strip" in argv and argv[:1] in {("find",), ("xargs",)}
            )
            if strips and (".so" in line or "xargs" in argv):
                text = "strip damages libraries that wheels bring along"
            elif removes and argv[:1] == ("find",) and names & {"tests", "test", "testing"}:
                text = "some packages import their tests folders"
            elif removes and any(map(_is_metadata, argv)):
                text = "without .dist-info nothing finds versions and entry points"
            else:
                continue
            yield Hit(text=text, span=command.span)


def _is_metadata(word: str) -> bool:
    """Tell whether a word names metadata; an installer's own may go with the installer."""
    name = posixpath.basename(word.rstrip("/"))
    return "dist-info" in word and not re.match(r"(pip|setuptools|wheel)-", name)
