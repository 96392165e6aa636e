"""Lines from a serial port, published over MQTT."""
