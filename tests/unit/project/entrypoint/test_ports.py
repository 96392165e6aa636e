from pathlib import Path
from textwrap import dedent

import pytest

from scaffold.model.errors import ConfigInvalidError
from tests.support.source_folders import FASTAPI, FLASK, command, facts, health, origin, port


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("uvicorn.run(app, port=9000)", (9000, "main.py:4 (port)")),
        (
            "uvicorn.run(app, port=int(os.environ.get('PORT', '8080')))",
            (8080, "main.py:4 (default of PORT)"),
        ),
        ("P = 7000; uvicorn.run(app, port=P)", (7000, "main.py:4 (port)")),
        ("p = os.getenv('PORT', 8081)", (8081, "main.py:4 (default of PORT)")),
        ("p = os.getenv('MQTT_PORT', 1883)", (8000, "uvicorn (its default port)")),
        ("uvicorn.run(app, port=70000)", (8000, "uvicorn (its default port)")),
    ],
)
def test_the_port_is_the_one_the_sources_name(
    tmp_path: Path, line: str, found: tuple[int, str]
) -> None:
    files = {"main.py": f"{FASTAPI}import os, uvicorn\nif __name__ == '__main__': {line}\n"}
    assert port(tmp_path, files) == found
    assert command(tmp_path, files).endswith(f"--port {found[0]}")


LOGIN = "from aiohttp import web\ndef log_in(app):\n    web.TCPSite(app, 'localhost', 8080)\n"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        # Where the application listens is known, or not: a login of its own machine is no answer.
        ("websockets.serve(handle, '0.0.0.0', 15733)", 15733),
        ("websockets.serve(handle, '0.0.0.0', given.port)", None),
        ("web.run_app(app, port=given.port)", None),
        # A constant says it.
        ("PORT = 8090\nweb.run_app(app, port=given.port)", 8090),
        ("DEFAULT_PORT = 8091\nuvicorn.Config(app, host=H, port=settings.port)", 8091),
        ("DEFAULT_PORT: Final = 8093\nuvicorn.Config(app, port=settings.port)", 8093),
        ("DEFAULT_PORT = 8092\nprint(settings.port)", 8080),
        ("MQTT_PORT = 1883\nuvicorn.Config(app, host=H, port=settings.port)", None),
        ("print('nothing else listens')", 8080),
    ],
)
def test_a_port_of_loopback_beside_the_server_is_not_the_applications(
    tmp_path: Path, line: str, found: int | None
) -> None:
    main = (
        f"import uvicorn, websockets\nfrom aiohttp import web\nfrom helpers import login\n{line}\n"
    )
    files = {"main.py": f"{main}if __name__ == '__main__':\n    login.log_in(app)\n"}
    known = port(tmp_path, {**files, "helpers/__init__.py": "", "helpers/login.py": LOGIN})
    assert (known[0] if known else None) == found


@pytest.mark.parametrize(
    ("readme", "found"),
    [
        ("Start it with `uvicorn main:app --port 9300`.\n", 9300),
        ("```\nuv run uvicorn main:app --host 0.0.0.0 --port 9301\n```\n", 9301),
        ("# App\n\n    $ python -m uvicorn main:app --port 9302\n", 9302),
        ("`uvicorn other:app --port 9303` is something else.\n", 8000),
        ("`uvicorn main:app --port <port>`\n", 8000),
    ],
)
def test_a_port_that_no_source_names_is_that_of_the_readme(
    tmp_path: Path, readme: str, found: int
) -> None:
    files = {"main.py": FASTAPI, "README.md": readme}
    known = port(tmp_path, files, "uvicorn")
    assert known is not None
    assert known[0] == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("waitress.serve(app, listen='0.0.0.0:9400')", 9400),
        ("waitress.serve(app, listen='*:9401')", 9401),
        ("s = grpc.server(pool)\ns.add_insecure_port('[::]:50051')", 50051),
        ("s = grpc.aio.server()\nP = 50052\ns.add_insecure_port(f'[::]:{P}')", 50052),
    ],
)
def test_an_address_in_one_text_gives_the_port(tmp_path: Path, line: str, found: int) -> None:
    known = port(tmp_path, {"main.py": f"import grpc, waitress\n{line}\n"})
    assert known is not None
    assert known[0] == found


def test_gunicorns_own_file_gives_the_port(tmp_path: Path) -> None:
    files = {"app.py": FLASK, "gunicorn.conf.py": "bind = '0.0.0.0:9100'\n"}
    assert port(tmp_path, files, "gunicorn") == (9100, "gunicorn.conf.py:1 (bind)")
    assert command(tmp_path, files, "gunicorn") == "python -m gunicorn app:app"


