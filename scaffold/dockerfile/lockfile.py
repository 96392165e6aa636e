"""The lock: one requirements file per target, every file pinned by its hash."""

import re
import shlex
from collections.abc import Iterator

from scaffold import __version__
from scaffold.model.addresses import has_token, without_credentials
from scaffold.model.errors import Detail, UnresolvableError
from scaffold.model.plan import Plan, TargetPlan
from scaffold.model.project import IndexOptions, Project
from scaffold.model.resolution import Pinned

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Names as PEP 508 has them, versions as PEP 440, addresses without blanks: what goes on a line of
# a requirements file must not be able to end it or to start an option.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]*")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_VISIBLE = re.compile(r"[!-~]+")


def render_lock(plan: Plan, target: TargetPlan) -> str:
    """Return the lock of one target: what pip installs with ``--no-deps --require-hashes``.

    Packages that lie in the project (``./libs/x``) are not in it: pip hashes no folders, and
    refuses a file that mixes both. Raises UnresolvableError, naming all of them, for packages
    whose file has no hash or whose name, version or address cannot stand in such a file.
    """
    weighed = target.chosen.candidate.packages
    packages = sorted((item.pinned for item in weighed), key=lambda pinned: pinned.name)
    problems = [
        Detail(text=f"{pinned.name!r} {pinned.version!r}: {why}")
        for pinned in packages
        for why in _check(pinned)
    ]
    if problems:
        raise UnresolvableError(
            "some packages cannot be pinned by hash",
            details=problems,
            hint="take them from an index that has sha256 sums, or end their URL in #sha256=…",
        )
    libc = target.chosen.candidate.resolution.environment.libc
    lines = [
        f"# Made by leanscaffold {__version__}: exactly what the image installs, pinned by hash.",
        f"# {target.target.arch.platform}, Python {plan.python}, {libc}",
        *_index_lines(plan.project.index),
        *(_entry(plan.project, pinned) for pinned in packages),
    ]
    return "".join(f"{line}\n" for line in lines)


def render_build_lock(plan: Plan) -> str:
    """Return what builds the project's own packages: with hashes where all of it is pinned."""
    if plan.build_requires:
        lines = [
            f"{one.name}=={one.version} {' '.join(f'--hash={text}' for text in one.hashes)}"
            for one in plan.build_requires
        ]
        why = "pinned by hash."
    else:
        lines = sorted({text for one in plan.packages for text in one.requires})
        why = "as its packages ask for it: not pinned, for not all of it is known."
    index = _index_lines(plan.project.index)
    head = f"# Made by leanscaffold {__version__}: what builds the project itself, {why}"
    return "".join(f"{line}\n" for line in (head, *index, *lines))


def _index_lines(index: IndexOptions) -> Iterator[str]:
    """Yield the project's own indexes. One that needs a password is left to pip's configuration.

    It would be of no use without it, and a requirements file is no place for a secret. The same
    goes for an address with variables: what they stood for here may be one.
    """
    written = dict(index.written)
    if index.no_index:
        yield "--no-index"
    for option, url in (
        *([("--index-url", index.index_url)] if index.index_url else []),
        *(("--extra-index-url", url) for url in index.extra_index_urls),
    ):
        shown = written.get(url, url)
        bare = without_credentials(shown)
        if _ADDRESS.fullmatch(without_credentials(url)) is None or _VISIBLE.fullmatch(bare) is None:
            raise UnresolvableError(
                f"{bare!r} is not an index URL", hint="correct it in the requirements"
            )
        if bare == url:
            yield f"{option} {bare}"
        else:
            what = "has variables in it" if "${" in bare else "needs a password"
            yield f"# {bare} {what}: name it in the pip.conf given as secret pip_conf"
    yield from (f"--find-links {link}" for link in index.find_links if _is_public(link))
    for url in index.bound_urls:
        if without_credentials(url) != url:
            where = "name it in the pip.conf given as secret pip_conf"
            yield f"# {without_credentials(url)} needs a password: {where}"


def _is_public(link: str) -> bool:
    """Tell whether a page of files can be named as it is: an address, and no password in it."""
    return (
        "://" in link and without_credentials(link) == link and _ADDRESS.fullmatch(link) is not None
    )


def _check(pinned: Pinned) -> Iterator[str]:
    if _NAME.fullmatch(pinned.name) is None:
        yield "this is not a package name"
    if _VERSION.fullmatch(pinned.version) is None:
        yield "this is not a version"
    if _SHA256.fullmatch(pinned.file.sha256) is None:
        yield f"{pinned.file.filename!r} has no sha256"


def _entry(project: Project, pinned: Pinned) -> str:
    url = _direct_url(project, pinned)
    what = f"{pinned.name} @ {url}" if url else f"{pinned.name}=={pinned.version}"
    given = [
        f" --config-settings={shlex.quote(setting)}"
        for item in project.asked
        if item.name == pinned.name and not pinned.file.filename.endswith(".whl")
        for setting in item.config_settings
    ]
    return f"{what}{''.join(dict.fromkeys(given))} --hash=sha256:{pinned.file.sha256}"


def _direct_url(project: Project, pinned: Pinned) -> str:
    """Return the address that a requirement or the lock names itself, else an empty text.

    Variables in it stay: pip fills them in again, from the environment of the build. A package that
    is bound to an index is named by its file, so that the index is asked for no other.
    """
    bound = {without_credentials(item.index) for item in project.asked if item.name == pinned.name}
    if pinned.index_url and pinned.file.url and pinned.index_url in bound - {""}:
        return _checked_url(pinned.name, _without_token(pinned.name, pinned.file.url))
    asked = [
        (item.name, item.url, item.written_url) for item in (*project.asked, *project.constraints)
    ]
    locked = [(item.name, item.url, "") for item in (project.lock.packages if project.lock else ())]
    direct = {
        url.partition("#")[0]: (written or url).partition("#")[0]
        for name, url, written in (*locked, *asked)
        if name == pinned.name and url
    }
    if not pinned.file.url or not (pinned.direct or pinned.file.url in direct):
        return ""
    url = direct.get(pinned.file.url, pinned.file.url)
    return _checked_url(pinned.name, _without_token(pinned.name, url))


def _without_token(name: str, url: str) -> str:
    if has_token(url):
        raise UnresolvableError(
            f"the address of {name} has a token in it, which would stand in the lock",
            hint="put the file into the project and name its path, or use an index that asks for a "
            "password",
        )
    return url


def _checked_url(name: str, url: str) -> str:
    url = without_credentials(url)
    if _ADDRESS.fullmatch(url.replace("${", "a:${", 1) if url.startswith("${") else url) is None:
        raise UnresolvableError(
            f"{name}: {url!r} is not an address", hint="correct it in the requirements"
        )
    return url
