"""What the environment says."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BROKER = {{ cookiecutter.broker | jsonify }}
TOPICS = {{ cookiecutter.topics | jsonify }}
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    tls: bool
    user: str
    password: str
    topics: tuple[str, ...]
    database: str
    heartbeat: Path


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings. Raises ValueError for a broker's address that is none."""
    text = environ.get("BROKER") or BROKER
    broker = urlsplit(text)
    if broker.scheme not in _PORTS or not broker.hostname:
        raise ValueError(f"BROKER is {text!r}: write mqtt://host:port or mqtts://host:port")
    home = Path(environ.get("HOME") or Path.home())
    topics = (environ.get("TOPICS") or TOPICS).split(",")
    return Settings(
        host=broker.hostname,
        port=broker.port or _PORTS[broker.scheme],
        tls=broker.scheme == "mqtts",
        user=environ.get("BROKER_USER", ""),
        password=environ.get("BROKER_PASSWORD", ""),
        topics=tuple(topic.strip() for topic in topics if topic.strip()),
        database=environ.get("DATABASE") or f"sqlite:///{home / 'messages.db'}",
        heartbeat=Path(environ.get("HEARTBEAT") or "/tmp/heartbeat"),
    )
