"""Notes in a PostgreSQL database; DATABASE_URL says where it is."""

import os

import psycopg2
from flask import Flask, Response, jsonify, request

app = Flask(__name__)
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id serial PRIMARY KEY, text text NOT NULL)"


def connect():
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise psycopg2.OperationalError("DATABASE_URL is not set")
    return psycopg2.connect(url, connect_timeout=5)


@app.errorhandler(psycopg2.OperationalError)
def unavailable(error: psycopg2.OperationalError) -> tuple[Response, int]:
    return jsonify(error=f"no database: {error}"), 503


@app.get("/health")
def health() -> Response:
    return jsonify(status="ok")


@app.get("/notes")
def notes() -> Response:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        cursor.execute("SELECT id, text FROM notes ORDER BY id")
        return jsonify([{"id": number, "text": text} for number, text in cursor.fetchall()])


@app.post("/notes")
def add() -> tuple[Response, int]:
    text = str((request.get_json(silent=True) or {}).get("text", "")).strip()
    if not text:
        return jsonify(error="text is missing"), 400
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        cursor.execute("INSERT INTO notes (text) VALUES (%s) RETURNING id", (text,))
        return jsonify(id=cursor.fetchone()[0], text=text), 201