def test_a_bind_may_take_its_port_from_a_variable(tmp_path: Path) -> None:
    bind = "import os\nbind = f\"0.0.0.0:{os.getenv('PORT', '9100')}\"\n"
    files = {"app.py": FLASK, "gunicorn.conf.py": bind}
    assert port(tmp_path, files, "gunicorn") == (9100, "gunicorn.conf.py:2 (bind)")
    assert "--bind" not in command(tmp_path, files, "gunicorn")


def test_a_bind_to_the_container_itself_is_overridden(tmp_path: Path) -> None:
    files = {"app.py": FLASK, "gunicorn.conf.py": "bind = '127.0.0.1:9100'\n"}
    assert "--bind 0.0.0.0:9100" in command(tmp_path, files, "gunicorn")


def test_streamlits_settings_give_port_and_base_path(tmp_path: Path) -> None:
    config = '[server]\nport = 9000\nbaseUrlPath = "ui"\n'
    files = {"app.py": "import streamlit\n", ".streamlit/config.toml": config}
    assert port(tmp_path, files) == (9000, ".streamlit/config.toml:2")
    assert health(tmp_path, files) == "/ui/_stcore/health"


def test_a_script_that_serves_nothing_has_no_port(tmp_path: Path) -> None:
    assert port(tmp_path, {"main.py": "print(1)\n"}) is None


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("@app.get('/ping')", "/ping"),
        ("@app.get('/')", "/"),
        ("@app.get('/v1/health')", "/v1/health"),
        ("@app.post('/health')", "/openapi.json"),
        ("@app.get('/{name}/health')", "/openapi.json"),
        ("@app.api_route('/healthz', methods=['GET'])", "/healthz"),
        ("@app.api_route('/healthz', methods=['PUT'])", "/openapi.json"),
    ],
)
def test_the_health_path_is_a_literal_get_route(tmp_path: Path, line: str, path: str) -> None:
    assert health(tmp_path, {"main.py": f"{FASTAPI}{line}\ndef f(): ...\n"}) == path


def test_health_is_preferred_to_the_root(tmp_path: Path) -> None:
    routes = "@app.get('/')\ndef a(): ...\n@app.get('/health')\ndef b(): ...\n"
    assert health(tmp_path, {"main.py": FASTAPI + routes}) == "/health"


def test_fastapi_without_a_schema_has_no_health_path(tmp_path: Path) -> None:
    source = "from fastapi import FastAPI\napp = FastAPI(openapi_url=None)\n"
    assert health(tmp_path, {"main.py": source}) is None


@pytest.mark.parametrize(
    ("included", "path"),
    [
        ("app.include_router(r, prefix='/v1')", "/v1/x/health"),
        ("app.include_router(r)", "/x/health"),
        ("app.include_router(r, prefix=unknown)", "/openapi.json"),
        ("", "/openapi.json"),
    ],
)
def test_a_routers_prefixes_are_added(tmp_path: Path, included: str, path: str) -> None:
    router = "from fastapi import APIRouter\nr = APIRouter(prefix='/x')\n"
    files = {
        "main.py": f"from api import r\n{FASTAPI}{included}\n",
        "api.py": f"{router}@r.get('/health')\ndef f(): ...\n",
    }
    assert health(tmp_path, files) == path


def test_a_blueprint_takes_the_prefix_it_is_registered_with(tmp_path: Path) -> None:
    views = "from flask import Blueprint\nb = Blueprint('b', __name__, url_prefix='/x')\n"
    files = {
        "app.py": f"from views import b\n{FLASK}app.register_blueprint(b, url_prefix='/y')\n",
        "views.py": f"{views}@b.route('/health')\ndef f(): ...\n",
    }
    assert health(tmp_path, files) == "/y/health"


def test_starlettes_mounted_routes_are_found(tmp_path: Path) -> None:
    source = """
        from starlette.applications import Starlette
        from starlette.routing import Mount, Route
        app = Starlette(routes=[Mount("/api", routes=[Route("/health", f)])])
    """
    assert health(tmp_path, {"main.py": source}) == "/api/health"


def test_litestars_controllers_add_their_path(tmp_path: Path) -> None:
    source = """
        from litestar import Controller, Litestar, get
        class Status(Controller):
            path = "/status"
            @get("/health")
            async def f(self): ...
        app = Litestar([Status])
    """
    assert health(tmp_path, {"main.py": source}) == "/status/health"


