"""A server that listens to its own machine by default: opened to the outside, or told at once."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scaffold.model.project import Start
from scaffold.project.reader import read_project
from tests.support.folders import write

ARGPARSE = """
import argparse, {module}
p = argparse.ArgumentParser()
p.add_argument("--host", default="127.0.0.1")
args = p.parse_args()
if __name__ == "__main__":
    {call}
"""
CLICK = """
import click, uvicorn
from click_default_group import DefaultGroup
@click.group({group})
def cli(): ...
@cli.command()
@click.option("-h", "--host", default="127.0.0.1", help="Where to listen")
def serve(host):
    options = dict(host=host, port=8001)
    uvicorn.run("app", **options)
@cli.command()
@click.argument("name")
def show(name): ...
if __name__ == "__main__":
    cli()
"""
OTHER_HOST = """
import flask
DEFAULTS = {"mqtt": {"host": "localhost"}, "web": {"host": "192.0.2.7"}}
if __name__ == "__main__":
    flask.Flask("a").run(host=DEFAULTS["web"]["host"])
"""
TYPER = """
import typer
from aiohttp import web
def main(address: str = "localhost"):
    web.run_app(web.Application(), host=address)
if __name__ == "__main__":
    typer.run(main)
"""
VARIABLE = """
import os
from werkzeug.serving import run_simple
if __name__ == "__main__":
    run_simple(os.environ.get("BIND_TO", "127.0.0.1"), 80, None)
"""
SETTINGS = """
import bottle
from pydantic_settings import BaseSettings
class Config(BaseSettings):
    host: str = "127.0.0.1"
config = Config()
if __name__ == "__main__":
    bottle.run(host=config.host)
"""
CLASS = """
from http.server import HTTPServer
class Web:
    def __init__(self, host="localhost"):
        self.host = host
    def start(self):
        HTTPServer((self.host, 80), None).serve_forever()
if __name__ == "__main__":
    Web().start()
"""
FILE = """
import yaml, uvicorn
config = yaml.safe_load(open("config.yaml"))
if __name__ == "__main__":
    uvicorn.run("app", host=config["server"]["host"])
"""
DOCOPT = '''"""Usage: main.py [--listen=ADDRESS]

Options:
  --listen=ADDRESS  where [default: 127.0.0.1:8080]
"""
import docopt
if __name__ == "__main__":
    docopt.docopt(__doc__)
'''
BROKER = """
import argparse
from aiohttp import web
p = argparse.ArgumentParser()
p.add_argument("--host", default="localhost", help="the MQTT broker's name")
args = p.parse_args()
if __name__ == "__main__":
    web.run_app(web.Application())
"""


def start(folder: Path, text: str, files: Mapping[str, str]) -> Start:
    root = write(folder, {"requirements.txt": "click\n", "main.py": text, **files})
    found = read_project(root, environ={}).start
    assert found is not None
    return found.value


@pytest.mark.parametrize(
    ("text", "added"),
    [
        (ARGPARSE.format(module="uvicorn", call="uvicorn.run('a', host=args.host)"), "--host"),
        (ARGPARSE.format(module="flask", call="flask.Flask('a').run(args.host or None)"), ""),
        (CLICK.format(group="cls=DefaultGroup, default='serve'"), "serve --host"),
        (TYPER, "--address"),
    ],
)
def test_an_option_for_the_address_is_given(tmp_path: Path, text: str, added: str) -> None:
    command = " ".join(start(tmp_path, text, {}).command)
    assert command.removeprefix("python main.py").strip() == (f"{added} 0.0.0.0" if added else "")


def test_the_port_of_the_same_parser_is_the_servers(tmp_path: Path) -> None:
    # beancount/fava
    text = ARGPARSE.format(module="cheroot", call="cheroot.wsgi.Server((args.host, args.port))")
    text = text.replace("args =", "p.add_argument('-p', '--port', type=int, default=5001)\nargs =")
    root = write(tmp_path, {"requirements.txt": "cheroot\n", "main.py": text})
    project = read_project(root, environ={})
    assert project.port is not None
    assert project.port.value == 5001


def test_an_address_with_a_port_keeps_it(tmp_path: Path) -> None:
    assert start(tmp_path, DOCOPT, {}).command[2:] == ("--listen", "0.0.0.0:8080")


@pytest.mark.parametrize(("text", "variable"), [(VARIABLE, "BIND_TO"), (SETTINGS, "HOST")])
def test_a_variable_for_the_address_is_set(tmp_path: Path, text: str, variable: str) -> None:
    assert start(tmp_path, text, {}).environment == ((variable, "0.0.0.0"),)  # noqa: S104


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('a:b')\n",
            "main.py:3 listens",
        ),
        (CLASS, "main.py:3 listens on localhost, which nothing outside"),
        (FILE, "config.yaml:2 listens on 127.0.0.1"),
        (CLICK.format(group=""), "as with --cmd 'python main.py serve --host 0.0.0.0'"),
    ],
)
def test_what_no_option_opens_is_told(tmp_path: Path, text: str, told: str) -> None:
    lacks = start(tmp_path, text, {"config.yaml": "server:\n  host: 127.0.0.1\n"}).lacks
    assert any(told in one for one in lacks), lacks


@pytest.mark.parametrize(
    "text",
    [
        BROKER,
        "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('a:b', host='0.0.0.0')\n",
        "from waitress import serve\nif __name__ == '__main__':\n    serve(None)\n",
        OTHER_HOST,
    ],
)
def test_what_is_reached_is_left_alone(tmp_path: Path, text: str) -> None:
    found = start(tmp_path, text, {})
    assert (found.command, found.environment, found.lacks) == (("python", "main.py"), (), ())


CONFIGURED = {
    "cherrypy": """
