from pathlib import Path

import pytest

from scaffold.model.errors import ConfigInvalidError, PathUnreadableError
from scaffold.project.entrypoint import EVERYWHERE
from scaffold.project.entrypoint.source_facts import read_sources
from tests.support.source_folders import FASTAPI, FLASK, command, facts, origin

MANAGE = """
    import os
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
"""
DJANGO = {
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": "",
    "shop/wsgi.py": "application = make()\n",
    "shop/asgi.py": "application = make()\n",
}


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        (FASTAPI, "fastapi"),
        ("import fastapi as f\napp: f.FastAPI = f.FastAPI()\n", "fastapi"),
        ("from starlette.applications import Starlette\napp = Starlette()\n", "starlette"),
        ("from litestar import Litestar\napp = Litestar([])\n", "litestar"),
        ("from quart import Quart\napp = Quart(__name__)\n", "quart"),
    ],
)
def test_an_asgi_application_is_served_by_uvicorn(
    tmp_path: Path, source: str, framework: str
) -> None:
    start = facts(tmp_path, {"main.py": source}, "uvicorn").start
    assert start is not None
    assert start.value.framework == framework
    served = "python -m uvicorn main:app --host 0.0.0.0 --port 8000"
    assert start.value.command == tuple(served.split())
    assert str(start.origin) == "main.py:2"


@pytest.mark.parametrize(
    ("framework", "files", "served"),
    [
        (
            ("litestar", "granian"),
            {"main.py": "from litestar import Litestar\napp = Litestar()\n"},
            "--interface asgi main:app",
        ),
        (("fastapi", "granian"), {"main.py": FASTAPI}, "--interface asgi main:app"),
        (
            ("quart", "granian"),
            {
                "a/__init__.py": "",
                "a/b.py": "import quart\ndef create_app():\n    return quart.Quart(__name__)\n",
            },
            "--interface asgi a.b:create_app --factory",
        ),
        (
            ("flask", "granian"),
            {"main.py": "from flask import Flask\napp = Flask(__name__)\n"},
            "--interface wsgi main:app",
        ),
    ],
)
def test_granian_serves_where_it_is_asked_for_alone(
    tmp_path: Path, framework: tuple[str, ...], files: dict[str, str], served: str
) -> None:
    started = command(tmp_path, files, *framework)
    assert started == f"python -m granian {served} --host 0.0.0.0 --port 8000"


def test_hypercorn_serves_where_it_is_asked_for_alone(tmp_path: Path) -> None:
    served = command(tmp_path, {"main.py": FASTAPI}, "hypercorn")
    assert served == "python -m hypercorn --bind 0.0.0.0:8000 main:app"


def test_a_factory_is_served_as_one(tmp_path: Path) -> None:
    source = "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\n"
    served = command(tmp_path, {"pkg/__init__.py": "", "pkg/web.py": source}, "uvicorn")
    assert served == ("python -m uvicorn pkg.web:create_app --factory --host 0.0.0.0 --port 8000")


def test_a_function_that_needs_arguments_is_no_factory(tmp_path: Path) -> None:
    source = "from fastapi import FastAPI\ndef create_app(settings):\n    return FastAPI()\n"
    assert facts(tmp_path, {"web.py": source, "other.py": ""}).start is None


def test_an_application_made_under_the_main_guard_cannot_be_imported(tmp_path: Path) -> None:
    source = "from flask import Flask\nif __name__ == '__main__':\n    app = Flask('x')\n"
    assert command(tmp_path, {"web.py": source}) == "python web.py"


@pytest.mark.parametrize(
    ("installed", "served"),
    [
        (("gunicorn", "waitress"), "python -m gunicorn --bind 0.0.0.0:8000 app:app"),
        (("waitress",), "python -m waitress --host=0.0.0.0 --port=8080 app:app"),
        ((), "FLASK_APP=app:app python -m flask run --host 0.0.0.0 --port 5000"),
    ],
)
def test_flask_is_served_by_what_the_project_asks_for(
    tmp_path: Path, installed: tuple[str, ...], served: str
) -> None:
    start = facts(tmp_path, {"app.py": FLASK}, *installed).start
    assert start is not None
    assert start.value.line == served


def test_flasks_development_server_comes_with_a_remark(tmp_path: Path) -> None:
    assert "development server" in origin(tmp_path, {"app.py": FLASK})


