"""What is in an image or a plan, in CycloneDX 1.6 and SPDX 2.3: the same bytes each time.

Sources: the JSON schema of CycloneDX 1.6; the SPDX specification 2.3; purl's types (2026-11-29).
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email.parser import HeaderParser
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from scaffold import __version__
from scaffold.assembler.records import INTERPRETER
from scaffold.docker.image_fs import real_path
from scaffold.docker.installed_packages import find_installed, owners
from scaffold.model.image import Contents, is_database
from scaffold.model.target import Target
from scaffold.model.verdict import Accepted

Json = dict[str, Any]
_BASE = "org.opencontainers.image.base."
_NOT_SPDX = re.compile(r"[^A-Za-z0-9.-]+")
_DEBIAN = {"arm/v7": "armhf", "arm/v6": "armel", "386": "i386", "ppc64le": "ppc64el"}
# Fields of a machine-readable copyright file (Debian, DEP-5), and texts that Debian has once.
_NAMED = re.compile(
    r"^License:[ \t]*(\S.*)$|/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9+])", re.MULTILINE
)
# Licences that ask for the source of what is passed on (SPDX license list 3.27, copyleft ones).
_SOURCE = re.compile(
    r"GPL|GNU (Lesser |Library |Affero )?General|MPL|Mozilla|EPL|Eclipse|CDDL|EUPL|CeCILL|OSL"
    r"|Sleepycat|MS-RL",
    re.IGNORECASE,
)
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "arm/v7": "armv7", "386": "x86"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One package, or a file that belongs to none; ``licence`` is text as its package wrote it.

    ``hashes`` are those of the files that are installed, SHA-256 in hex digits.
    """

    name: str
    version: str = ""
    purl: str = ""
    licence: str = ""
    path: str = ""  # of a file
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a list is of: ``id`` names the image, or the plan of one; ``created`` is ISO 8601 time.

    ``base`` is the reference of the base image, ``digest`` its digest; empty where unknown.
    """

    name: str
    id: str
    components: tuple[Component, ...]
    platforms: tuple[str, ...]
    base: str = ""
    digest: str = ""
    created: str = ""


def list_image(contents: Contents, name: str) -> Inventory:
    """Return what an image holds."""
    labels = dict(contents.config.labels)
    return Inventory(
        name=name,
        id=contents.id,
        components=list_components(contents),
        platforms=(f"linux/{contents.config.arch}",),
        base=labels.get(f"{_BASE}name", ""),
        digest=labels.get(f"{_BASE}digest", ""),
        created=contents.config.created,
    )


def list_plan(chosen: Mapping[Target, Accepted], name: str) -> Inventory:
    """Return what an image will hold by its plan, for every target: no licences, no libraries.

    What the base brings besides Python is not known before it is there: its reference is told.
    """
    found: dict[str, Component] = {}
    for one in (accepted.candidate for accepted in chosen.values()):
        python = one.image.release or one.image.python
        rows = [_cpython(python)]
        rows += [
            Component(
                name=package.pinned.name,
                version=package.pinned.version,
                purl=f"pkg:pypi/{package.pinned.name}@{quote(package.pinned.version)}",
                hashes=tuple(filter(None, [package.pinned.file.sha256])),
            )
            for package in one.packages
        ]
        kind = "apk/alpine" if one.base.distribution == "alpine" else f"deb/{one.base.distribution}"
        rows += [
            Component(name=package.name, purl=f"pkg:{kind}/{package.name}")
            for package in one.run_packages
        ]
        for row in rows:
            known = found.setdefault(row.purl, row)
            hashes = tuple(dict.fromkeys((*known.hashes, *row.hashes)))
            found[row.purl] = replace(known, hashes=hashes)
    first = next(iter(chosen.values())).candidate
    components = tuple(found.values())
    return Inventory(
        name=name,
        id=f"urn:uuid:{uuid5(NAMESPACE_URL, repr((name, components)))}",
        components=components,
        platforms=tuple(f"linux/{target.arch}" for target in chosen),
        base=first.reference,
        digest=first.image.digest,
    )


def list_components(contents: Contents) -> tuple[Component, ...]:
    """Return what an image holds: Python's packages, the distribution's, files of neither."""
    packages = find_installed(contents)
    found = [
        Component(
            name=one.name,
            version=one.version,
            purl=f"pkg:pypi/{one.name}@{quote(one.version)}",
            licence=one.licence,
        )
        for one in packages
    ]
    python = dict(contents.config.environment).get("PYTHON_VERSION", "")
    if record := contents.texts.get(INTERPRETER):
        python = str(json.loads(record)["components"][0]["version"])
    if python:
        found.append(_cpython(python))
    system = [
        one for path, text in contents.texts.items() for one in _of_system(path, text, contents)
    ]
    owned = owners(packages)
    found += system
    if not system:  # an image that only has what was taken: each library that no package brought
        found += [
            Component(name=posixpath.basename(path), path=path)
            for path, file in sorted(contents.files.items())
            if file.elf and path not in owned
        ]
    return tuple(dict.fromkeys(found))


def _cpython(version: str) -> Component:
    purl = f"pkg:generic/python@{version}"
    return Component(name="cpython", version=version, purl=purl, licence="PSF-2.0")


def _of_system(path: str, text: str, contents: Contents) -> Iterator[Component]:
    """Yield the packages of a file that dpkg or apk wrote."""
    if not is_database(path):
        return
    arch = contents.config.arch
    for block in text.strip().split("\n\n"):
        if path.endswith("/installed"):
            rows = dict(line.split(":", 1) for line in block.splitlines() if ":" in line[:2])
            name, version, licence = rows.get("P", ""), rows.get("V", ""), rows.get("L", "")
            purl = f"pkg:apk/alpine/{name}@{quote(version)}?arch={_MACHINES.get(arch, arch)}"
        else:
            head = HeaderParser().parsestr(block)
            if not str(head.get("Status", "installed")).endswith("installed"):
                continue
            name, version = str(head.get("Package", "")), str(head.get("Version", ""))
            licence = _find_licences(contents, f"/usr/share/doc/{name}/copyright")
            purl = f"pkg:deb/debian/{name}@{quote(version)}?arch={_DEBIAN.get(arch, arch)}"
        if name and version:
            yield Component(name=name, version=version, purl=purl, licence=licence)


def _find_licences(contents: Contents, path: str) -> str:
    """Return the licences that a copyright file of Debian's names, in order."""
    real = real_path(contents.files, path)
    file = contents.files.get(real)
    text = contents.texts.get(file.target if file and file.kind == "hard-link" else real, "")
    found = (one or other for one, other in _NAMED.findall(text))
    return ", ".join(dict.fromkeys(found))


