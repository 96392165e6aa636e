"""Indexes of a vendor's builds (PyTorch's for CUDA and for the processor) that a project names."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from scaffold.model.codes import Code
from scaffold.model.errors import TransientError
from scaffold.model.index import Index
from scaffold.model.knowledge import Accelerator
from scaffold.model.project import Project
from scaffold.model.resolution import Reason


def find_plain_index(accelerators: Mapping[str, Accelerator], project: Project) -> tuple[str, str]:
    """Return the index of files without an accelerator that the project's people install from.

    Second is who names it. Nothing is returned where the vendor's other indexes are named as well.
    """
    image, index = project.own_image, project.index
    own = [index.index_url, *index.extra_index_urls, *index.silent_urls]
    own += [one.index for one in project.asked if not one.marker]
    places = (("the project's own Dockerfile", image.urls if image else ()), ("the project", own))
    known = _list_packages(accelerators)
    for who, urls in places:
        named = {url.rstrip("/") for url in urls if _host(url) in map(_host, known)}
        if named and named <= known.keys():
            return min(named), who
    return "", ""


def leave_unreachable(
    accelerators: Mapping[str, Accelerator], project: Project, index: Index
) -> tuple[Project, tuple[Reason, ...]]:
    """Return a project that asks no vendor's index that does not answer, with a note on each.

    What is only there is missed then; such indexes are public, so that nobody can offer a name of
    theirs instead.
    """
    known = {_host(url): package for url, package in _list_packages(accelerators).items()}
    own = project.index
    silent: list[str] = []
    for url in (own.index_url, *own.extra_index_urls):
        if url and (package := known.get(_host(url))):
            try:
                index.page(package, index=url)
            except TransientError:
                silent.append(url)
    if not silent:
        return project, ()
    kept = tuple(url for url in own.extra_index_urls if url not in silent)
    base = "" if own.index_url in silent else own.index_url
    index_options = replace(own, index_url=base, extra_index_urls=kept, silent_urls=tuple(silent))
    notes = (
        Reason(
            code=Code.INDEX_UNREACHABLE,
            text=f"{url} cannot be reached, so nothing is taken from there: plan again when it can",
        )
        for url in silent
    )
    return replace(project, index=index_options), tuple(notes)


def _list_packages(accelerators: Mapping[str, Accelerator]) -> dict[str, str]:
    """Return vendors' indexes of files that do without an accelerator, with a package of each."""
    return {
        rule.index_url.rstrip("/"): rule.packages[0]
        for accelerator in accelerators.values()
        for rule in accelerator.rules
        if rule.when == "absent" and rule.index_url
    }


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
