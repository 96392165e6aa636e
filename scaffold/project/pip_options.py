"""What the option lines of requirement files amount to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.model.project import IndexOptions
from scaffold.project.requirement_parser import unique
from scaffold.project.text_io import relative


def combine(root: Path, lines: Sequence[tuple[str, Mapping[str, Any]]]) -> IndexOptions:
    """Return what all lines of options amount to, a later one over an earlier one.

    Each line is given with its file, where a relative --find-links starts.
    """
    index_url, no_index, pre = "", False, False
    extra: list[str] = []
    links: list[str] = []
    binary: dict[str, set[str]] = {"only_binary": set(), "no_binary": set()}
    for file, options in lines:
        index_url = options.get("index_url") or index_url
        no_index = no_index or bool(options.get("no_index"))
        pre = pre or bool(options.get("pre"))
        extra += options.get("extra_index_urls", [])
        links += (_find_links(root, file, link) for link in options.get("find_links", []))
        for key, other in (("only_binary", "no_binary"), ("no_binary", "only_binary")):
            for value in options.get(key, []):
                _restrict(value, binary[key], binary[other])
    return IndexOptions(
        index_url=index_url,
        extra_index_urls=unique(extra),
        find_links=unique(links),
        no_index=no_index,
        pre=pre,
        only_binary=tuple(sorted(binary["only_binary"])),
        no_binary=tuple(sorted(binary["no_binary"])),
    )


def _find_links(root: Path, file: str, link: str) -> str:
    beside = (root / file).parent / link
    return relative(root, beside) if "://" not in link and beside.exists() else link


def _restrict(value: str, target: set[str], other: set[str]) -> None:
    """Apply one value of --only-binary or --no-binary: each name is in one of the two."""
    for name in filter(None, value.split(",")):
        if name == ":none:":
            target.clear()
        elif name == ":all:":
            other.clear()
            target.clear()
            target.add(name)
        else:
            other.discard(canonicalize_name(name))
            target.add(canonicalize_name(name))
