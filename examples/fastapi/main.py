"""Readings of sensors, the newest 1000 of each, kept in memory."""

from collections import defaultdict, deque
from datetime import UTC, datetime
from statistics import fmean

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

app = FastAPI(title="Sensor readings")
readings: defaultdict[str, deque[tuple[datetime, float]]] = defaultdict(lambda: deque(maxlen=1000))


class Reading(BaseModel):
    sensor: str = Field(min_length=1, max_length=64)
    value: float


class Summary(BaseModel):
    sensor: str
    count: int
    mean: float
    last: float
    at: datetime


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/readings", status_code=201)
def add(reading: Reading) -> Summary:
    readings[reading.sensor].append((datetime.now(UTC), reading.value))
    return summary(reading.sensor)


@app.get("/sensors")
def sensors() -> list[str]:
    return sorted(readings)


@app.get("/sensors/{sensor}")
def summary(sensor: str) -> Summary:
    if sensor not in readings:
        raise HTTPException(404, f"no readings of {sensor}")
    values = [value for _, value in readings[sensor]]
    at, last = readings[sensor][-1]
    return Summary(sensor=sensor, count=len(values), mean=fmean(values), last=last, at=at)