@pytest.mark.parametrize(
    ("installed", "target"),
    [
        ("gunicorn", "gunicorn --bind 0.0.0.0:8000 shop:create_app()"),
        ("waitress", "waitress --host=0.0.0.0 --port=8080 --call shop:create_app"),
        ("click", "flask run --host 0.0.0.0 --port 5000"),
    ],
)
def test_a_flask_factory_is_called_by_the_server(
    tmp_path: Path, installed: str, target: str
) -> None:
    source = """
        from flask import Flask
        def create_app(config=None):
            app = Flask(__name__)
            return app
    """
    files = {"shop/__init__.py": source}
    assert command(tmp_path, files, installed) == f"python -m {target}"


def test_an_object_made_by_a_re_exported_factory_is_found(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from .factory import create_app\n",
        "shop/factory.py": "import flask\ndef create_app():\n    return flask.Flask('x')\n",
        "wsgi.py": "from shop import create_app\napplication = create_app()\n",
    }
    served = command(tmp_path, files, "gunicorn")
    assert served == "python -m gunicorn --bind 0.0.0.0:8000 wsgi:application"
    assert "others" not in origin(tmp_path, files, "gunicorn")


@pytest.mark.parametrize(
    ("installed", "served"),
    [
        ("gunicorn", "python -m gunicorn --bind 0.0.0.0:8000 shop.wsgi:application"),
        ("uvicorn", "python -m uvicorn shop.asgi:application --host 0.0.0.0 --port 8000"),
        ("daphne", "python -m daphne -b 0.0.0.0 -p 8000 shop.asgi:application"),
        ("hypercorn", "python -m hypercorn --bind 0.0.0.0:8000 shop.asgi:application"),
        ("waitress", "python -m waitress --host=0.0.0.0 --port=8080 shop.wsgi:application"),
        ("django", "python manage.py runserver 0.0.0.0:8000 --noreload"),
    ],
)
def test_django_is_served_by_what_the_project_asks_for(
    tmp_path: Path, installed: str, served: str
) -> None:
    assert command(tmp_path, DJANGO, installed) == served


def test_settings_in_a_folder_find_the_wsgi_module_above_it(tmp_path: Path) -> None:
    split = {**DJANGO, "manage.py": MANAGE.replace("settings", "settings.production")}
    split["shop/settings/production.py"] = ""
    assert command(tmp_path, split, "gunicorn").endswith("shop.wsgi:application")


def test_django_in_a_subfolder_is_imported_from_there(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in DJANGO.items()}
    found = facts(tmp_path, files, "gunicorn")
    assert found.source_paths == ("backend",)
    assert found.start is not None
    assert found.start.value.command[-1] == "shop.wsgi:application"


def test_streamlit_runs_headless_and_open(tmp_path: Path) -> None:
    files = {"app.py": "import streamlit as st\n", "pages/main.py": "import streamlit\n"}
    assert command(tmp_path, files) == (
        "python -m streamlit run app.py --server.port 8501 --server.address 0.0.0.0 "
        "--server.headless true"
    )


def test_gradio_without_a_server_name_gets_the_variable(tmp_path: Path) -> None:
    source = "import gradio as gr\ndemo = gr.Blocks()\ndemo.launch()\n"
    start = facts(tmp_path, {"app.py": source}).start
    assert start is not None
    assert start.value.command == ("python", "app.py")
    assert start.value.environment == (("GRADIO_SERVER_NAME", EVERYWHERE),)


@pytest.mark.parametrize(("host", "warned"), [(EVERYWHERE, False), ("127.0.0.1", True)])
def test_gradios_own_server_name_is_respected(tmp_path: Path, host: str, *, warned: bool) -> None:
    source = f"import gradio\ngradio.Blocks().queue().launch(server_name='{host}')\n"
    start = facts(tmp_path, {"app.py": source}).start
    assert start is not None
    assert (start.value.framework, start.value.environment) == ("gradio", ())
    assert ("not reachable" in str(start.origin)) is warned


@pytest.mark.parametrize(
    ("variable", "target"), [("app", "tasks"), ("celery", "tasks"), ("queue", "tasks:queue")]
)
def test_celery_starts_a_worker(tmp_path: Path, variable: str, target: str) -> None:
    source = f"from celery import Celery\n{variable} = Celery('x')\n"
    assert command(tmp_path, {"tasks.py": source}) == f"python -m celery -A {target} worker"


