"""ADD, where COPY does what is meant.

Why
ADD unpacks archives and fetches addresses besides: a file that happens to be an archive arrives
as something else. For files of the project COPY does one thing only.

Bad
```dockerfile
FROM python:3.13-slim-trixie
ADD requirements.txt /app/
```

Good
```dockerfile
FROM python:3.13-slim-trixie
COPY requirements.txt /app/
```
"""

import re
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.copies import sources_of
from scaffold.model.finding import Edit, Hit, Severity

SEVERITY = Severity.NOTE
_REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@|\$", re.IGNORECASE)
_ARCHIVE = re.compile(
    r"\.(?:tar|t[abglx]z|tbz2?|tzst|gz|bz2|xz|zst|lzma)\b|[*?\[]|\.git\b", re.IGNORECASE
)
_TEXT = re.compile(
    r"\.(?:cfg|conf|css|csv|env|html?|in|ini|js|json|lock|md|py|pyi|r?st|sh|sql|toml|ts|txt|xml|ya?ml)$"
)
_OF_ADD = {"checksum", "keep-git-dir", "unpack"}


def check(case: Case) -> Iterator[Hit]:
    """Yield ADD of plain files of the project."""
    for step in case.dockerfile.instructions:
        sources = sources_of(step) if step.keyword == "ADD" else ()
        if sources and not any(_REMOTE.search(s) or _ARCHIVE.search(s) for s in sources):
            # ADD tells an archive by what is in it, whatever its name says.
            safe = all(s.endswith(("/", ".")) or _TEXT.search(s) for s in sources)
            safe = safe and not {flag.name for flag in step.flags} & _OF_ADD
            yield Hit(
                text="these are plain files: COPY",
                span=line_of(step),
                edits=(Edit(span=line_of(step), text="COPY"),) if safe else (),
            )
