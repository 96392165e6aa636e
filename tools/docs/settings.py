"""The settings of a project and its record: schemas for editors, and a page with a full sample."""

import json
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import msgspec

from scaffold.model.options import SETTINGS, Setting
from scaffold.report.schemas import Document, Error, Findings, Plan, Report
from scaffold.state.record import Record

_DIALECT = "http://json-schema.org/draft-07/schema#"
_NEW_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DOCUMENTS: Mapping[str, type[Document]] = {
    "plan": Plan,
    "report": Report,
    "findings": Findings,
    "error": Error,
}
_SIZES = frozenset({"size", "memory"})
_NUMBERS = frozenset({*_SIZES, "port"})
_WITH_UNIT = r"[A-Za-z]\s*$|\d{7}"  # a smaller number is refused without one
_TABLES = frozenset({"swap", "registry"})
# A value that can be used, by the kind of a setting; a setting may have one of its own.
_SAMPLES: Mapping[str, Any] = {
    "size": "500MB",
    "memory": "512MB",
    "targets": ["arm64", "amd64"],
    "switch": True,
    "python": "3.13",
    "port": 8000,
    "health": "/health",
    "swap": {"opencv-python": "opencv-python-headless"},
    "url": "https://index.example/simple",
    "registry": {"distroless": "registry.example/mirror"},
}
_PAGE = """\
Every option of `plan` and `generate` can be set in four places; the first that says one holds:

1. on the command line: `--max-size 500MB`;
2. in the environment: `LEANSCAFFOLD_MAX_SIZE=500MB`;
3. in `pyproject.toml`, below `[tool.leanscaffold]`: `max-size = "500MB"`;
4. in `leanscaffold.json`, where the last `generate` recorded it, unless `--anew` is given.

`leanscaffold config` shows every value and who said it.

## In an editor

[settings.json](schemas/settings.json) is a JSON schema of the table, of the kind that SchemaStore
has for tools in `pyproject.toml`, and [record.json](schemas/record.json) one of
`leanscaffold.json`. Both are in the installed package, in the folder that this prints:

```sh
python -c "import scaffold; print(*scaffold.__path__, sep='')" | sed 's,$,/_data/schemas,'
```

In Visual Studio Code, `json.schemas` names the schema for `leanscaffold.json`; Even Better TOML
takes the other by `evenBetterToml.schema.associations`.

## Everything

```toml
[tool.leanscaffold]
"""


def make_schemas() -> dict[str, str]:
    """Return {path below docs/: JSON schema}."""
    return {
        "schemas/settings.json": _to_json(settings_schema()),
        "schemas/record.json": _to_json(record_schema()),
        **{
            f"schemas/{name}.json": _to_json(make_schema(kind)) for name, kind in _DOCUMENTS.items()
        },
    }


def make_schema(kind: type[Document]) -> dict[str, Any]:
    """Return the JSON schema of a document: closed, with all that is always there required."""
    schema = msgspec.json.schema(kind)
    for name, one in schema["$defs"].items():
        one["description"] = " ".join(one.get("description", "").split())
        if "properties" in one:
            one["additionalProperties"] = False
            if name not in {"Reason", "Plan"}:  # the others have every field
                one["required"] = sorted(one["properties"])
            for field in one["properties"].values():
                field.pop("default", None)
    return {"$schema": _NEW_DIALECT, **schema}


def record_schema() -> dict[str, Any]:
    """Return the schema of ``leanscaffold.json``."""
    schema = msgspec.json.schema(Record)
    for one in schema["$defs"].values():
        one["description"] = " ".join(one.get("description", "").split())
        for field in one.get("properties", {}).values():
            if field.get("default") in ({}, []):  # not every msgspec says it
                del field["default"]
    properties = schema["$defs"]["Record"]["properties"]
    for found_when_read in ("edited", "missing"):
        del properties[found_when_read]
    return {"$schema": _NEW_DIALECT, **schema}


def settings_schema() -> dict[str, Any]:
    """Return the schema of ``[tool.leanscaffold]``."""
    return {
        "$schema": _DIALECT,
        "title": "leanscaffold",
        "description": "Which base image a Python project gets for a small device.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            one.name: {"description": " ".join(one.help.split()), **_type_of(one)}
            for one in SETTINGS
        },
    }


def _type_of(setting: Setting) -> dict[str, Any]:
    if setting.kind == "switch":
        return {"type": "boolean"}
    one: dict[str, Any] = {"type": ["string", "integer"] if setting.kind in _NUMBERS else "string"}
    if setting.kind in _SIZES:
        one |= {"minimum": 10**6, "pattern": _WITH_UNIT}
    if setting.choices:
        one = {"enum": list(setting.choices)}
    several = {"type": "array", "items": one}
    if setting.kind == "command":
        return {"anyOf": [one, several]}
    if not setting.repeatable:
        return one
    table = {"type": "object", "additionalProperties": one}
    return {"anyOf": [one, several, *([table] if setting.kind in _TABLES else [])]}


def settings_page() -> str:
    """Return the page of all settings, with a sample of each."""
    lines = []
    for section, settings in groupby(SETTINGS, key=lambda one: one.section):
        lines.append(f"\n# {section}")
        for one in settings:
            lines += [f"# {' '.join(one.help.split())}", f"{one.name} = {_spell(sample_of(one))}"]
    return _PAGE + "\n".join(lines).lstrip() + "\n```"


def sample_of(setting: Setting) -> Any:
    """Return a value of a setting as TOML would have it."""
    value = setting.sample or (setting.choices or (_SAMPLES.get(setting.kind),))[-1]
    several = setting.repeatable and isinstance(value, str)
    return [value] if several else value


def _spell(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_spell(one)}" for name, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _to_json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
