"""A minimal MQTT broker for one client."""

import socket
import struct
import threading


class Broker:
    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.subscribed = threading.Event()
        self.acknowledged: list[int] = []
        self._client: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def send(self, topic: str, payload: bytes, number: int) -> None:
        assert self._client is not None
        name = topic.encode()
        body = struct.pack("!H", len(name)) + name + struct.pack("!H", number) + payload
        self._client.sendall(bytes([0x32, len(body)]) + body)

    def hang_up(self) -> None:
        assert self._client is not None
        self.subscribed.clear()
        self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                self._client, _ = self._server.accept()
            except OSError:
                return
            with self._client:
                self._talk(self._client)

    def _talk(self, client: socket.socket) -> None:
        while head := client.recv(1):
            body = client.recv(client.recv(1)[0], socket.MSG_WAITALL) if head else b""
            kind = head[0] >> 4
            if kind == 1:  # CONNECT
                client.sendall(b"\x20\x02\x00\x00")
            elif kind == 8:  # SUBSCRIBE
                client.sendall(b"\x90\x03" + body[:2] + b"\x01")
                self.subscribed.set()
            elif kind == 4:  # PUBACK
                self.acknowledged.append(struct.unpack("!H", body[:2])[0])
