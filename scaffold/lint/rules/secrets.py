"""Passwords and keys in the image."""

import posixpath
import re
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of, sources_of
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import argument_pairs, pairs_of
from scaffold.project.secrets import looks_secret, names_secret

# Values that hold nothing back: Chrome's GOOGLE_API_KEY=no.
_SWITCHES = {"", "no", "yes", "on", "off", "true", "false", "none", "null", "0", "1"}


@rule("LS701", Severity.ERROR)
def secret_in_a_variable(case: Case) -> Iterator[Hit]:
    """ENV or ARG contains a secret.

    ENV is in the image's configuration, ARG in its history: anyone who can pull the image can read
    both with ``docker history``. Pass secrets to a build with ``RUN --mount=type=secret``, and to
    an app when it starts.

    Bad:
        ENV API_TOKEN=0123456789
    Good:
        RUN --mount=type=secret,id=token,env=API_TOKEN python fetch.py
    """
    for step in case.dockerfile.instructions:
        if step.keyword == "ENV":
            names = [name for name, value in pairs_of(step.text) if value.lower() not in _SWITCHES]
        elif step.keyword == "ARG":
            names = [name for name, _ in argument_pairs(step.text)]
        else:
            continue
        for name in filter(names_secret, names):
            text = f"{name} can be read by anyone who has the image: use a secret mount"
            yield Hit(text=text, span=step.span)


_MORE = {"pip.conf": "an index's address, often with a password", ".ssh": "private keys"}


@rule("LS702", Severity.ERROR)
def secret_file_copied(case: Case) -> Iterator[Hit]:
    """A file with secrets is copied into the image.

    A later ``rm`` does not help: the layer that brought the file keeps it. ``.dockerignore``
    excludes files from ``COPY . .``. Pass secrets to a build with ``RUN --mount=type=secret``, and
    to an app with a volume or its environment.

    Bad:
        COPY .env main.py /app/
    Good:
        COPY main.py /app/
    """
    for step in case.dockerfile.instructions:
        if step.keyword not in {"COPY", "ADD"} or step.flag("from") is not None:
            continue
        for source in sources_of(step):
            name = posixpath.basename(source.rstrip("/"))
            what = looks_secret(f"/{source}") or _MORE.get(name, "")
            if what:
                yield Hit(
                    text=f"{source} is {what}: it can be read in the image", span=line_of(step)
                )
            elif source in {".", "./", "/"} and case.around and case.around.secrets:
                names = ", ".join(case.around.secrets[:4])
                text = f"{names} goes along: put it into .dockerignore"
                yield Hit(text=text, span=line_of(step))


_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://(?P<who>[^\s/@'\"<>]+)@[\w.$-]", re.IGNORECASE)


@rule("LS703", Severity.ERROR)
def password_in_an_address(case: Case) -> Iterator[Hit]:
    """A URL contains a password.

    Commands are part of the image's history, and pip stores the URL with the installed package.
    Pass pip's settings as a secret: ``RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf pip
    install …``.

    Bad:
        RUN pip install --no-cache-dir --index-url https://me:secret@index.example/simple a==1
    Good:
        RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf pip install --no-cache-dir a==1
    """
    for step in case.dockerfile.instructions:
        for found in _ADDRESS.finditer(step.text):
            if ":" in found["who"] or "$" in found["who"]:
                text = "the password is in the image's history: use a secret mount"
                yield Hit(text=text, span=step.place(found.start(), found.end() - 1))