@pytest.mark.parametrize(
    ("files", "started"),
    [
        ({"tool/__init__.py": "", "tool/__main__.py": "print(1)\n"}, "python -m tool"),
        ({"only.py": "print(1)\n"}, "python only.py"),
        ({"main.py": "print(1)\n", "lib.py": ""}, "python main.py"),
        ({"a.py": "if __name__ == '__main__':\n    f()\n", "main.py": ""}, "python a.py"),
        ({"a/b.py": "if '__main__' == __name__:\n    f()\n", "c.py": ""}, "python -m a.b"),
        ({"src/main.py": "print(1)\n"}, "python src/main.py"),
        ({"my-tool.py": "print(1)\n"}, "python my-tool.py"),
        ({"__main__.py": "print(1)\n", "b.py": ""}, "python __main__.py"),
    ],
)
def test_a_script_starts_as_python_would(
    tmp_path: Path, files: dict[str, str], started: str
) -> None:
    assert command(tmp_path, files) == started


def test_files_of_tests_and_packaging_are_no_start(tmp_path: Path) -> None:
    guard = "if __name__ == '__main__':\n    f()\n"
    files = {"setup.py": guard, "tests/main.py": guard, "test_app.py": guard, "docs/conf.py": guard}
    assert facts(tmp_path, files).start is None


def test_two_files_that_nothing_prefers_are_no_start(tmp_path: Path) -> None:
    assert facts(tmp_path, {"one.py": "", "two.py": ""}).start is None


def test_the_other_candidates_are_named(tmp_path: Path) -> None:
    files = {"main.py": FASTAPI, "admin.py": FASTAPI, "web.py": FASTAPI}
    assert origin(tmp_path, files, "uvicorn") == "main.py:2 (others: admin:app, web:app)"


def test_what_the_sources_hand_to_a_server_comes_first(tmp_path: Path) -> None:
    files = {
        "main.py": FASTAPI,
        "zoo.py": FASTAPI,
        "start.py": "import uvicorn\nuvicorn.run('zoo:app')\n",
    }
    assert " zoo:app " in command(tmp_path, files)


def test_a_project_script_is_called_without_its_console_script(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "x"\n[project.scripts]\nrun-it = "pkg.cli:main"\n',
        "src/pkg/__init__.py": "",
        "src/pkg/cli.py": "def main(): ...\n",
    }
    found = facts(tmp_path, files)
    assert found.start is not None
    code = 'import sys; sys.argv[0] = "run-it"; from pkg.cli import main; sys.exit(main())'
    assert found.start.value.command == ("python", "-c", code)
    assert str(found.start.origin) == "pyproject.toml:4 (script run-it)"
    assert found.source_paths == ("src",)


_CALLED = (
    'python -c import sys; sys.argv[0] = "tool"; from tool.__main__ import main; sys.exit(main())'
)


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ("from work import run", "python tool/__main__.py"),
        ("import work", "python tool/__main__.py"),
        ("from tool.work import run", _CALLED),
        ("from .work import run", _CALLED),
        ("try:\n    import work\nexcept ImportError:\n    from tool import work", _CALLED),
    ],
)
def test_a_script_that_imports_its_neighbours_by_name_runs_as_a_file(
    tmp_path: Path, beside: str, expected: str
) -> None:
    main = f"{beside}\ndef main(): ...\nif __name__ == '__main__':\n    main()\n"
    scripts = "[project]\nname = 'tool'\n[project.scripts]\ntool = 'tool.__main__:main'\n"
    files = {"tool/__init__.py": "", "tool/work.py": "def run(): ...\n", "tool/__main__.py": main}
    assert command(tmp_path / "a", {"pyproject.toml": scripts, **files}) == expected
    plain = expected.replace(_CALLED, "python -m tool")
    assert command(tmp_path / "b", files) == plain


def test_of_several_project_scripts_the_namesake_starts(tmp_path: Path) -> None:
    text = """
        [project]
        name = "My.Tool"
        [project.scripts]
        admin = "t:admin"
        my-tool = "t:app.run"
    """
    started = command(tmp_path, {"pyproject.toml": text, "t.py": ""})
    assert started.endswith("from t import app; sys.exit(app.run())")
    assert "others: admin" in origin(tmp_path, {"pyproject.toml": text})


