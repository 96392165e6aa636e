"""Measured values and their limits."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Reading:
    name: str
    value: float
    unit: str
    limit: float | None

    @property
    def over(self) -> bool:
        return self.limit is not None and self.value > self.limit


@dataclass(frozen=True)
class Limits:
    """Maximum values; None means no limit."""

    disk: float | None = None  # percent
    memory: float | None = None  # percent
    load: float | None = None  # per core, of the last five minutes
    temperature: float | None = None  # degrees Celsius


def read_machine(limits: Limits, path: str = "/") -> tuple[Reading, ...]:
    """Return the values of this machine; missing sensors are left out."""
    disk = psutil.disk_usage(path).percent
    memory = psutil.virtual_memory().percent
    load = os.getloadavg()[1] / (os.cpu_count() or 1)
    readings = [
        Reading("disk", disk, "%", limits.disk),
        Reading("memory", memory, "%", limits.memory),
        Reading("load", round(load, 2), "", limits.load),
    ]
    hottest = hottest_of(read_temperatures())
    if hottest is not None:
        readings.append(Reading("temperature", hottest, "°C", limits.temperature))
    return tuple(readings)


def read_temperatures() -> list[float]:
    """Return the temperatures of all sensors; psutil supports them only on Linux."""
    read = getattr(psutil, "sensors_temperatures", dict)
    return [sensor.current for sensors in read().values() for sensor in sensors]


def hottest_of(temperatures: Iterable[float]) -> float | None:
    """Return the highest plausible temperature."""
    return max((value for value in temperatures if -40 < value < 150), default=None)
