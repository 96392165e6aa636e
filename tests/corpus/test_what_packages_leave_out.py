"""What a use of a package needs besides, which its metadata do not require.

Kinds of public reports: ocean_ctf#65, apprise-api#352 (workers of gunicorn), mem0#7297 and
langflow#3517 (drivers of databases), handy-ollama#48 (WebSockets); the projects are written here.
"""

from functools import cache
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.knowledge import Facts
from scaffold.planner.companions import find_companions
from scaffold.project.reader import read_project
from tests.support.folders import write


@cache
def facts() -> Facts:
    return load_facts(knowledge())


def told(folder: Path, files: dict[str, str], installed: str) -> list[tuple[str, bool]]:
    """Return what is said of a project with these packages, and whether it is refused for it."""
    there = {one.partition("==")[0]: one.partition("==")[2] or "1.0" for one in installed.split()}
    asked = {"requirements.txt": "".join(f"{name}\n" for name in there)}
    project = read_project(write(folder, {**asked, **files}), environ={})
    found = find_companions(project, facts(), there, frozenset())
    return [(reason.text, certain) for reason, certain in found]


SERVED = "from fastapi import FastAPI{}\napp = FastAPI()\n{}\n"
FORM = SERVED.format(", Form", '@app.post("/")\ndef post(name: str = Form()):\n    return name')
UPLOAD = SERVED.format(", UploadFile", '@app.post("/")\ndef post(one: UploadFile):\n    return 1')
SOCKET = SERVED.format(
    ", WebSocket", '@app.websocket("/")\nasync def talk(one: WebSocket):\n    pass'
)
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine({})\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
SOUP = "from bs4 import BeautifulSoup\nprint(BeautifulSoup(open('a').read(), {}))\n"


@pytest.mark.parametrize(
    ("source", "installed", "named", "certain"),
    [
        (FORM, "fastapi uvicorn", "python-multipart", True),
        (UPLOAD, "fastapi uvicorn", "python-multipart", True),
        (SOCKET, "fastapi uvicorn", "uvicorn[standard]", False),
        (ENGINE.format("'mysql+pymysql://db/a'"), "sqlalchemy", "add PyMySQL", True),
        (ENGINE.format("f'sqlite+aiosqlite:///{__file__}'"), "sqlalchemy", "aiosqlite", True),
        (ENGINE.format("'postgresql://db/a'"), "sqlalchemy==2.0.44", "psycopg2-binary", True),
        (
            ENGINE.format("'postgresql://db/a'"),
            "sqlalchemy==2.1.3 psycopg2-binary",
            "sqlalchemy<2.1",
            True,
        ),
        (
            "import os\n" + ENGINE.format("os.getenv('DB', 'postgresql+asyncpg://db/a')"),
            "sqlalchemy==2.0.44",
            "asyncpg",
            False,
        ),
        ("from pydantic import BaseSettings\nclass A(BaseSettings):\n    a: int = 1\n",
         "pydantic==2.9.1", "pydantic-settings", True),
        (SOUP.format("'lxml'"), "beautifulsoup4", "add lxml", True),
        (SOUP.format("features='html5lib'"), "beautifulsoup4", "html5lib", True),
        ("import weasyprint\nweasyprint.HTML('a')\n", "weasyprint", "font-dejavu", False),
        ("import serial\nserial.Serial('/dev/ttyS0')\n", "serial", "ask for pyserial", True),
        ("import jwt\nprint(jwt.decode('a', 'b'))\n", "jwt", "ask for PyJWT", True),
        ("import sklearn\n", "sklearn", "ask for scikit-learn", True),
        ("from osgeo import gdal\n", "gdal==3.13.3", "gdal<=3.10.3", True),
        ("import pandas\nprint(pandas.read_excel('a.xlsx'))\n", "pandas", "openpyxl", True),
    ],
)  # fmt: skip
def test_a_use_needs_a_package_besides(
    tmp_path: Path, *, source: str, installed: str, named: str, certain: bool
) -> None:
    ((text, refused),) = told(tmp_path, {"main.py": source, "a.xlsx": "."}, installed)
    assert named in text
    assert refused is certain