def test_a_web_application_comes_before_a_project_script(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[project.scripts]\nx = "main:cli"\n'
    files = {"pyproject.toml": text, "main.py": FASTAPI}
    assert "uvicorn" in command(tmp_path, files, "fastapi")


@pytest.mark.parametrize(
    ("files", "started"),
    [
        ({"hub/__main__.py": "f()\n"}, "-m hub"),
        ({"pyproject.toml": '[project]\nname = "hub"\n[project.scripts]\nhub = "hub.a:b"\n'}, "-c"),
        ({"hub/tests/__main__.py": "f()\n"}, "-m uvicorn"),
    ],
)
def test_what_runs_comes_before_a_web_application_whose_packages_are_an_extras(
    tmp_path: Path, files: dict[str, str], started: str
) -> None:
    known = {"hub/__init__.py": "", "hub/web.py": FASTAPI, **files}
    assert command(tmp_path, known, "aiomqtt").startswith(f"python {started}")
    assert "uvicorn" in command(tmp_path, known, "aiomqtt", "fastapi")


@pytest.mark.parametrize("value", ["main", "main:run; import os", "a b:c", "main:run\\nprint(1)"])
def test_a_project_script_of_another_form_is_an_error(tmp_path: Path, value: str) -> None:
    text = f'[project]\nname = "x"\n[project.scripts]\nx = "{value}"\n'
    with pytest.raises(ConfigInvalidError) as caught:
        facts(tmp_path, {"pyproject.toml": text, "main.py": ""})
    assert [(detail.file, detail.line) for detail in caught.value.details] == [
        ("pyproject.toml", 4)
    ]


def test_a_project_without_python_has_no_start(tmp_path: Path) -> None:
    found = facts(tmp_path, {"README.md": "x"})
    assert (found.start, found.port, found.health, found.uses) == (None, None, None, ())
    assert found.source_paths == (".",)


@pytest.mark.parametrize(
    ("files", "paths"),
    [
        ({"src/pkg/__init__.py": "", "src/pkg/a.py": ""}, ("src",)),
        ({"src/pkg/a.py": "", "main.py": "import pkg\n"}, (".", "src")),
        ({"src/__init__.py": "", "src/a.py": ""}, (".",)),
        ({"src/a.py": "", "main.py": "from src.a import x\n"}, (".",)),
        ({"svc/main.py": "import db\n", "svc/db.py": ""}, ("svc",)),
        ({"svc/main.py": "from svc import db\n", "svc/db.py": ""}, (".",)),
        ({"main.py": "x = 1\n", "sinks/influxdb.py": "import influxdb\n"}, (".",)),
    ],
)
def test_importable_folders_follow_from_the_imports(
    tmp_path: Path, files: dict[str, str], paths: tuple[str, ...]
) -> None:
    assert facts(tmp_path, files).source_paths == paths


def test_a_listed_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathUnreadableError, match=r"main\.py"):
        read_sources(tmp_path, files=["main.py"])


def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'trapped')!r}, 'w')\n"
    assert command(tmp_path, {"main.py": trap}) == "python main.py"
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize(
    ("readme", "found"),
    [
        ("Run `rq worker default --url $REDIS`.\n", "rq worker default"),
        ("```\n$ rq worker high low\n```\n", "rq worker high low"),
        ("`rq` is a queue.\n", "python tasks.py"),
        ("`huey_consumer tasks.huey`\n", "python tasks.py"),
    ],
)
def test_a_program_that_is_told_and_installed_starts_before_a_file_that_only_defines(
    tmp_path: Path, readme: str, found: str
) -> None:
    files = {"tasks.py": "def add(a, b):\n    return a + b\n", "README.md": readme}
    assert command(tmp_path, files, "rq") == found


