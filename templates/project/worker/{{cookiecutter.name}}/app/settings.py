"""Settings from environment variables."""

import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

NAME = {{ cookiecutter.name | jsonify }}
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
    client_id: str
    database: str
    heartbeat: Path


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings. Raises ValueError if BROKER is not a valid address."""
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
        client_id=environ.get("CLIENT_ID") or own_client_id(home / "client-id"),
        topics=tuple(topic.strip() for topic in topics if topic.strip()),
        database=environ.get("DATABASE") or f"sqlite:///{home / 'messages.db'}",
        heartbeat=Path(environ.get("HEARTBEAT") or "/tmp/heartbeat"),
    )


def own_client_id(file: Path) -> str:
    """Return the MQTT client id of this device, generated at the first start and kept in ``file``.

    A broker disconnects a client when another one connects with the same id, so ids must be unique.
    """
    try:
        return file.read_text().strip()
    except OSError:
        made = f"{NAME}-{uuid.uuid4().hex[:8]}"
    with suppress(OSError):
        file.write_text(made)
    return made
