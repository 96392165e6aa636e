import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import app, open_store
from app.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    store = Store(folder / "readings.db")
    app.dependency_overrides[open_store] = lambda: store
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


def test_it_is_well(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_it_is_not_well_without_its_database(client: TestClient, folder: Path) -> None:
    shutil.rmtree(folder)
    assert client.get("/health").status_code == 503


def test_readings_are_summed_up(client: TestClient) -> None:
    client.post("/readings", json={"sensor": "garden", "value": 20})
    summary = client.post("/readings", json={"sensor": "garden", "value": 22}).json()
    assert (summary["count"], summary["mean"], summary["last"]) == (2, 21, 22)
    assert client.get("/sensors").json() == ["garden"]
    assert client.get("/sensors/garden").json() == summary


def test_an_unknown_sensor_is_not_found(client: TestClient) -> None:
    assert client.get("/sensors/attic").status_code == 404


@pytest.mark.parametrize("body", [{}, {"sensor": "", "value": 1}, {"sensor": "a", "value": "x"}])
def test_a_reading_that_is_none_is_refused(client: TestClient, body: dict[str, object]) -> None:
    assert client.post("/readings", json=body).status_code == 422


def test_readings_outlast_a_restart(folder: Path) -> None:
    Store(folder / "kept.db").add("garden", 20)
    summary = Store(folder / "kept.db").summary("garden")
    assert summary is not None
    assert summary.last == 20