@pytest.mark.parametrize(
    ("readme", "given"),
    [
        ("# Meter\n\n    meter serve --port 80\n", "serve --port 80"),
        ("`meter serve` and `meter serve -v`\n", "serve"),
        ("`meter serve` or `meter push`\n", ""),
        ("`meter list-ports`, then `meter serve`\n", "serve"),
        ("`meter sample-config` writes one.\n", ""),
        ("# M\n\n    meter check\n", ""),
        ("# M\n\n    meter config\n    meter serve config\n", "serve config"),
        ("`meter` measures.\n", ""),
    ],
)
def test_a_command_that_a_script_lacks_is_the_one_that_the_readme_gives(
    tmp_path: Path, readme: str, given: str
) -> None:
    code = "import click\n@click.group()\ndef main(): ...\n"
    code += "@main.command()\ndef serve(): ...\n@main.command()\ndef push(): ...\n"
    files = {
        "pyproject.toml": "[project]\nname='meter'\nversion='1'\n"
        "[project.scripts]\nmeter='meter:main'\n",
        "meter.py": code,
        "README.md": readme,
    }
    assert command(tmp_path, files).partition("sys.exit(main())")[2].strip("'\" ") == given


@pytest.mark.parametrize(
    ("default", "needed"),
    [
        ('typer.Option("info", "--level")', ""),
        ('typer.Option(8000, "--level", "-l")', ""),
        ('typer.Argument("info")', ""),
        ('typer.Option(..., "--level")', "--level"),
    ],
)
def test_what_typer_has_a_default_for_is_not_required(
    tmp_path: Path, default: str, needed: str
) -> None:
    code = f"import typer\ndef main(level=({default})):\n    print(level)\n"
    files = {"main.py": f"{code}if __name__ == '__main__':\n    typer.run(main)\n"}
    start = facts(tmp_path, files, "typer").start
    assert start is not None
    assert [one.partition(" requires ")[2].split(":")[0] for one in start.value.lacks] == (
        [needed] if needed else []
    )


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("uv run python main.py --fast     exits when the queue is empty", "main.py --fast"),
        ("python main.py --fast  # exits when the queue is empty", "main.py --fast"),
        ("MODE=quick python main.py --fast", "main.py --fast"),
        ("A=1 B=x,y uv run python main.py --fast", "main.py --fast"),
        ("python main.py   --fast", "main.py --fast"),
        ("python3 main.py \\\n        --fast \\\n    --deep", "main.py --fast --deep"),
        ("python main.py --fast \\\n```", "main.py --fast"),
        ("python main.py --check     exits with 0 if all is well", "main.py"),
    ],
)
def test_what_explains_a_command_in_the_readme_is_no_part_of_it(
    tmp_path: Path, line: str, given: str
) -> None:
    files = {
        "main.py": "import time\nif __name__ == '__main__':\n    time.sleep(1)\n",
        "README.md": f"# x\n\n    {line}\n",
    }
    assert command(tmp_path, files) == f"python {given}"


@pytest.mark.parametrize(
    ("source", "installed", "started"),
    [
        ("import falcon.asgi as f\napp = f.App()\n", ("falcon", "uvicorn"), "uvicorn main:app"),
        ("import falcon\napi = falcon.App()\n", ("falcon", "waitress"), "waitress"),
        ("from bottle import Bottle\napp = Bottle()\n", ("bottle", "gunicorn"), "gunicorn"),
        ("from blacksheep import Application\napp = Application()\n", ("blacksheep", "hypercorn"),
         "hypercorn"),
        ("import falcon.asgi\napp = falcon.asgi.App()\n", ("falcon", "gunicorn", "uvicorn"),
         "uvicorn main:app"),
        ("import hug\napp = hug.API()\n", ("hug", "granian"), "granian --interface asgi"),
    ],
)  # fmt: skip
def test_an_object_with_routes_of_any_framework_is_served(
    tmp_path: Path, source: str, installed: tuple[str, ...], started: str
) -> None:
    route = f"{'api' if 'api =' in source else 'app'}.add_route('/health', object())\n"
    assert f"-m {started}" in command(tmp_path, {"main.py": source + route}, *installed)


@pytest.mark.parametrize(
    ("source", "installed"),
    [
        ("import typer\napp = typer.Typer()\n@app.command()\ndef f(): pass\napp()\n", "uvicorn"),
        (
            "from aiohttp import web\napp = web.Application()\napp.add_get('/a', f)\nrun(app)\n",
            "gunicorn",
        ),
        ("import falcon\napp = falcon.App()\napp.add_route('/a', f)\nrun(app)\n", "requests"),
    ],
)
def test_what_has_no_routes_or_no_server_runs_itself(
    tmp_path: Path, source: str, installed: str
) -> None:
    names = ("typer", "aiohttp", "falcon", installed)
    assert command(tmp_path, {"main.py": source}, *names) == "python main.py"