def test_djangos_urls_are_followed_through_include(tmp_path: Path) -> None:
    files = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.settings')\n",
        "a/settings.py": "ROOT_URLCONF = 'a.urls'\n",
        "a/urls.py": "from django.urls import *\nfrom django.urls import path, include\n"
        "urlpatterns = [path('', home), path('b/', include('b.urls'))]\n",
        "b/urls.py": "from django.urls import path\nurlpatterns = [path('health/', view)]\n",
    }
    assert health(tmp_path, files) == "/b/health/"


@pytest.mark.parametrize(
    ("line", "started"),
    [
        (
            "web: uvicorn main:app --port $PORT",
            "python -m uvicorn main:app --port 8000 --host 0.0.0.0",
        ),
        (
            "web: uvicorn main:app --host 0.0.0.0 --port ${PORT:-5005}",
            "python -m uvicorn main:app --host 0.0.0.0 --port 5005",
        ),
        ("web: gunicorn main:app", "python -m gunicorn main:app --bind 0.0.0.0:8000"),
        ("web: gunicorn -b :7001 main:app", "python -m gunicorn -b :7001 main:app"),
        ("worker: celery -A t worker\nweb: python3 main.py", "python main.py"),
        ("clock: python c.py\nworker: celery -A t worker", "python -m celery -A t worker"),
        ("web: cd x && python main.py", "sh -c cd x && python main.py"),
        # What no file matches, a shell leaves as it is.
        (
            "web: waitress-serve --listen=*:8080 main:app",
            "python -m waitress --listen=*:8080 main:app",
        ),
        ("web: python *.py", "sh -c python *.py"),
    ],
)
def test_a_procfile_comes_before_the_sources(tmp_path: Path, line: str, started: str) -> None:
    assert command(tmp_path, {"Procfile": f"{line}\n", "main.py": FASTAPI}) == started


def test_a_procfile_line_that_needs_a_shell_says_so(tmp_path: Path) -> None:
    found = facts(tmp_path, {"Procfile": "web: a | b\n"})
    assert ("needs-shell", "sh") in [(use.code, use.value) for use in found.uses]
    assert "needs a shell" in origin(tmp_path, {"Procfile": "web: a | b\n"})


def test_a_server_in_a_procfiles_shell_line_is_given_the_port_that_the_image_exposes(
    tmp_path: Path,
) -> None:
    line = "web: flask db upgrade; gunicorn app:app\nworker: a; b\n"
    files = {"app.py": FLASK, "Procfile": line}
    found = facts(tmp_path, files, "flask", "gunicorn")
    assert found.start is not None
    assert found.port is not None
    assert found.start.value.environment == (("PORT", str(found.port.value)),)


def test_a_variable_before_a_procfiles_command_is_kept(tmp_path: Path) -> None:
    start = facts(tmp_path, {"Procfile": "worker: MODE=fast python w.py\n"}).start
    assert start is not None
    assert start.value.environment == (("MODE", "fast"),)
    assert start.value.command == ("python", "w.py")


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("web: meter", ()),
        ("web: meter --port $PORT", ("--port", "8000")),
        ("web: bin/meter serve", ("serve",)),
        ("worker: MODE=fast meter work", ("work",)),
        ("api: env A=1 meter -v", ("-v",)),
    ],
)
def test_a_script_of_the_project_in_a_procfile_is_no_foreign_program(
    tmp_path: Path, line: str, arguments: tuple[str, ...]
) -> None:
    described = '[project]\nname = "meters"\n[project.scripts]\nmeter = "meters.cli:main"\n'
    files = {"meters/cli.py": "def main(): ...\n", "pyproject.toml": described}
    found = facts(tmp_path, {**files, "Procfile": f"{line}\n"})
    assert found.start is not None
    started = found.start.value.command
    assert started[:2] == ("python", "-c")
    assert "from meters.cli import main" in started[2]
    assert started[3:] == arguments
    assert all(use.code != "runs-program" for use in found.uses)


def test_all_bad_lines_of_a_procfile_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalidError) as caught:
        facts(tmp_path, {"Procfile": "web python\nok: python a.py\nweb: 'a\n"})
    assert [detail.line for detail in caught.value.details] == [1, 3]


