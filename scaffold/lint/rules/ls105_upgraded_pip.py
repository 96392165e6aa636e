"""pip is upgraded in a layer of the image.

Why
The image's own pip stays in the layer below, and the new one comes on top of it: about 7 MB on
disk more that nothing needs when the app runs. The official images are rebuilt with a pip that is
new enough; what a build needs newer belongs into a build stage.

Bad
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir --upgrade pip && pip install --no-cache-dir flask==3.1.2
```

Good
```dockerfile
FROM python:3.13-slim-trixie
RUN pip install --no-cache-dir flask==3.1.2
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.install_commands import pip_installs
from scaffold.model.finding import Cost, Hit, Severity

SEVERITY = Severity.WARNING


def check(case: Case) -> Iterator[Hit]:
    """Yield upgrades of pip in layers of the image."""
    known = case.base(case.final)
    cost = Cost(on_disk=known[0].pip_bytes, download=known[0].pip_download) if known else None
    for step in case.image_runs():
        for one in pip_installs(case, step):
            for word in one.names:
                upgrades = one.option("-U", "--upgrade") is not None
                if re.split(r"[<>=!~]", word.text)[0] == "pip" and (upgrades or word.text != "pip"):
                    text = "a second pip comes on top of the image's own"
                    yield Hit(text=text, span=word.span, cost=cost)