import cherrypy
if __name__ == "__main__":
    cherrypy.config.update({{{settings}'server.socket_port': 9091}})
    cherrypy.quickstart(object())
""",
    "hypercorn": """
import asyncio
from hypercorn.config import Config
from hypercorn.asyncio import serve
if __name__ == "__main__":
    config = Config()
    config.bind = ["{settings}"]
    asyncio.run(serve(app, config))
""",
    "twisted": """
from twisted.internet import reactor
if __name__ == "__main__":
    reactor.listenTCP(9091, site, {settings})
    reactor.run()
""",
    "prometheus_client": """
import time
from prometheus_client import start_http_server
if __name__ == "__main__":
    start_http_server(9091, {settings})
    time.sleep(9)
""",
    "robyn": """
from robyn import Robyn
app = Robyn(__file__)
if __name__ == "__main__":
    app.start({settings}port=9091)
""",
}


@pytest.mark.parametrize(
    ("server", "settings", "closed"),
    [
        ("cherrypy", "", True),
        ("cherrypy", "'server.socket_host': '127.0.0.1', ", True),
        ("cherrypy", "'server.socket_host': '0.0.0.0', ", False),
        ("cherrypy", "'server.socket_host': args.host, ", False),
        ("hypercorn", "localhost:9091", True),
        ("hypercorn", "[::]:9091", False),
        ("twisted", "interface='127.0.0.1'", True),
        ("twisted", "50", False),
        ("prometheus_client", "'127.0.0.1'", True),
        ("prometheus_client", "", False),
        ("robyn", "", True),
        ("robyn", "host='0.0.0.0', ", False),
    ],
)
def test_servers_that_are_told_by_settings_of_their_own(
    tmp_path: Path, server: str, settings: str, *, closed: bool
) -> None:
    text = CONFIGURED[server].format(settings=settings)
    root = write(tmp_path, {"requirements.txt": f"{server}\n", "main.py": text})
    project = read_project(root, environ={})
    assert project.port is not None
    assert project.port.value == 9091
    assert project.start is not None
    told = [text for text in project.start.value.lacks if "change it to 0.0.0.0" in text]
    assert bool(told) is closed


def test_settings_from_a_file_or_another_module_are_not_guessed(tmp_path: Path) -> None:
    start = (
        "import cherrypy{more}\nif __name__ == '__main__':\n    {set}\n    cherrypy.quickstart(A)\n"
    )
    other = (
        "import cherrypy\ndef setup():\n    cherrypy.config.update({'server.socket_host': '::'})\n"
    )
    cases = {
        "file": {"main.py": start.format(more="", set="cherrypy.config.update('app.conf')")},
        "module": {"main.py": start.format(more=", other", set="other.setup()"), "other.py": other},
    }
    for name, files in cases.items():
        root = write(tmp_path / name, {"requirements.txt": "cherrypy\n", **files})
        found = read_project(root, environ={}).start
        assert found is not None
        assert not any("change it" in text for text in found.value.lacks)


@pytest.mark.parametrize(
    ("options", "listens"),
    [
        ("p.add_argument('--web-port', type=int, default=9091)", "args.web_port"),
        ("p.add_argument('-p', '--port', default=os.environ.get('APP', '9091'))", "int(args.port)"),
        ("port = config.getint('web_port', 9091)", "port"),
        ("port = config.get('web', 'port', fallback='9091')", "int(port)"),
        ("port = int(os.getenv('APP_PORT', 9091))", "port"),
    ],
)
def test_the_default_of_what_a_port_is_read_from(
    tmp_path: Path, options: str, listens: str
) -> None:
    text = f"""
import argparse, os
from prometheus_client import start_http_server
def main():
    p = argparse.ArgumentParser()
    {options}
    args = p.parse_args()
    start_http_server({listens})
    input()
if __name__ == "__main__":
    main()
"""
    root = write(tmp_path, {"requirements.txt": "prometheus-client\n", "main.py": text})
    port = read_project(root, environ={}).port
    assert port is not None
    assert port.value == 9091
