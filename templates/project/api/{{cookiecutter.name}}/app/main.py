"""The web application. Readings are stored in the file named by DATABASE."""

import os
import sqlite3
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field

from app.store import Store

app = FastAPI(title="{{ cookiecutter.name }}")


@cache
def open_store() -> Store:
    return Store(Path(os.environ.get("DATABASE", Path.home() / "readings.db")))


Kept = Annotated[Store, Depends(open_store)]


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
def health(store: Kept) -> dict[str, str]:
    try:
        store.check()
    except sqlite3.Error as error:
        raise HTTPException(503, f"the database cannot be written: {error}") from error
    return {"status": "ok"}


@app.post("/readings", status_code=201)
def add(reading: Reading, store: Kept) -> Summary:
    store.add(reading.sensor, reading.value)
    return summary(reading.sensor, store)


@app.get("/sensors")
def sensors(store: Kept) -> list[str]:
    return store.sensors()


@app.get("/sensors/{sensor}")
def summary(sensor: str, store: Kept) -> Summary:
    found = store.summary(sensor)
    if found is None:
        raise HTTPException(404, f"no readings of {sensor}")
    return Summary.model_validate(found, from_attributes=True)
