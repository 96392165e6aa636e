"""Stores messages from a broker until it is stopped."""

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from app import heartbeat
from app.settings import Settings
from app.store import Store

log = logging.getLogger(__name__)
_BEAT = 5  # seconds
_LONGEST_WAIT = 60  # seconds between two tries to reach the broker


class Worker:
    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._client = self._make_client()

    def run(self) -> None:
        """Work until ``stop`` is called."""
        # The client connects in a thread of its own, which retries until it succeeds.
        self._client.connect_async(self._settings.host, self._settings.port)
        self._client.loop_start()
        log.info("waiting for %s:%s", self._settings.host, self._settings.port)
        try:
            while True:
                self._beat()
                if self._stop.wait(_BEAT):
                    return
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def stop(self) -> None:
        self._stop.set()

    def keep(self, topic: str, payload: bytes) -> None:
        """Store a message; retry until it succeeds or the worker is stopped."""
        at = datetime.now(UTC)
        while not self._stop.is_set():
            try:
                with self._lock:
                    self._store.add(at, topic, payload)
            except Exception:
                log.exception("cannot keep a message of %s: trying again", topic)
                self._stop.wait(1)
            else:
                return

    def _beat(self) -> None:
        try:
            with self._lock:
                self._store.check()
        except Exception:
            log.exception("the store cannot be written")
        else:
            heartbeat.beat(self._settings.heartbeat, time.time())

    def _make_client(self) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=False,
            manual_ack=True,
        )
        if settings.user:
            client.username_pw_set(settings.user, settings.password)
        if settings.tls:
            client.tls_set()
        client.reconnect_delay_set(1, _LONGEST_WAIT)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _: Any) -> None:
        if code.is_failure:
            log.error("the broker refuses: %s", code)
            return
        client.subscribe([(topic, 1) for topic in self._settings.topics])
        log.info("connected, keeping %s", ", ".join(self._settings.topics))

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        log.warning("no broker at %s:%s yet", self._settings.host, self._settings.port)

    def _on_disconnect(self, _c: mqtt.Client, _data: Any, _flags: Any, code: Any, _: Any) -> None:
        log.warning("disconnected: %s", code)

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.keep(message.topic, bytes(message.payload))
        # Acknowledged only once stored: otherwise the broker sends it again.
        client.ack(message.mid, message.qos)
