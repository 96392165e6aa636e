from pathlib import Path

import pytest

from tests.support.source_folders import FASTAPI, FLASK, command, facts, health, origin, port

GUARD = "if __name__ == '__main__':\n    f()\n"
DJANGO = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/__init__.py": "",
    "shop/settings.py": 'ASGI_APPLICATION = "shop.asgi.application"\n',
    "shop/wsgi.py": "application = make()\n",
    "shop/asgi.py": "application = make()\n",
}


@pytest.mark.parametrize(
    ("files", "started"),
    [
        ({"tools/convert.py": GUARD, "main.py": "loop()\n"}, "main.py"),
        ({"examples/main.py": GUARD, "gateway.py": GUARD}, "gateway.py"),
        ({"scripts/main.py": GUARD, "pkg/__init__.py": "", "pkg/__main__.py": "f()\n"}, "-m pkg"),
        ({"camera.py": GUARD, "app.py": "while True:\n    f()\n"}, "app.py"),
        ({"gateway.py": GUARD, "a/b/main.py": GUARD}, "gateway.py"),
        ({"blink.py": "while True:\n    f()\n", "settings.py": "PIN = 4\n"}, "blink.py"),
        ({"app.py": "def f():\n    pass\n", "run.py": GUARD}, "run.py"),
        ({"tools/only.py": GUARD}, "-m tools.only"),
    ],
)
def test_what_stands_highest_starts_and_tools_come_last(
    tmp_path: Path, files: dict[str, str], started: str
) -> None:
    assert command(tmp_path, files) == f"python {started}"


def test_an_example_does_not_outrank_the_application(tmp_path: Path) -> None:
    files = {"examples/main.py": f"{FASTAPI}import uvicorn\nuvicorn.run(app)\n", "web.py": FASTAPI}
    assert " web:app " in command(tmp_path, files, "uvicorn")


def test_the_port_of_an_example_is_not_the_applications(tmp_path: Path) -> None:
    files = {"examples/a.py": "import uvicorn\nuvicorn.run('b:c', port=1234)\n", "main.py": FASTAPI}
    files["serve.py"] = "import uvicorn\nuvicorn.run('main:app', port=4321)\n"
    assert port(tmp_path, files, "uvicorn") == (4321, "serve.py:2 (port)")


@pytest.mark.parametrize(
    "line",
    [
        "sess.run(None, 640)",
        "client.run('token', 8080)",
        "loop.run(main, 5000)",
        "pipeline.run(port=5555)",
        "serial.Serial(port=9600)",
        "p = os.environ.get('PORT', '1883')",
    ],
)
def test_what_is_not_known_to_listen_gives_no_port(tmp_path: Path, line: str) -> None:
    assert port(tmp_path, {"main.py": f"import os\n{line}\n"}) is None


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("import flask\ndef main():\n    app = flask.Flask('x')\n    app.run('::', 8001)\n", 8001),
        ("from dash import Dash\napp = Dash()\napp.run_server(port=8050)\n", 8050),
        ("from bottle import run\nrun(host='::', port=8085)\n", 8085),
        ("import asyncio\nasyncio.start_server(f, '::', 7777)\n", 7777),
        ("from http.server import HTTPServer\nHTTPServer(('', 8090), H)\n", 8090),
        ("from wsgiref.simple_server import make_server\nmake_server('', 8091, a)\n", 8091),
        ("from aiohttp import web\nP = 8092\nweb.run_app(a, port=P)\n", 8092),
        ("from tornado import web\nw = web.Application()\nw.listen(8888)\n", 8888),
    ],
)
def test_a_script_listens_where_its_server_does(tmp_path: Path, source: str, number: int) -> None:
    found = port(tmp_path, {"main.py": source})
    assert found is not None
    assert found[0] == number


def test_a_port_given_to_another_modules_application_is_found(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from .web import make\n",
        "shop/web.py": "import flask\ndef make():\n    return flask.Flask('x')\n",
        "run.py": "from shop import make\nmake().run(port=5005)\n",
    }
    assert port(tmp_path, files) == (5005, "run.py:2 (port)")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("from fastapi import FastAPI\napp = api = FastAPI()\n", "main:app"),
        ("from fastapi import FastAPI\n_x = api = FastAPI()\n", "main:api"),
    ],
)
def test_an_application_with_two_names_is_served_by_the_usual_one(
    tmp_path: Path, source: str, target: str
) -> None:
    assert f" {target} " in command(tmp_path, {"main.py": source}, "uvicorn")


def test_routes_of_both_names_of_an_application_count(tmp_path: Path) -> None:
    source = (
        "from fastapi import FastAPI\napp = api = FastAPI()\n@api.get('/health')\ndef h(): ...\n"
    )
    assert health(tmp_path, {"main.py": source}) == "/health"


def test_routes_of_an_annotated_application_in_a_factory_count(tmp_path: Path) -> None:
    source = """
        from fastapi import FastAPI
        def create_app():
            app: FastAPI = FastAPI()
            @app.get("/health")
            def h(): ...
            return app
    """
    assert health(tmp_path, {"main.py": source}, "uvicorn") == "/health"


