"""Spare parts, and whether the site is well."""

from django.db import connection
from django.http import HttpRequest, JsonResponse

SCHEMA = "CREATE TABLE IF NOT EXISTS part (name text PRIMARY KEY, count integer NOT NULL)"
FIRST = [("fuse", 12), ("relay", 3), ("sensor", 0)]


def health(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def parts(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        cursor.executemany("INSERT OR IGNORE INTO part VALUES (%s, %s)", FIRST)
        cursor.execute("SELECT name, count FROM part ORDER BY name")
        return JsonResponse({"parts": dict(cursor.fetchall())})
