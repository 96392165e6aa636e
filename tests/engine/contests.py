"""What the table of sizes compares: our image of a project with what people write by hand."""

import json
from dataclasses import dataclass

PYTHON = "3.13"
PORT = 8000
# What a build behind certificates needs; no layer holds any of it.
_PIP = (
    "--mount=type=secret,id=ca,target=/run/secrets/ca "
    "if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; pip install"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One project for one architecture, and what it is held against.

    ``example`` is its folder, ``rival`` that of the project which the others are made of, if it is
    another. ``requires`` are lines that replace the project's requirements. ``start`` is how much
    of the time of ``docker init``'s image ours may take to start; of the plain slim one's, all.
    """

    name: str
    example: str
    arch: str
    command: tuple[str, ...]
    rival: str = ""
    requires: tuple[str, ...] = ()
    port: int | None = None
    start: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How large our image may be at most, relative to a rival: on disk, to download."""

    match: str
    arch: str
    rival: str
    on_disk: float
    download: float


SCRIPT = ("python", "main.py")
WEB = ("python", "-m", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", str(PORT))  # noqa: S104
_HEADLESS = ("pandas", "opencv-python-headless", "numpy", "tensorflow")

MATCHES = (
    Match(name="hello", example="hello", arch="amd64", command=SCRIPT),
    Match(
        name="fastapi", example="fastapi", arch="amd64", command=WEB, port=PORT, start=0.6
    ),
    Match(name="fastapi", example="fastapi", arch="arm64", command=WEB, port=PORT),
    Match(name="pandas", example="pandas", arch="amd64", command=SCRIPT, start=0.6),
    Match(name="scikit-learn", example="scikit-learn", arch="amd64", command=SCRIPT),
    Match(name="detector", example="detector", arch="amd64", command=SCRIPT),
    Match(
        name="paper, headless", example="paper", arch="amd64", command=SCRIPT, requires=_HEADLESS
    ),
    Match(
        name="paper, LiteRT",
        example="litert",
        arch="amd64",
        command=SCRIPT,
        rival="paper",
        requires=_HEADLESS,
    ),
)  # fmt: skip

ITSELF, INIT, ALPINE, PLAIN = "python:3.13-slim itself", "docker init", "plain alpine", "plain slim"
LIMITS = (
    Limit(match="hello", arch="amd64", rival=ITSELF, on_disk=0.33, download=0.36),
    Limit(match="fastapi", arch="amd64", rival=INIT, on_disk=0.36, download=0.40),
    Limit(match="fastapi", arch="amd64", rival=ALPINE, on_disk=0.70, download=0.70),
    Limit(match="fastapi", arch="arm64", rival=INIT, on_disk=0.36, download=0.40),
    Limit(match="fastapi", arch="arm64", rival=ALPINE, on_disk=0.70, download=0.70),
    Limit(match="pandas", arch="amd64", rival=INIT, on_disk=0.43, download=0.50),
    Limit(match="scikit-learn", arch="amd64", rival=INIT, on_disk=0.53, download=0.60),
    Limit(match="detector", arch="amd64", rival=INIT, on_disk=0.75, download=0.85),
    Limit(match="paper, headless", arch="amd64", rival=PLAIN, on_disk=0.72, download=0.85),
    Limit(match="paper, LiteRT", arch="amd64", rival=PLAIN, on_disk=0.10, download=0.12),
)


# What does not hold yet, and why, by project and architecture: the figures that miss come first.
# A row that comes to hold has to go.
MISSES: dict[tuple[str, str], tuple[str, str]] = {
    ("paper, LiteRT", "amd64"): (
        "on disk, download",
        (
            "what the run opens (`opened`) is more than a tenth of the other image already: OpenCV "
            "5 alone is 156 MB of machine code, LiteRT 46, numpy 38, pandas 18"
        ),
    )
}


def write_dockerfile(rival: str, match: Match, *, requires: bool = True) -> str:
    """Return what people write by hand: as tutorials have it, or as ``docker init`` asks for."""
    tag = "3.13-alpine3.23" if rival == ALPINE else "3.13-slim"
    lines = [f"FROM python:{tag}"]
    if rival != ITSELF and not requires:
        lines += ["WORKDIR /app", "COPY . ."]
    elif rival != ITSELF:
        lines += _init() if rival == INIT else _tutorial()
    if match.port is not None:
        lines.append(f"EXPOSE {match.port}")
    lines.append(f"CMD {json.dumps(match.command)}")
    return "\n".join(lines) + "\n"


def _tutorial() -> list[str]:
    return [
        "WORKDIR /app",
        "COPY requirements.txt .",
        f"RUN {_PIP} --no-cache-dir -r requirements.txt",
        "COPY . .",
    ]


def _init() -> list[str]:
    """Return the steps of ``docker init`` for Python, in our own words."""
    return [
        "ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1",
        "WORKDIR /app",
        "RUN useradd --uid 10001 --no-create-home --home-dir /none --shell /sbin/nologin app",
        (
            "RUN --mount=type=cache,target=/root/.cache/pip "
            "--mount=type=bind,source=requirements.txt,target=requirements.txt "
            f"{_PIP} -r requirements.txt"
        ),
        "USER app",
        "COPY . .",
    ]
