"""What starts is a program of an installed package: it is told, or the file only describes a page.

The kinds come from small projects written as their authors would; the programs are named in the
documentation of Pyramid, Panel, Chainlit, Shiny, Solara, marimo, huey, Chroma and Datasette.
"""

from pathlib import Path

import pytest

from scaffold.project.entrypoint import EVERYWHERE
from scaffold.project.entrypoint.programs import open_program
from scaffold.project.reader import read_project
from tests.support.folders import write

PANEL = "import panel as pn\npn.panel('hi').servable()\n"
CHAT = "import chainlit as cl\n@cl.on_message\nasync def main(message):\n    await message.send()\n"
SHINY = "from shiny import App, ui\napp = App(ui.page_fluid('x'), None)\n"
EXPRESS = "from shiny.express import ui\nui.input_slider('n', 'N', 1, 9, 3)\n"
SOLARA = "import solara\n@solara.component\ndef Page():\n    solara.Text('x')\n"
NOTEBOOK = "import marimo\napp = marimo.App()\nif __name__ == '__main__':\n    app.run()\n"
TASKS = "from huey import RedisHuey\nhuey = RedisHuey()\n"
CHROMA = 'FROM python:3.13\nCOPY . .\nCMD ["chroma", "run", "--path", "/data"]\n'
INI = "[app:main]\nuse = egg:guest\n[server:main]\nuse = egg:waitress#main\nlisten = *:6543\n"
SERVED = "# demo\n\n```\npanel serve app.py --address 0.0.0.0 --port 5007\n```\n"

TASKS_OF_POE = '[project]\nname = "x"\nversion = "1"\n[tool.poe.tasks]\nserve = "{}"\n'
API = "from fastapi import FastAPI\napp = FastAPI()\n"
CELERY = "from celery import Celery\napp = Celery('tasks')\n"
DASH = "from dash import Dash\napp = Dash(__name__)\nserver = app.server\n"
PIPFILE = """
    [packages]
    fastapi = "*"
    uvicorn = "*"
    [scripts]
    start = "uvicorn main:app --port 83"
    """
MCP = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x'{})\nmcp.run({})\n"


def started(folder: Path, listed: str, files: dict[str, str]) -> tuple[str, int | None]:
    project = read_project(write(folder, {"requirements.txt": listed, **files}), environ={})
    assert project.start is not None
    port = project.port.value if project.port else None
    return " ".join(project.start.value.command), port


@pytest.mark.parametrize(
    ("listed", "files", "command", "port"),
    [
        ("panel", {"app.py": PANEL}, "panel serve app.py", 5006),
        (
            "panel",
            {"app.py": PANEL, "README.md": SERVED},
            "panel serve app.py --address 0.0.0.0 --port 5007",
            5007,
        ),
        ("chainlit", {"app.py": CHAT}, "chainlit run app.py --host 0.0.0.0", 8000),
        ("shiny", {"app.py": SHINY}, "shiny run app.py --host 0.0.0.0", 8000),
        ("shiny", {"app.py": EXPRESS}, "shiny run app.py --host 0.0.0.0", 8000),
        ("solara", {"sol.py": SOLARA}, "solara run sol.py --host 0.0.0.0", 8765),
        ("marimo", {"nb.py": NOTEBOOK}, "marimo run nb.py --host 0.0.0.0", 2718),
        (
            "huey",
            {"tasks.py": TASKS, "README.md": "# x\n\n    huey_consumer.py tasks.huey -w 2\n"},
            "huey_consumer.py tasks.huey -w 2",
            None,
        ),
        (
            "pyramid",
            {
                "guest.py": "main = 1\n",
                "production.ini": INI,
                "README.md": "# x\n\n    pserve production.ini",
            },
            "pserve production.ini",
            6543,
        ),
        (
            "chromadb",
            {"Dockerfile": CHROMA, "x.py": "x = 1\n"},
            "chroma run --path /data --host 0.0.0.0",
            8000,
        ),
        (
            "datasette",
            {"x.py": "x = 1\n", "README.md": "# x\n\n    datasette serve data.db --port 9000\n"},
            "datasette serve data.db --port 9000 --host 0.0.0.0",
            9000,
        ),
        (
            "fastapi uvicorn",
            {"main.py": API, "Makefile": "run:\n\tuvicorn main:app --port 8200\n"},
            "python -m uvicorn main:app --host 0.0.0.0 --port 8200",
            8200,
        ),
        (
            "fastapi uvicorn",
            {"main.py": API, "justfile": "start *args:\n    uv run uvicorn main:app --port 8201\n"},
            "python -m uvicorn main:app --host 0.0.0.0 --port 8201",
            8201,
        ),
        (
            "fastapi uvicorn",
            {"main.py": API, "pyproject.toml": TASKS_OF_POE.format("uvicorn main:app --port 82")},
            "python -m uvicorn main:app --host 0.0.0.0 --port 82",
            82,
        ),
        (
            "fastapi uvicorn",
            {"main.py": API, "Pipfile": PIPFILE},
            "python -m uvicorn main:app --host 0.0.0.0 --port 83",
            83,
        ),
        (
            "fastapi uvicorn",
            {"main.py": API, "Makefile": "lint:\n\tuvicorn main:app --port 8200\n"},
            "python -m uvicorn main:app --host 0.0.0.0 --port 8000",
            8000,
        ),
        (
            "celery",
            {"tasks.py": CELERY, "README.md": "# x\n\n    celery -A tasks worker -Q slow\n"},
            "python -m celery -A tasks worker -Q slow",
            None,
        ),
        (
            "dash gunicorn",
            {"app.py": DASH},
            "python -m gunicorn --bind 0.0.0.0:8000 app:server",
            8000,
        ),
        ("mcp", {"x.py": MCP.format("", "transport='sse'")}, "python x.py", 8000),
        ("mcp", {"x.py": MCP.format(", port=81", "'streamable-http'")}, "python x.py", 81),
        ("mcp", {"x.py": MCP.format("", "")}, "python x.py", None),
    ],
)
def test_what_its_authors_run_starts(
    tmp_path: Path, listed: str, files: dict[str, str], command: str, port: int | None
) -> None:
    assert started(tmp_path, listed.replace(" ", "\n") + "\n", files) == (command, port)


def test_a_package_that_is_not_asked_for_serves_nothing(tmp_path: Path) -> None:
    assert started(tmp_path, "requests\n", {"app.py": PANEL}) == ("python app.py", None)


@pytest.mark.parametrize(
    ("name", "words", "opened", "port"),
    [
        ("jupyter", ["lab"], ("lab", "--ip", EVERYWHERE), 8888),
        ("jupyter", ["nbconvert", "a.ipynb"], ("nbconvert", "a.ipynb"), None),
        ("mkdocs", ["serve", "-a", "0.0.0.0:80"], ("serve", "-a", "0.0.0.0:80"), 80),
        ("shiny", ["run", "--port=81"], ("run", "--port=81", "--host", EVERYWHERE), 81),
        ("rq", ["worker"], ("worker",), None),
    ],
)
def test_what_serves_is_opened(
    name: str, words: list[str], opened: tuple[str, ...], port: int | None
) -> None:
    assert open_program(name, words) == (opened, port)
