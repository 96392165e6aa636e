"""The gateway's command; its settings are environment variables."""

import os
import sys
from itertools import islice

import paho.mqtt.client as mqtt

from gateway.ports import read_lines


def main() -> int:
    device = os.environ.get("SERIAL_DEVICE", "/dev/ttyUSB0")
    host = os.environ.get("MQTT_HOST", "")
    topic = os.environ.get("MQTT_TOPIC", "gateway")
    limit = int(os.environ.get("LINES", "0")) or None
    client = connect(host, int(os.environ.get("MQTT_PORT", "1883"))) if host else None
    lines = read_lines(device, int(os.environ.get("SERIAL_BAUD", "9600")))
    for line in islice(lines, limit):
        name, _, value = line.partition("=")
        if client is not None:
            client.publish(f"{topic}/{name}", value, qos=1)
        print(f"{topic}/{name} {value}", flush=True)
    if client is not None:
        client.loop_stop()
        client.disconnect()
    return 0


def connect(host: str, port: int) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.reconnect_delay_set(1, 60)
    client.connect_async(host, port)
    client.loop_start()
    return client


if __name__ == "__main__":
    sys.exit(main())