def test_streamlit_is_known_by_any_import_of_it(tmp_path: Path) -> None:
    files = {"streamlit_app.py": "from streamlit import title\ntitle('x')\n", "lib.py": ""}
    assert "streamlit run streamlit_app.py" in command(tmp_path, files)


def test_gradios_port_may_be_the_default_of_a_variable(tmp_path: Path) -> None:
    source = (
        "import os\nimport gradio as gr\n"
        "gr.Blocks().launch(server_port=int(os.environ.get('PORT', 7000)))\n"
    )
    assert port(tmp_path, {"app.py": source}) == (7000, "app.py:3 (default of PORT)")


def test_gradios_port_that_nobody_can_know_is_said(tmp_path: Path) -> None:
    source = "import gradio as gr\nimport conf\ngr.Blocks().launch(server_port=conf.port)\n"
    assert port(tmp_path, {"app.py": source}) == (7860, "gradio (its default port)")
    assert "name it with --port" in origin(tmp_path, {"app.py": source})


@pytest.mark.parametrize(
    ("installed", "served"),
    [
        (("uvicorn", "gunicorn"), "uvicorn shop.asgi:application"),
        (("daphne", "gunicorn"), "daphne -b 0.0.0.0 -p 8000 shop.asgi:application"),
        (("gunicorn",), "gunicorn --bind 0.0.0.0:8000 shop.wsgi:application"),
    ],
)
def test_django_with_an_asgi_application_in_its_settings_gets_an_asgi_server(
    tmp_path: Path, installed: tuple[str, ...], served: str
) -> None:
    assert f"python -m {served}" in command(tmp_path, DJANGO, *installed)


def test_django_that_names_no_asgi_application_is_served_by_gunicorn(tmp_path: Path) -> None:
    files = {**DJANGO, "shop/settings.py": ""}
    assert "gunicorn" in command(tmp_path, files, "uvicorn", "gunicorn")


def test_daphne_serves_where_it_is_asked_for_alone(tmp_path: Path) -> None:
    served = command(tmp_path, {"main.py": FASTAPI}, "daphne")
    assert served == "python -m daphne -b 0.0.0.0 -p 8000 main:app"


def test_a_celery_factory_is_no_worker(tmp_path: Path) -> None:
    source = "from celery import Celery\ndef make():\n    return Celery('x')\n"
    assert facts(tmp_path, {"a.py": source, "b.py": ""}).start is None


def test_a_procfile_that_only_prepares_a_release_starts_nothing(tmp_path: Path) -> None:
    files = {"Procfile": "release: python manage.py migrate\n", "app.py": FLASK}
    assert command(tmp_path, files, "gunicorn") == "python -m gunicorn --bind 0.0.0.0:8000 app:app"


@pytest.mark.parametrize(
    "line",
    [
        "worker: python work.py",
        "worker: rq worker --port 6379",
        "worker: celery -A tasks worker -b redis:6379",
        "clock: python clock.py",
    ],
)
def test_what_is_no_web_process_has_neither_port_nor_health(tmp_path: Path, line: str) -> None:
    source = (
        f"{FASTAPI}import uvicorn\n@app.get('/health')\ndef h(): ...\nuvicorn.run(app, port=9)\n"
    )
    found = facts(tmp_path, {"Procfile": f"{line}\n", "main.py": source}, "uvicorn")
    assert found.start is not None
    assert (found.port, found.health) == (None, None)


def test_a_web_process_under_another_name_keeps_port_and_health(tmp_path: Path) -> None:
    files = {"Procfile": "api: gunicorn app:app\n"}
    files["app.py"] = f"{FLASK}@app.route('/health')\ndef h(): ...\n"
    assert port(tmp_path, files) == (8000, "Procfile:1 (api; gunicorn default port)")
    assert health(tmp_path, files) == "/health"


@pytest.mark.parametrize(
    "deep",
    [
        "x" + ".a" * 2000,
        "+".join(["x"] * 1500),
        "f" + "()" * 900,
        "if a:\n  b\n" + "elif a:\n  b\n" * 900,
        "v0 = 'ls'\n" + "".join(f"v{n + 1} = v{n} + 'x'\n" for n in range(3000)) + "r(v3000)",
        "v0 = [1]\n" + "".join(f"v{n + 1} = [v{n}, v{n}]\n" for n in range(60)) + "r(v60)",
    ],
)
def test_sources_of_any_depth_are_read_without_running_out_of_stack(
    tmp_path: Path, deep: str
) -> None:
    head = (
        "from subprocess import run as r\nfrom starlette.applications import Starlette\n"
        "from starlette.routing import Route\napp = Starlette(routes=[Route('/ping', f)])\n"
    )
    files = {"main.py": f"{head}{deep}\n"}
    found = facts(tmp_path, files, "uvicorn")
    assert [use for use in found.uses if use.code == "unparsable"] == []
    assert found.health is not None
    assert found.health.value == "/ping"
