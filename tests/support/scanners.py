"""Which packages scanners see in a root file system, by the rules that they publish.

Sources: syft 1.18, ``debian/cataloger.go``, ``debian/parse_dpkg_db.go``,
``alpine/parse_apk_db.go``, ``sbom/cataloger.go``; Trivy 0.74, ``pkg/dpkg/dpkg.go``,
``pkg/apk/apk.go`` (2026-11-29).
"""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")


class Seen(NamedTuple):
    """A package as advisories are looked up for it: by the name and version of its source."""

    name: str
    version: str
    source: str


def seen_by_both(files: Mapping[str, bytes]) -> set[Seen]:
    """Return the packages that syft and Trivy both read; paths have no leading slash."""
    found = set()
    for path, data in files.items():
        listed = re.fullmatch(r"var/lib/dpkg/status(\.d/[^/]+)?", path)
        if listed and not path.endswith(".md5sums"):
            found |= {_deb(block) for block in data.decode().split("\n\n") if block.strip()}
        elif path in APK:
            found |= {_apk(block) for block in data.decode().split("\n\n") if block.strip()}
    return found


def seen_by_syft(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the components of CycloneDX files in an image: {CPE or purl: version}."""
    return {
        str(one.get("cpe") or one["purl"]): str(one["version"])
        for path, data in files.items()
        if fnmatchcase(path, "*.cdx.json")
        for one in json.loads(data)["components"]
    }


def _deb(block: str) -> Seen:
    fields: dict[str, str] = {}
    for line in block.splitlines():
        name, colon, value = line.partition(":")
        if not line.startswith(" "):
            assert colon, line
            assert name not in fields, line  # syft reads nothing of such a file
            fields[name] = value.strip()
    assert not {"deinstall", "purge"} & {*fields.get("Status", "").split()}
    int(fields.get("Installed-Size", "0"))
    name, version = fields["Package"], fields["Version"]
    return Seen(name, version, re.split(r"\s", fields.get("Source", name))[0])


def _apk(block: str) -> Seen:
    fields = dict(line.split(":", 1) for line in block.splitlines())  # syft: each line has one
    return Seen(fields["P"], fields["V"], fields.get("o", fields["P"]))
