"""The text of ``leanscaffold devices``: profiles, and what catches people out."""

from collections.abc import Mapping

from scaffold.model.target import Device
from scaffold.report.terminal import (
    Content,
    align,
    bullet,
    clipped,
    format_memory,
    format_size,
    styled,
)

NONE = "-"


def show_devices(devices: Mapping[str, Device]) -> Content:
    """Yield the table of profiles."""
    rows = [("Device", "Target", "Memory", "Storage", "CPU", "Name")]
    rows += [
        (
            device.id,
            str(device.arch),
            NONE if device.memory is None else format_memory(device.memory),
            NONE if device.storage is None else format_size(device.storage),
            str(device.cpu),
            device.name,
        )
        for device in sorted(devices.values(), key=lambda device: device.id)
    ]
    header, *lines = align(rows, right=(2, 3))
    yield clipped(header, "bold")
    for line in lines:
        yield clipped(line)


def show_device(device: Device) -> Content:
    """Yield one profile with its caveats and where it comes from."""
    yield styled(device.name, "bold")
    rows = [
        ("  Device", device.id),
        ("  Target", device.arch.platform),
        ("  Memory", "unknown" if device.memory is None else format_memory(device.memory)),
        ("  Storage", "unknown" if device.storage is None else format_size(device.storage)),
        ("  CPU", f"{device.cpu}, {device.cores or 'unknown number of'} cores"),
    ]
    yield from (styled(line) for line in align(rows))
    if device.caveats:
        yield ""
        yield styled("Notes", "bold")
        yield from (bullet(caveat) for caveat in device.caveats)
    yield ""
    yield styled(f"Source: {device.source}, {device.checked}", "dim")
    yield styled(f"leanscaffold plan --device {device.id}")
