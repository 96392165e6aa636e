"""Metadata of sources that say nothing before they are built: their build backend is asked, by pip.

This runs their code, and that of what their build requires, on this computer. It is done where the
user asks for it only.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name

from scaffold.index.configuration import IndexConfig, redact
from scaffold.model.index import Metadata
from scaffold.project.project_copy import copy_project

_SECONDS = 300
_MEMORY = 4 << 30  # bytes of address space, of each process
_FILE = 1 << 30  # bytes of any one file that is written
# pip as it is installed here, with limits that whatever it starts inherits.
_SCRIPT = f"""
import runpy, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY}, {_MEMORY}))
    resource.setrlimit(resource.RLIMIT_FSIZE, ({_FILE}, {_FILE}))
    resource.setrlimit(resource.RLIMIT_CPU, ({_SECONDS}, {_SECONDS}))
except ImportError:
    pass
sys.argv[0] = "pip"
runpy.run_path({{pip!r}}, run_name="__main__")
"""
_ERROR = re.compile(r"^ *((?:[\w.]*(?:Error|Exception)|ERROR)(?:: .{1,300})?)$", re.MULTILINE)
_PASSED = ("PATH", "LANG", "SYSTEMROOT")


def build_metadata(plain: Metadata, filename: str, data: bytes, config: IndexConfig) -> Metadata:
    """Return the metadata that building an sdist's makes; with its ``problem`` where that fails.

    ``plain`` is what is known without. The environment, the home and the folder are thrown away.
    """
    with TemporaryDirectory(prefix="leanscaffold-", ignore_cleanup_errors=True) as text:
        folder = Path(text)
        (folder / filename).write_bytes(data)
        report = folder / "report.json"
        failed = _run(folder, _pip_variables(config), ("--report", str(report), filename))
        built = replace(plain, problem=failed) if failed else _read_report(plain, report)
        if not built.problem and built.name != plain.name:
            return replace(plain, problem=f"building it made {built.name} {built.version}")
        return built


def build_folder_metadata(source: Path, config: IndexConfig) -> Metadata:
    """Return the metadata of a built copy of a project, or with its ``problem``."""
    with TemporaryDirectory(prefix="leanscaffold-", ignore_cleanup_errors=True) as text:
        folder = Path(text)
        copy_project(source, folder / "source")
        report = folder / "report.json"
        # The version that a tag would tell matters to nothing here.
        variables = {**_pip_variables(config), "SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.0"}
        failed = _run(folder, variables, ("--report", str(report), "./source"))
        plain = Metadata(name="", version="", problem=failed)
        return plain if failed else _read_report(plain, report)


def _run(folder: Path, variables: Mapping[str, str], words: tuple[str, ...]) -> str:
    """Have pip prepare the metadata; return why it failed, empty if it did not."""
    pip = importlib.util.find_spec("pip")
    if pip is None or pip.origin is None:
        return "pip is not installed beside leanscaffold"
    script = _SCRIPT.format(pip=str(Path(pip.origin).parent))
    asked = ("install", "--dry-run", "--no-deps", "--ignore-installed", "--ignore-requires-python")
    quiet = ("--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check")
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    own = {name: str(folder) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP")}
    process = subprocess.Popen(  # noqa: S603 - pip, with words of ours
        (sys.executable, "-c", script, *asked, *quiet, *words),
        cwd=folder,
        env={**passed, **own, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        _end(process)
        return f"building it takes more than {_SECONDS} s"
    if not process.returncode:
        return ""
    errors = _ERROR.findall(said) or [f"pip ended with {process.returncode}"]
    return f"building it failed: {errors[-1]}"


def _end(process: subprocess.Popen[str]) -> None:
    """Kill pip and all that it started."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, 9)
    process.communicate()


def _pip_variables(config: IndexConfig) -> dict[str, str]:
    """Return where build requirements are from, without credentials; pip's own pip reads them."""
    first, *others = [*map(redact, config.urls)] or [""]
    cert = str(Path(config.cert).absolute()) if config.cert else ""
    found = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "" if first else "1",
        "PIP_INDEX_URL": first,
        "PIP_EXTRA_INDEX_URL": " ".join(others),
        "PIP_FIND_LINKS": " ".join(map(redact, config.find_links)),
        "PIP_TRUSTED_HOST": " ".join(config.trusted_hosts),
        "PIP_CERT": cert,
        "PIP_PROXY": redact(config.proxy) if config.proxy else "",
    }
    return {name: value for name, value in found.items() if value}


def _read_report(plain: Metadata, report: Path) -> Metadata:
    try:
        (installed,) = json.loads(report.read_bytes())["install"]
        found = installed["metadata"]
        name, version = canonicalize_name(found["name"]), str(found["version"])
        requires = tuple(map(str, found.get("requires_dist", ())))
        extras = tuple(map(str, found.get("provides_extra", ())))
    except (OSError, ValueError, LookupError, TypeError):
        return replace(plain, problem="what pip reports of it cannot be read")
    return replace(
        plain,
        name=name,
        version=version,
        requires=requires,
        extras=extras,
        requires_python=str(found.get("requires_python", "")),
        uncertain=False,
        problem="",
    )