@pytest.mark.parametrize(
    ("constants", "found"),
    [
        (
            "DEFAULT_PORT = 8083\ntry:\n    DEFAULT_PORT = int(given)\nexcept ValueError: ...\n",
            8083,
        ),
        ("WEB_PORT = int(os.environ.get('WEB_PORT', 8090))\n", 8090),
        ("PORT = 1\nSERVER_PORT = 2\n", None),
        ("MQTT_PORT = 1883\n", None),
    ],
)
def test_a_script_that_serves_in_its_own_way_listens_on_the_constants_port(
    tmp_path: Path, constants: str, found: int | None
) -> None:
    main = "from web import app\nif __name__ == '__main__':\n    prepare()\n    Server().run(app)\n"
    files = {"main.py": main, "web.py": FLASK, "constants.py": f"import os\n{constants}"}
    listens = port(tmp_path, files, "flask")
    assert (listens[0] if listens else None) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import flet\nflet.app(target=f, port=8550, host='0.0.0.0')", 8550),
        ("from fasthtml.common import *\nserve(port=5055)", 5055),
        ("import dns\ndns.run(address='::', port=8053)", 8053),
        ("import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 9100))\ns.listen()", 9100),
        (
            (
                "import asyncio\nasync def f():\n    loop = asyncio.get_running_loop()\n"
                "    await loop.create_server(P, '0.0.0.0', 7070)\nasyncio.run(f())"
            ),
            7070,
        ),
        # A client's port, and one for datagrams.
        ("import mq\nmq.connect(host='broker', port=1883)", None),
        ("import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.bind(('', 514))", None),
        ("import socketserver as s\ns.UDPServer(('0.0.0.0', 5514), H).serve_forever()", None),
    ],
)
def test_what_is_told_to_listen_to_the_outside_is_a_server(
    tmp_path: Path, source: str, found: int | None
) -> None:
    known = port(tmp_path, {"main.py": source})
    assert (known[0] if known else None) == found


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import socketserver as s\ns.UDPServer(('', 5514), H).serve_forever()", "5514:5514/udp"),
        (
            "import socket\ns = socket.socket(2, socket.SOCK_DGRAM)\ns.bind(('', 514))",
            "514:514/udp",
        ),
        (
            (
                "import asyncio\nasync def f(loop, port):\n"
                "    await loop.create_datagram_endpoint(P, ('::', port))\nasyncio.run(f())"
            ),
            "PORT:PORT/udp",
        ),
        ("import socket\nsocket.socket(2, socket.SOCK_DGRAM).sendto(b'', ('h', 5))", ""),
    ],
)
def test_ports_for_datagrams_are_told_and_have_no_check(
    tmp_path: Path, source: str, told: str
) -> None:
    notes = [note for note in facts(tmp_path, {"main.py": source}).notes if "/udp" in note]
    assert len(notes) == bool(told)
    assert told in "".join(notes)


def test_settings_that_gunicorn_is_told_say_where_it_listens(tmp_path: Path) -> None:
    files = {
        "conf/g.py": "bind = '0.0.0.0:7007'\naccesslog = 'logs/a.log'\n",
        "main.py": FLASK,
        "Procfile": "web: gunicorn --config conf/g.py main:app\n",
    }
    assert command(tmp_path, files, "flask", "gunicorn").endswith("main:app")
    found = facts(tmp_path, files, "flask", "gunicorn")
    assert found.port is not None
    assert found.port.value == 7007
    assert "logs/a.log" in {use.value for use in found.uses if use.code == "writes-file"}


SOCKETS = """
    from flask_socketio import SocketIO
    socketio = SocketIO(app)
    if __name__ == "__main__":
        socketio.run(app, host="0.0.0.0", port=3001)
    """
GREEN = """
    import eventlet
    if __name__ == "__main__":
        eventlet.wsgi.server(eventlet.listen(("0.0.0.0", 8091)), app)
    """


@pytest.mark.parametrize(
    ("source", "installed", "starts"),
    [
        (SOCKETS, "eventlet", "python main.py"),
        (SOCKETS, "", "python -m flask run --host 0.0.0.0 --port 3001"),
        (GREEN, "eventlet", "python main.py"),
        (SOCKETS, "gunicorn", "python -m gunicorn --bind 0.0.0.0:3001 main:app --threads 100"),
        (
            SOCKETS,
            "gunicorn gevent",
            "python -m gunicorn --bind 0.0.0.0:3001 main:app --worker-class gevent",
        ),
        ("if __name__ == '__main__':\n    app.run(port=5001)", "eventlet", "python -m flask run"),
    ],
)
def test_connections_that_stay_open_have_their_server(
    tmp_path: Path, source: str, installed: str, starts: str
) -> None:
    files = {"main.py": FLASK + dedent(source)}
    assert command(tmp_path, files, "flask", *installed.split()).startswith(starts)