@pytest.mark.parametrize(
    ("source", "installed"),
    [
        (FORM, "fastapi uvicorn python-multipart"),
        (SOCKET, "fastapi uvicorn websockets"),
        (ENGINE.format("'sqlite:///a.db'"), "sqlalchemy"),
        (ENGINE.format("'postgresql+asyncpg://db/a'"), "sqlalchemy==2.1.3 asyncpg"),
        (ENGINE.format("'postgresql://db/a'"), "sqlalchemy==2.0.44 psycopg2-binary"),
        ("from pydantic import BaseSettings\nclass A(BaseSettings):\n    a: int = 1\n",
         "pydantic==1.10.13"),
        (SOUP.format("'html.parser'"), "beautifulsoup4"),
        ("TEXT = 'redis://a'\nprint(TEXT)\n", "redis flask"),
        ("import serial\nserial.Serial('/dev/ttyS0')\n", "pyserial"),
        ("import serial\nserial.dumps(1)\n", "serial"),
        ("from osgeo import gdal\n", "gdal==3.10.3"),
    ],
)  # fmt: skip
def test_what_is_there_or_not_used_is_not_told(tmp_path: Path, source: str, installed: str) -> None:
    assert not told(tmp_path, {"main.py": source}, installed)


@pytest.mark.parametrize(
    ("files", "installed", "named"),
    [
        ({"Procfile": "web: gunicorn -k gevent app:app\n"}, "gunicorn==23.0", "gunicorn[gevent]"),
        ({"Procfile": "web: gunicorn --worker-class=eventlet app:app\n"}, "gunicorn==23.0",
         "gunicorn[eventlet]"),
        ({"Procfile": "web: gunicorn -k eventlet app:app\n"}, "gunicorn==26.1 eventlet", "gthread"),
        ({"gunicorn.conf.py": 'worker_class = "gevent"\n'}, "gunicorn==23.0", "gunicorn[gevent]"),
        ({"Procfile": "web: gunicorn -c conf/web.py app:app\n",
          "conf/web.py": 'worker_class = "tornado"\n'}, "gunicorn==23.0", "add tornado"),
        ({"Procfile": "worker: celery -A app worker --pool gevent\n"}, "celery", "celery[gevent]"),
    ],
)  # fmt: skip
def test_a_worker_that_the_start_names_needs_its_package(
    tmp_path: Path, files: dict[str, str], installed: str, named: str
) -> None:
    ((text, refused),) = told(tmp_path, {"app.py": FLASK, **files}, f"flask {installed}")
    assert named in text
    assert refused


@pytest.mark.parametrize(
    ("files", "imported"),
    [
        ({"Procfile": "web: gunicorn -k uvicorn.workers.UvicornWorker app:app\n"}, "uvicorn"),
        ({"Procfile": "web: gunicorn -k own.Worker app:app\n", "own.py": ""}, ""),
        ({"Procfile": "web: gunicorn -k gthread app:app\n"}, ""),
    ],
)
def test_a_class_of_workers_is_imported(
    tmp_path: Path, files: dict[str, str], imported: str
) -> None:
    asked = {"requirements.txt": "gunicorn\nflask\n", "app.py": FLASK}
    project = read_project(write(tmp_path, {**asked, **files}), environ={})
    found = {use.value for use in project.uses if use.code == "imports"} - {"flask"}
    assert found == {imported} - {""}


def test_what_settings_of_django_list_is_imported(tmp_path: Path) -> None:
    settings = """\
        DEBUG = False
        THIRD_APPS = ["rest_framework", "crispy_forms.apps.Crispy"]
        INSTALLED_APPS = ["django.contrib.auth", "own.apps.Own", *THIRD_APPS]
        MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
        if DEBUG:
            INSTALLED_APPS += ["debug_toolbar"]
        ROOT_URLCONF = "site_.urls"
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
        """
    manage = """\
        import os
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
        if __name__ == "__main__":
            from django.core.management import execute_from_command_line
            execute_from_command_line()
        """
    wsgi = """\
        import os
        from django.core.wsgi import get_wsgi_application
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
        application = get_wsgi_application()
        """
    files = {
        "requirements.txt": "django\ngunicorn\n",
        "manage.py": manage,
        "site_/__init__.py": "",
        "site_/settings.py": settings,
        "site_/urls.py": "urlpatterns = []\n",
        "site_/wsgi.py": wsgi,
        "own/__init__.py": "",
        "own/apps.py": "",
    }
    project = read_project(write(tmp_path, files), environ={})
    imports = {use.value: use.when for use in project.uses if use.code == "imports"}
    assert {name for name, when in imports.items() if when == "start"} == {
        *("django", "rest_framework", "crispy_forms", "whitenoise")
    }
    found = find_companions(project, facts(), {"django": "5.2"}, frozenset())
    assert [(refused, "psycopg[binary]" in one.text) for one, refused in found] == [(False, True)]