def make_licences(inventory: Inventory) -> Json:
    """Return packages by what their licences ask of who passes the image on.

    Where any of several licences asks for the source, the package is listed there.
    """
    found: dict[str, list[Json]] = {"source": [], "notice": [], "unknown": []}
    for one in inventory.components:
        if one.path:
            continue
        asks = "source" if _SOURCE.search(one.licence) else "notice"
        row = {"package": one.name, "version": one.version, "licence": one.licence}
        found[asks if one.licence else "unknown"].append(row)
    return {"version": 1, **found}


def make_cyclonedx(inventory: Inventory) -> Json:
    """Return the document of CycloneDX."""
    properties = {
        "oci:image:id": inventory.id,
        "oci:image:base": inventory.base,
        "oci:image:base:digest": inventory.digest,
        "oci:image:platform": " ".join(inventory.platforms),
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, inventory.id)}",
        "version": 1,
        "metadata": {
            "tools": {
                "components": [
                    {"type": "application", "name": "leanscaffold", "version": __version__}
                ]
            },
            "component": {"type": "container", "name": inventory.name, "bom-ref": inventory.id},
            "properties": [{"name": k, "value": v} for k, v in properties.items() if v],
        },
        "components": [_as_cyclonedx(one) for one in inventory.components],
    }


def _as_cyclonedx(one: Component) -> Json:
    licence = [{"license": {"name": one.licence}}] if one.licence else []
    return {
        "type": "file" if one.path else "library",
        "bom-ref": one.purl or one.path,
        "name": one.path or one.name,
        **({"version": one.version} if one.version else {}),
        **({"purl": one.purl} if one.purl else {}),
        **(
            {"hashes": [{"alg": "SHA-256", "content": sha} for sha in one.hashes]}
            if one.hashes
            else {}
        ),
        **({"licenses": licence} if licence else {}),
    }


def make_spdx(inventory: Inventory) -> Json:
    """Return the document of SPDX."""
    packages: list[Json] = [{"SPDXID": "SPDXRef-image", "name": inventory.name, **_UNKNOWN}]
    for number, one in enumerate(inventory.components):
        packages.append(
            {
                "SPDXID": f"SPDXRef-{number}-{_NOT_SPDX.sub('-', one.name)}",
                "name": one.path or one.name,
                **_UNKNOWN,
                **({"versionInfo": one.version} if one.version else {}),
                **({"comment": f"licence as written: {one.licence}"} if one.licence else {}),
                **(
                    {"checksums": [_CHECKSUM | {"checksumValue": sha} for sha in one.hashes]}
                    if one.hashes
                    else {}
                ),
                **({"externalRefs": [{**_PURL, "referenceLocator": one.purl}]} if one.purl else {}),
            }
        )
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": inventory.name,
        "documentNamespace": f"urn:uuid:{uuid5(NAMESPACE_URL, inventory.id)}",
        "creationInfo": {
            "created": f"{inventory.created[:19] or '1970-01-01T00:00:00'}Z",
            "creators": [f"Tool: leanscaffold-{__version__}"],
        },
        "packages": packages,
        "relationships": [
            _relate("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"),
            *(_relate("SPDXRef-image", "CONTAINS", str(one["SPDXID"])) for one in packages[1:]),
        ],
    }


_UNKNOWN: Mapping[str, object] = {
    "downloadLocation": "NOASSERTION",
    "licenseConcluded": "NOASSERTION",
    "licenseDeclared": "NOASSERTION",
    "copyrightText": "NOASSERTION",
    "filesAnalyzed": False,
}
_CHECKSUM = {"algorithm": "SHA256"}
_PURL = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl"}


def _relate(one: str, how: str, other: str) -> Json:
    return {"spdxElementId": one, "relationshipType": how, "relatedSpdxElement": other}


FORMATS = {"cyclonedx": make_cyclonedx, "licences": make_licences, "spdx": make_spdx}
