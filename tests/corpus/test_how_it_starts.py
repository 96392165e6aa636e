"""The project's own Dockerfile tells how it starts, in the shapes that real projects have."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from scaffold.model.project import Project
from scaffold.project.reader import read_project
from tests.support.folders import write

LOOP = "import time\nif __name__ == '__main__':\n    time.sleep(1)\n"
WEB = "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef index(): return ''\n"
API = "from fastapi import FastAPI\napp = FastAPI()\n"


def planned(folder: Path, files: Mapping[str, str], *, listed: str = "requests\n") -> Project:
    root = write(folder, {"requirements.txt": listed, **files})
    return read_project(root, environ={})


def folder_of(project: Project) -> str:
    """Return the folder of the project that it starts in."""
    assert project.start is not None
    return project.start.value.folder


def started(project: Project) -> tuple[str, str]:
    assert project.start is not None
    return " ".join(project.start.value.command), str(project.start.origin)


def test_the_arguments_of_the_command_are_kept(tmp_path: Path) -> None:
    text = """
        FROM python:3.13-slim
        WORKDIR /app
        COPY . .
        CMD ["python", "main.py", "-c", "/config/config.yaml"]
        """
    project = planned(tmp_path, {"Dockerfile": text, "main.py": WEB}, listed="flask\n")
    assert started(project) == ("python main.py -c /config/config.yaml", "Dockerfile:4")
    assert any(
        "/config/config.yaml, which is not in the project: mount it" in note
        for note in project.notes
    )


@pytest.mark.parametrize(
    ("lines", "command", "folder"),
    [
        # A subfolder alone is copied.
        ("COPY Meter/ .\nCMD /opt/venv/bin/python meter.py -c /config/config.yaml",
         "python meter.py -c /config/config.yaml", "Meter"),
        # All is copied, and it starts below.
        ("COPY . .\nWORKDIR /opt/x/Meter\nCMD python meter.py", "python meter.py", "Meter"),
        ("COPY . .\nCMD cd Meter && exec python meter.py -t table.csv",
         "python meter.py -t table.csv", "Meter"),
        ("COPY . .\nCMD cd Meter && python ../other.py", "python ../other.py", "Meter"),
        ("COPY Meter .\nCMD python -m meter --table=table.csv", "python -m meter --table=table.csv",
         "Meter"),
        ("COPY . .\nCMD python Meter/meter.py", "python Meter/meter.py", "."),
    ],
)  # fmt: skip
def test_it_starts_in_the_folder_that_their_image_starts_in(
    tmp_path: Path, lines: str, command: str, folder: str
) -> None:
    source = f"{LOOP}import json\nopen('state.json', 'w')\n"
    files = {"Meter/meter.py": source, "Meter/example.yaml": "", "other.py": LOOP}
    files |= {"Meter/table.csv": "", "Dockerfile": f"FROM python:3\nWORKDIR /opt/x\n{lines}\n"}
    project = planned(tmp_path, files)
    assert (started(project)[0], folder_of(project)) == (command, folder)
    written = {use.value for use in project.uses if use.code == "writes-file"}
    inside = f"{folder}/state.json".removeprefix("./")
    assert written == (set() if "other" in command else {inside})


@pytest.mark.parametrize(
    ("lines", "named", "there"),
    [
        # Relative to a folder that is made of several.
        ("COPY src .\nCOPY etc/m.yml .\nCMD python main.py", "m.yml", "/app/etc/m.yml"),
        ("COPY . .\nCOPY etc/m.yml src/\nCMD cd src && python main.py", "m.yml", "/app/etc/m.yml"),
        # Absolute: the sources are elsewhere here.
        ("COPY . .\nCMD python src/main.py", "/opt/x/etc/m.yml", "/app/etc/m.yml"),
        ("COPY src .\nCOPY etc /etc/met\nCMD python main.py", "/etc/met/m.yml", "/app/etc/m.yml"),
        ("COPY src .\nCOPY etc/m.yml /cfg/\nCMD python main.py", "/cfg/m.yml", "/app/etc/m.yml"),
        ("COPY src /app\nWORKDIR /app\nCMD python main.py", "/app/table.csv", "/app/src/table.csv"),
        # Here as there.
        ("COPY src .\nCMD python main.py", "table.csv", ""),
        ("WORKDIR /app\nCOPY . .\nCMD python src/main.py", "/app/etc/m.yml", ""),
        ("COPY . .\nCMD python src/main.py", "/etc/hosts", ""),
    ],
)  # fmt: skip
def test_files_that_are_elsewhere_than_the_sources_name_them_are_told(
    tmp_path: Path, lines: str, named: str, there: str
) -> None:
    source = f"{LOOP}open({named!r})\n"
    files = {"Dockerfile": f"FROM python:3\nWORKDIR /opt/x\n{lines}\n", "src/main.py": source}
    project = planned(tmp_path, {**files, "src/table.csv": "", "etc/m.yml": ""})
    told = [note for note in project.notes if f" names {named}, " in note]
    assert [f"here it is {there};" in note for note in told] == ([True] if there else [])


@pytest.mark.parametrize(
    ("copied", "mounted", "told", "volume"),
    [
        ("COPY . .", "/opt/x/m.ini", "/opt/x/m.ini (here /app/m.ini)", ()),
        ("COPY . .", "/opt/x/state", "/opt/x/state (here /app/state)", ("state",)),
        ("COPY src .", "/opt/x/state", "/opt/x/state (here /app/src/state)", ("src/state",)),
        ("COPY src /srv/code", "/srv/code/log", "/srv/code/log (here /app/src/log)", ("src/log",)),
        ("COPY src src", "/opt/x/src", "/opt/x/src (here /app/src)", ()),
        ("COPY . .", "/data", "/data", ("/data",)),
    ],
)
def test_mounts_are_told_where_they_are_here(
    tmp_path: Path, copied: str, mounted: str, told: str, volume: tuple[str, ...]
) -> None:
    text = f"FROM python:3\nWORKDIR /opt/x\n{copied}\nCMD python main.py\n"
    compose = f"services:\n  a:\n    build: .\n    volumes:\n      - ./d:{mounted}\n"
    files = {"Dockerfile": text, "compose.yaml": compose, "src/main.py": LOOP, "main.py": LOOP}
    project = planned(tmp_path, files)
    assert any(f"mounts {told}: mount it" in note for note in project.notes)
    assert project.volumes == volume


def test_a_copied_pattern_and_a_stage_before_are_followed(tmp_path: Path) -> None:
    text = """
        FROM python:3-alpine AS build
        WORKDIR /build
        ADD src/*.py ./
        FROM python:3-alpine
        WORKDIR /opt/inverter
        COPY --from=build /build/ ./
        ENTRYPOINT ["python", "./docker_start.py"]
        """
    files = {"src/docker_start.py": LOOP, "src/cli.py": LOOP}
    project = planned(tmp_path, {"Dockerfile": text, **files})
    assert started(project) == ("python src/docker_start.py", "Dockerfile:7")


@pytest.mark.parametrize(
    "pattern",
    [
        *("config.example.py", "config-sample.py", "config_template.py", "config.rename.py"),
        *("config.py.dist", "config.default.py", "example_config.py", "settings/config.py.tmpl"),
    ],
)
def test_a_module_of_settings_that_is_a_pattern_alone_is_to_be_put_there(
    tmp_path: Path, pattern: str
) -> None:
    files = {"main.py": f"import config as cfg\nimport __main__\n{LOOP}", pattern: "TOPIC = 'a'\n"}
    project = planned(tmp_path, files)
    told = f"imports config, which the image lacks ({pattern} is its pattern): mount it"
    assert [told in note for note in project.notes if note.startswith("main.py:1 ")] == [True]
    assert not [use for use in project.uses if use.code == "imports"]


def test_a_module_of_settings_may_be_imported_by_its_name(tmp_path: Path) -> None:
    main = f"import importlib\nimportlib.import_module(vars(parser).get('c', 'config'))\n{LOOP}"
    project = planned(tmp_path, {"main.py": main, "config-example.py": ""})
    told = "main.py:2 imports config, which the image lacks (config-example.py is its pattern)"
    assert any(note.startswith(told) for note in project.notes)


@pytest.mark.parametrize(
    ("main", "module"),
    [
        ("from database import Manager\n", "database/__init__.py"),
        ("import config as cfg\n", "config.py"),
        ("import settings.local\n", "settings/__init__.py"),
        ("import lib\n", "lib/__init__.py"),
    ],
)
def test_a_module_that_the_ignore_file_leaves_out_is_lacking_at_the_start(
    tmp_path: Path, main: str, module: str
) -> None:
    folder = module.removesuffix("__init__.py")
    files = {"main.py": f"{main}{LOOP}", module: "x = 1\n", ".dockerignore": f"{folder}\n"}
    project = planned(tmp_path, files)
    name = folder.rstrip("/").removesuffix(".py")
    told = f"main.py:1 imports {name}, which the image lacks (the ignore file leaves out {module})"
    assert project.start is not None
    assert [one.startswith(told) for one in project.start.value.lacks] == [True]
    assert not [use for use in project.uses if use.code == "imports"]


def test_what_the_start_tries_to_import_is_not_lacking(tmp_path: Path) -> None:
    main = f"try:\n    import config\nexcept ImportError:\n    config = None\n{LOOP}"
    files = {"main.py": main, "config.py": "x = 1\n", ".dockerignore": "config.py\n"}
    project = planned(tmp_path, files)
    assert project.start is not None
    assert project.start.value.lacks == ()
    assert any("leaves out config.py" in note for note in project.notes)


@pytest.mark.parametrize("files", [{}, {"config.example.py": "", "config.py": ""}])
def test_a_module_without_a_pattern_or_beside_it_is_not(
    tmp_path: Path, files: Mapping[str, str]
) -> None:
    project = planned(tmp_path, {"main.py": f"import config as cfg\n{LOOP}", **files})
    assert not any("is its pattern" in note for note in project.notes)
    assert bool(files) is not any(use.value == "config" for use in project.uses)


@pytest.mark.parametrize(
    ("line", "notes"),
    [
        ("web.run_app(app, port=settings.port)", 1),
        ("websockets.serve(handle, '0.0.0.0', settings.port)", 1),
        ("socketio.run(app, host='0.0.0.0', port=int(given[0]))", 1),
        ("HTTPServer(('', settings.port), Handler)", 1),
        ("prometheus_client.start_http_server(settings.port)", 1),
        ("web.run_app(app, port=8080)", 0),
        ("web.run_app(app, host='localhost', port=settings.port)", 0),
        ("uvicorn.run(app, port=settings.port)", 0),
        ("print(settings.port)", 0),
    ],
)
def test_a_server_whose_port_only_a_run_knows_is_told(
    tmp_path: Path, line: str, notes: int
) -> None:
    main = (
        "import uvicorn, websockets, prometheus_client\nfrom aiohttp import web\n"
        "from http.server import HTTPServer\nfrom flask_socketio import SocketIO\n"
        f"import settings\nsocketio = SocketIO()\n{line}\n"
    )
    project = planned(tmp_path, {"main.py": main, "settings.py": "import os\n"})
    told = [note for note in project.notes if "listens on a port that only a run knows" in note]
    assert [note.partition(" ")[0] for note in told] == ["main.py:7"] * notes


@pytest.mark.parametrize("words", ['"python", "-u"', '"python3", "-O", "-u"', '"python"'])
def test_an_installed_command_may_be_run_by_python_with_options(tmp_path: Path, words: str) -> None:
    setup = (
        "from setuptools import setup\nsetup(name='m', py_modules=['m'],"
        " entry_points={'console_scripts': ['meter=m:main']})\n"
    )
    text = f'FROM python:3\nCOPY . /srv\nENTRYPOINT [{words}, "/usr/local/bin/meter", "-v"]\n'
    files = {"Dockerfile": text, "setup.py": setup, "m.py": "def main(): ...\n"}
    command, origin = started(planned(tmp_path, files))
    assert command.endswith("sys.exit(main()) -v")
    assert origin == "Dockerfile:3"


def test_what_several_files_are_copied_to_is_a_folder(tmp_path: Path) -> None:
    text = 'FROM python:3\nCOPY bin/run.sh /srv\nCOPY bin/well.sh /srv\nCMD ["/srv/run.sh"]\n'
    run = "#!/bin/sh\nexec python -m meter\n"
    files = {"docker/Dockerfile": text, "docker/bin/run.sh": run, "docker/bin/well.sh": "exit 0\n"}
    project = planned(tmp_path, {**files, "meter/__init__.py": "", "meter/__main__.py": LOOP})
    assert started(project) == ("python -m meter", "docker/bin/run.sh:2")


@pytest.mark.parametrize(
    "last",
    [
        'exec "$@"',
        'exec gosu app "$@"',
        "exec python /app/main.py --name ${NAME:-it}",
        'if [ -n "$DOCKER" ]; then\n  exec gosu app "$@"\nelse\n  python3 app.py\nfi',
        'case "$1" in\n  sh) exec sh;;\n  *) exec su-exec app:app "$@";;\nesac',
    ],
)
def test_the_last_line_of_an_entrypoint_script_is_followed(tmp_path: Path, last: str) -> None:
    text = """
        FROM python:3.13
        WORKDIR /app
        COPY . /app/
        COPY docker-entrypoint.sh /usr/local/bin/
        ENTRYPOINT ["tini", "--", "docker-entrypoint.sh"]
        CMD ["python", "main.py", "--name", "it"]
        """
    script = f"#!/bin/sh\nset -e\nchown app /data\n# now\n{last}\n"
    files = {"docker-entrypoint.sh": script, "main.py": LOOP, "app.py": LOOP}
    project = planned(tmp_path, {"Dockerfile": text, **files})
    assert started(project)[0] == "python main.py --name it"
    assert any("runs more before that line" in note for note in project.notes)


FUNCTIONS = """\
#!/bin/bash
log() {
    echo "$*" >&2
}
NAME=it
run_as_user() {
    if [ "$(id -u)" = 0 ]; then
        exec su-exec app "$@"
    fi
    exec "$@"
}
function main () {
    log "starting"
    LAST
}
main "$@"
"""


@pytest.mark.parametrize(
    ("last", "origin"),
    [
        ('run_as_user "$@"', "Dockerfile:4"),
        ('exec "$@"', "Dockerfile:4"),
        ("exec python main.py --name $NAME", "run.sh:14"),
    ],
)
def test_an_entrypoint_that_ends_in_a_function_of_its_own_is_followed(
    tmp_path: Path, last: str, origin: str
) -> None:
    """Source: StuffAnThings/qbit_manage's entrypoint.sh, read 2026-11-30."""
    text = 'FROM python:3\nWORKDIR /srv\nCOPY . .\nENTRYPOINT ["/srv/run.sh"]\n'
    text += 'CMD ["python", "main.py", "--name", "it"]\n'
    files = {"run.sh": FUNCTIONS.replace("LAST", last), "main.py": LOOP, "app.py": LOOP}
    found = started(planned(tmp_path, {"Dockerfile": text, **files}))
    assert found == ("python main.py --name it", origin)


@pytest.mark.parametrize(
    ("env", "cmd", "command", "names"),
    [
        ('HOST ""', '["sh", "-c", "python main.py --host \\"$HOST\\""]', " --host ", "HOST"),
        ('PORT "1883"', "python main.py --port $PORT", " --port 1883", "PORT"),
        ("PORT=1883", "python main.py --port ${PORT:-1}", " --port 1883", "PORT"),
        ("A=1 B=2", 'exec python main.py "$B" "$A"', " 2 1", "B, A"),
        ("A=1", "python main.py", "", ""),
    ],
)
def test_variables_of_the_image_in_a_command_are_filled_in_and_told(
    tmp_path: Path, env: str, cmd: str, command: str, names: str
) -> None:
    """Source: fphammerle/switchbot-mqtt's Dockerfile, read 2026-11-30."""
    text = f"FROM python:3\nCOPY . .\nENV {env}\nCMD {cmd}\n"
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP})
    assert started(project)[0] == f"python main.py{command}"
    told = [note for note in project.notes if "from its environment" in note]
    assert [note.startswith(f"Dockerfile:4 takes {names} from") for note in told] == [True] * bool(
        names
    )


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ('"-c", "conf/app.ini"', "python main.py -c /opt/conf/app.ini"),
        ('"--config=conf/app.ini"', "python main.py --config=/opt/conf/app.ini"),
        ('"--data", "conf"', "python main.py --data /opt/conf"),
        ('"-c", "/opt/conf/app.ini"', "python main.py -c /opt/conf/app.ini"),
        ('"-c", "other/app.ini"', "python main.py -c other/app.ini"),
    ],
)
def test_a_path_in_a_volume_beside_the_sources_is_absolute(
    tmp_path: Path, words: str, command: str
) -> None:
    """Source: Clon1998/mobileraker_companion's Dockerfile, read 2026-11-30."""
    text = "FROM python:3\nWORKDIR /opt\nCOPY . meter\nVOLUME /opt/conf\n"
    text += f'ENTRYPOINT ["python", "meter/main.py"]\nCMD [{words}]\n'
    assert started(planned(tmp_path, {"Dockerfile": text, "main.py": LOOP}))[0] == command


def test_a_script_of_the_project_that_it_starts_itself_is_no_program_of_the_base(
    tmp_path: Path,
) -> None:
    main = "import shutil\ndef main():\n    print(shutil.which('meter'), shutil.which('other'))\n"
    setup = (
        "from setuptools import setup\nsetup(name='m', py_modules=['m'],"
        " entry_points={'console_scripts': ['meter=m:main']})\n"
    )
    project = planned(tmp_path, {"setup.py": setup, "m.py": main})
    assert [one.value for one in project.uses if one.code == "runs-program"] == ["other"]


def test_what_packages_the_application_is_not_loaded_by_names_that_it_computes(
    tmp_path: Path,
) -> None:
    main = "import importlib, sys\nwhile True:\n    importlib.import_module(sys.argv[0])\n"
    package = "import cx_Freeze\nfrom setuptools import setup\nsetup(name='m')\n"
    project = planned(
        tmp_path, {"main.py": main, "setup_msi.py": package, "sink.py": "import lz4\n"}
    )
    imported = [one.value for one in project.uses if one.code == "imports" and one.when != "maybe"]
    assert imported == ["lz4"]


@pytest.mark.parametrize(
    "folder", ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"]
)
def test_an_entrypoint_by_its_name_is_found_where_programs_are(tmp_path: Path, folder: str) -> None:
    """Source: PowerDNS-Admin's docker/Dockerfile, read 2026-11-30."""
    text = f'FROM python:3\nWORKDIR /srv\nCOPY . .\nCOPY run.sh {folder}/\nENTRYPOINT ["run.sh"]\n'
    script = "#!/bin/sh\nexec python main.py --name it\n"
    files = {"Dockerfile": text, "run.sh": script, "main.py": LOOP, "app.py": LOOP}
    assert started(planned(tmp_path, files))[0] == "python main.py --name it"


@pytest.mark.parametrize("folder", ["docker-test", "dev", "ci", "test-docker", "docker/debug"])
def test_a_dockerfile_in_a_folder_of_tests_is_not_the_applications(
    tmp_path: Path, folder: str
) -> None:
    """Source: PowerDNS-Admin, read 2026-11-30."""
    own = 'FROM python:3\nCOPY main.py /srv/\nCMD ["python", "/srv/main.py", "--name", "it"]\n'
    other = 'FROM python:3\nCOPY app.py /srv/\nCMD ["python", "/srv/app.py"]\n'
    files = {"docker/Dockerfile": own, f"{folder}/Dockerfile": other}
    project = planned(tmp_path, {**files, "main.py": LOOP, "app.py": LOOP})
    assert started(project) == ("python main.py --name it", "docker/Dockerfile:3")


@pytest.mark.parametrize(
    "line",
    [
        'CMD ["gosu", "app", "python", "-u", "main.py"]',
        'CMD ["su-exec", "1000:1000", "python3", "-u", "main.py"]',
        'ENTRYPOINT ["dumb-init", "--", "python", "-u", "main.py"]',
        "CMD exec python -u main.py",
        'CMD ["sh", "-c", "exec python -u $SCRIPT"]',
    ],
)
def test_what_only_starts_the_command_is_left_out(tmp_path: Path, line: str) -> None:
    text = f"FROM python:3\nENV SCRIPT=main.py\nWORKDIR /srv\nCOPY . .\n{line}\n"
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP, "app.py": LOOP})
    assert started(project) == ("python -u main.py", "Dockerfile:5")


@pytest.mark.parametrize(
    ("line", "before"),
    [
        ("CMD python seed.py && python main.py", "python seed.py"),
        ("CMD set -e; python -m tool upgrade head ; exec python main.py", "python -m tool"),
        ('CMD ["sh", "-c", "python seed.py --all && exec python main.py"]', "python seed.py --all"),
        ('ENTRYPOINT ["bash", "-c", "cd /srv && uv run seed.py && uv run main.py"]', "uv run seed"),
        ("CMD while ! nc -z db 1; do sleep 1; done; python seed.py; python main.py", "python seed"),
    ],
)
def test_the_last_of_a_shells_commands_starts_and_those_before_are_named(
    tmp_path: Path, line: str, before: str
) -> None:
    text = f"FROM python:3\nWORKDIR /srv\nCOPY . .\n{line}\n"
    files = {"app.py": LOOP, "main.py": LOOP, "seed.py": LOOP}
    project = planned(tmp_path, {"Dockerfile": text, **files})
    assert started(project) == ("python main.py", "Dockerfile:4")
    (note,) = [one for one in project.notes if "first; the image does not" in one]
    assert note.startswith(f"Dockerfile:4 runs `{before}")


@pytest.mark.parametrize(
    "line",
    [
        "CMD python work.py & gunicorn main:app & wait -n",
        "CMD gunicorn main:app & python work.py",
        "CMD gunicorn main:app & python work.py & wait",
        'CMD ["bash", "-c", "python work.py & exec gunicorn main:app"]',
        'CMD ["./start.sh"]',
    ],
)
def test_of_several_processes_the_web_server_starts_and_the_others_are_named(
    tmp_path: Path, line: str
) -> None:
    text = f"FROM python:3\nWORKDIR /srv\nCOPY . .\n{line}\n"
    script = "#!/bin/sh\npython work.py &\ngunicorn main:app &\nwait -n\nexit $?\n"
    files = {"main.py": "app = print\n", "work.py": LOOP, "requirements.txt": "gunicorn\n"}
    project = planned(tmp_path, {"Dockerfile": text, "start.sh": script, **files})
    assert started(project)[0].startswith("python -m gunicorn main:app")
    assert any("starts `python work.py` besides" in note for note in project.notes)


@pytest.mark.parametrize(
    "line",
    [
        'ENTRYPOINT ["./entry.sh"]\nCMD python main.py --port ${PORT:-9000}',
        'ENTRYPOINT ["tini", "--"]\nCMD python main.py --port ${PORT:-9000}',
        'ENTRYPOINT ["./entry.sh"]\nCMD exec python main.py --port $NUMBER',
        'ENTRYPOINT ["./entry.sh"]\nCMD ["sh", "-c", "python main.py --port $NUMBER"]',
        'ENTRYPOINT ["gosu", "app"]\nCMD python main.py --port "$NUMBER"',
        'CMD python main.py --port ${PORT:-"9000"}',
        'CMD python main.py --port "${PORT:-"$NUMBER"}"',
    ],
)
def test_a_shells_line_behind_an_entrypoint_has_its_variables_filled_in(
    tmp_path: Path, line: str
) -> None:
    text = f"FROM python:3\nENV NUMBER=9000\nWORKDIR /srv\nCOPY . .\n{line}\n"
    files = {"entry.sh": '#!/bin/sh\nset -e\nexec "$@"\n', "main.py": LOOP, "app.py": LOOP}
    project = planned(tmp_path, {"Dockerfile": text, **files})
    assert started(project)[0] == "python main.py --port 9000"


@pytest.mark.parametrize(
    "under",
    [
        "newrelic-admin run-program",
        "ddtrace-run",
        "opentelemetry-instrument",
        "tini -- ddtrace-run",
        "opentelemetry-instrument --traces_exporter=console",
    ],
)
def test_what_watches_an_application_is_left_out_and_told(tmp_path: Path, under: str) -> None:
    text = f"FROM python:3\nWORKDIR /srv\nCOPY . .\nCMD {under} python main.py\n"
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP, "app.py": LOOP})
    assert started(project) == ("python main.py", "Dockerfile:4")
    assert any("the image does not: --cmd names it" in note for note in project.notes)


@pytest.mark.parametrize(
    ("image", "theirs"),
    [
        ("postgres:16", True),
        ("library/postgres:16.3", True),
        ("docker.io/library/redis", True),
        ("mongo", True),
        ("mysql:8", True),
        ("ghcr.io/somebody/app:latest", False),
        ("somebody/app", False),
    ],
)
def test_an_official_image_alone_in_a_compose_file_is_not_the_applications(
    tmp_path: Path, image: str, *, theirs: bool
) -> None:
    compose = (
        f"services:\n  it:\n    image: {image}\n    ports: ['5432:5432']\n"
        "    environment:\n      LEVEL: debug\n"
    )
    text = "FROM python:3\nWORKDIR /srv\nCOPY . .\nCMD python main.py\n"
    files = {"Dockerfile": text, "main.py": LOOP, "docker-compose.yml": compose}
    project = planned(tmp_path, files)
    assert (project.port is None) == theirs
    assert any("sets LEVEL" in note for note in project.notes) != theirs


def test_a_compose_file_for_production_counts_where_the_first_builds_nothing(
    tmp_path: Path,
) -> None:
    text = "FROM python:3\nWORKDIR /srv\nCOPY . .\nCMD python main.py\n"
    service = (
        "services:\n  web:\n    build: .\n    ports: ['80:8080']\n    command: python work.py\n"
    )
    files = {
        "Dockerfile": text,
        **dict.fromkeys(("main.py", "work.py"), LOOP),
        "docker-compose.yml": "services:\n  db:\n    image: postgres\n",
        "docker-compose.prod.yml": service,
    }
    project = planned(tmp_path, files)
    assert started(project) == ("python work.py", "docker-compose.prod.yml:5")
    assert project.port is not None
    assert project.port.value == 8080


def test_of_supervisords_settings_those_for_developers_come_last(tmp_path: Path) -> None:
    settings = "[program:web]\ncommand=gunicorn {}:app --reload\n"
    files = {
        "conf/supervisord-dev.conf": settings.format("dev"),
        "conf/supervisord.conf": settings.format("main"),
        **dict.fromkeys(("dev.py", "main.py"), "app = print\n"),
    }
    project = planned(tmp_path, files, listed="gunicorn\n")
    assert "main:app" in started(project)[0]


@pytest.mark.parametrize(
    "copies",
    ["COPY . .", "COPY src src\nCOPY main.py ./", "COPY --chown=1 main.py /home/me/srv/main.py"],
)
def test_variables_that_name_the_folder_of_the_sources_name_ours(
    tmp_path: Path, copies: str
) -> None:
    """Source: zylon-ai/private-gpt, read 2026-11-30: its files are copied one by one."""
    text = f"FROM python:3\nWORKDIR /home/me/srv\n{copies}\nENV HOME_OF_IT=/home/me/srv\n"
    text += 'ENV CACHE=/home/me/srv/data OTHER=/home/me/other\nCMD ["python", "main.py"]\n'
    files = {"Dockerfile": text, "main.py": LOOP, "src/__init__.py": ""}
    project = planned(tmp_path, files)
    assert project.start is not None
    found = dict(project.start.value.environment)
    assert found == {"HOME_OF_IT": "/app", "CACHE": "/app/data", "OTHER": "/home/me/other"}


def test_uv_run_starts_a_script(tmp_path: Path) -> None:
    text = 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["uv", "run", "--no-sync", "bot.py"]\n'
    project = planned(tmp_path, {"Dockerfile": text, "bot.py": LOOP, "main.py": LOOP})
    assert started(project)[0] == "python bot.py"


def test_expose_counts_before_a_port_that_a_stub_listens_on(tmp_path: Path) -> None:
    stub = "from http.server import HTTPServer\nHTTPServer(('', 443), None).serve_forever()\n"
    text = 'FROM python:3\nCOPY . /app\nWORKDIR /app\nEXPOSE 8675/tcp\nCMD ["python", "run.py"]\n'
    project = planned(tmp_path, {"Dockerfile": text, "run.py": LOOP, "sim/stub.py": stub})
    assert project.port is not None
    assert (project.port.value, str(project.port.origin)) == (8675, "Dockerfile:4 (EXPOSE)")


def test_the_command_counts_before_expose(tmp_path: Path) -> None:
    text = """
        FROM python:3
        WORKDIR /app
        COPY app/ ./app/
        EXPOSE 80
        CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8675"]
        """
    files = {"Dockerfile": text, "app/__init__.py": "", "app/main.py": API}
    project = planned(tmp_path, files, listed="fastapi\nuvicorn\n")
    command = "python -m uvicorn app.main:app --host 0.0.0.0 --port 8675"
    assert started(project) == (command, "Dockerfile:5")
    assert project.port is not None
    assert project.port.value == 8675
    assert project.start is not None
    assert project.start.value.framework == "fastapi"


def test_a_server_imports_from_the_folder_that_was_copied(tmp_path: Path) -> None:
    text = 'FROM python:3\nWORKDIR /srv\nCOPY ./app /srv\nCMD ["uvicorn", "main:app"]\n'
    files = {"Dockerfile": text, "app/__init__.py": "", "app/main.py": API}
    project = planned(tmp_path, files, listed="fastapi\nuvicorn\n")
    assert started(project)[0] == "python -m uvicorn main:app --host 0.0.0.0"
    assert folder_of(project) == "app"


def test_the_health_check_names_the_path(tmp_path: Path) -> None:
    text = """
        FROM python:3
        WORKDIR /app
        COPY . .
        HEALTHCHECK --interval=30s \\
            CMD wget -q --spider http://localhost:9000/alive || exit 1
        CMD ["python", "main.py"]
        """
    project = planned(tmp_path, {"Dockerfile": text, "main.py": WEB}, listed="flask\n")
    assert project.health is not None
    assert project.port is not None
    assert (project.health.value, project.port.value) == ("/alive", 9000)
    assert str(project.health.origin) == "Dockerfile:4 (HEALTHCHECK)"


@pytest.mark.parametrize(
    "line",
    [
        "CMD [ -f seed.py ] && python main.py",
        "CMD python seed.py || python main.py",
        "CMD python main.py | tee main.log",
        "CMD (python seed.py; python main.py)",
        "CMD if true; then python main.py & fi; wait",
        "CMD while true; do python main.py; done",
        "CMD python main.py --size $SIZE",
        "CMD python -m $MODULE",
        "CMD python main.py > /var/log/main.log",
        'CMD ["python", "$SCRIPT"]',
        'CMD ["/usr/bin/supervisord", "-n"]',
        'CMD ["/start-made-in-a-run.sh"]',
        'CMD ["python", "-m", "nowhere"]',
        'CMD ["python", "absent.py"]',
    ],
)
def test_what_is_not_clear_is_said_and_decides_nothing(tmp_path: Path, line: str) -> None:
    text = f"FROM python:3\nWORKDIR /app\nCOPY . .\n{line}\n"
    files = {"app.py": LOOP, "main.py": LOOP, "seed.py": LOOP}
    project = planned(tmp_path, {"Dockerfile": text, **files})
    assert started(project)[1].startswith("main.py:2")
    (note,) = (note for note in project.notes if "is not used to start the app" in note)
    assert note.startswith("Dockerfile:4 ")


def test_our_own_dockerfile_tells_nothing(tmp_path: Path) -> None:
    text = """
        # Made by:  leanscaffold
        FROM python:3
        WORKDIR /app
        COPY . .
        EXPOSE 1234
        CMD ["python", "app.py"]
        """
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP, "app.py": LOOP})
    assert started(project)[0] == "python main.py"
    assert project.port is None


def test_a_procfile_counts_before_the_dockerfile(tmp_path: Path) -> None:
    text = 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n'
    files = {"Dockerfile": text, "Procfile": "worker: python main.py\n"}
    project = planned(tmp_path, {**files, "main.py": LOOP, "app.py": LOOP})
    assert started(project) == ("python main.py", "Procfile:1 (worker)")


def test_the_dockerfile_of_another_application_tells_nothing(tmp_path: Path) -> None:
    text = 'FROM python:3\nWORKDIR /app\nCOPY stub.py ./\nCMD ["python", "stub.py"]\n'
    files = {"simulator/Dockerfile": text, "simulator/stub.py": LOOP, "main.py": LOOP}
    assert started(planned(tmp_path, files))[0] == "python main.py"


@pytest.mark.parametrize(
    "folder", ["docker", ".docker", ".build", "docker/app", "scripts/docker", "build_tools/docker"]
)
def test_a_dockerfile_in_a_folder_for_docker_sees_the_project(tmp_path: Path, folder: str) -> None:
    text = 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["python", "bot.py"]\n'
    files = {f"{folder}/Dockerfile": text, "main.py": LOOP, "bot.py": LOOP}
    assert started(planned(tmp_path, files)) == ("python bot.py", f"{folder}/Dockerfile:4")


def test_the_script_of_the_projects_own_name_counts_first(tmp_path: Path) -> None:
    setup = """
        from setuptools import setup
        setup(name="iot-gateway", entry_points={"console_scripts": [
            "a-shell=gate.shell:main", "iot_gateway=gate.app:run"]})
        """
    files = {"setup.py": setup, "gate/__init__.py": "", "gate/app.py": "", "gate/shell.py": ""}
    assert "from gate.app import run" in started(planned(tmp_path, files))[0]


def test_a_chain_of_cd_and_export_ends_in_the_command(tmp_path: Path) -> None:
    """Source: icloud-docker, whose container runs its main and no bare Flask app."""
    text = 'FROM python:3\nCOPY . /app/\nWORKDIR /app\nCMD ["./run.sh"]\n'
    chain = "cd /app && export HOME=/home/abc && export MODE=live && python ./src/main.py"
    script = "#!/bin/sh\nexec su-exec abc /app/init.sh\nexit $?\n"
    files = {"Dockerfile": text, "run.sh": script, "init.sh": f"#!/bin/sh\n{chain}\n"}
    project = planned(tmp_path, {**files, "src/main.py": LOOP, "src/web.py": WEB}, listed="flask\n")
    assert started(project) == ("python src/main.py", "init.sh:2")
    assert project.start is not None
    assert project.start.value.environment == (("MODE", "live"),)


def test_su_runs_the_line_it_is_given(tmp_path: Path) -> None:
    """Source: motioneye."""
    script = (
        '#!/bin/sh\nexec su -g app app -s /bin/dash -c "LANGUAGE=en exec python main.py -c /c"\n'
    )
    text = 'FROM python:3\nCOPY . /app\nWORKDIR /app\nCMD ["/app/run.sh"]\n'
    project = planned(tmp_path, {"Dockerfile": text, "run.sh": script, "main.py": LOOP})
    assert started(project)[0] == "python main.py -c /c"


def test_a_launcher_of_a_virtual_environment_is_followed(tmp_path: Path) -> None:
    """Source: wyoming-satellite: the image has no .venv that script/run could start."""
    launcher = """
        #!/usr/bin/env python3
        import subprocess, sys, venv
        context = venv.EnvBuilder().ensure_directories(".venv")
        subprocess.check_call([context.env_exe, "-m", "ear"] + sys.argv[1:])
        """
    text = 'FROM python:3\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["script/run", "--uri", "tcp://0"]\n'
    files = {"Dockerfile": text, "script/run": launcher.lstrip(), "ear/__main__.py": LOOP}
    project = planned(tmp_path, {**files, "ear/__init__.py": ""})
    assert started(project)[0] == "python -m ear --uri tcp://0"


def test_supervisord_starts_the_server_and_the_rest_is_named(tmp_path: Path) -> None:
    """Source: rpi-lgpio#12."""
    conf = """
        [supervisord]
        nodaemon=true
        [program:worker]
        command=python worker.py
        [program:web]
        command=gunicorn -b 0.0.0.0:8000 web:app
        """
    files = {"supervisord.conf": conf, "web.py": WEB, "worker.py": LOOP}
    project = planned(tmp_path, files, listed="flask\ngunicorn\n")
    assert started(project) == ("python -m gunicorn -b 0.0.0.0:8000 web:app", "supervisord.conf:5")
    (note,) = (note for note in project.notes if "also starts" in note)
    assert "worker (python worker.py)" in note


def test_a_unit_starts_and_its_socket_file_becomes_a_port(tmp_path: Path) -> None:
    """Source: dsmr-reader, whose units start gunicorn behind a proxy, and two workers."""
    unit = """
        [Service]
        WorkingDirectory=/home/pi/meter
        ExecStart=/home/pi/meter/.venv/bin/gunicorn --bind unix:/tmp/meter.socket web:app
        """
    worker = "[Service]\nExecStart=/usr/bin/python3 -u /home/pi/meter/worker.py\n"
    files = {"etc/meter.service": unit, "etc/worker.service": worker, "web.py": WEB}
    project = planned(tmp_path, {**files, "worker.py": LOOP}, listed="flask\ngunicorn\n")
    assert started(project)[0] == "python -m gunicorn web:app --bind 0.0.0.0:8000"
    assert any("worker (python -u worker.py)" in note for note in project.notes)


def test_files_that_a_command_makes_are_not_asked_for(tmp_path: Path) -> None:
    unit = "[Service]\nExecStart=/usr/bin/python3 /opt/x/main.py --pid /tmp/x.pid -P /srv/y.pid\n"
    project = planned(tmp_path, {"x.service": unit, "main.py": LOOP})
    assert started(project)[0] == "python main.py --pid /tmp/x.pid -P /srv/y.pid"
    assert not any("not in the project" in note for note in project.notes)


def test_of_several_units_the_one_that_leads_to_most_of_the_sources_starts(tmp_path: Path) -> None:
    """Source: openWB, with units of its controller, a small interface and remote support."""
    names = {"a-helper": "tools/helper.py", "meter": "meter/main.py", "z-support": "support.py"}
    units = {
        f"config/{name}.service": f"[Service]\nExecStart=/opt/meter/{file}\n"
        for name, file in names.items()
    }
    sources = {
        "tools/helper.py": f"#!/usr/bin/env python3\n{LOOP}",
        "meter/main.py": f"#!/usr/bin/env python3\nimport control, devices\n{LOOP}",
        "meter/control.py": "",
        "meter/devices.py": "",
        "support.py": f"#!/usr/bin/env python3\n{LOOP}",
    }
    project = planned(tmp_path, {**units, **sources})
    assert started(project) == ("python meter/main.py", "config/meter.service:2")
    assert sum("also starts" in note for note in project.notes) == 2


def test_the_compose_file_tells_command_port_and_devices(tmp_path: Path) -> None:
    compose = """
        services:
          app:
            build: .
            command: python main.py --meter
            ports: ["8080:9000"]
            volumes: ["./config:/config", ".:/app"]
            devices: ["/dev/serial/by-id/x:/dev/ttyUSB0"]
            environment: {PASSWORD_OF_IT: x}
          db: {image: "postgres"}
        """
    text = 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["python", "other.py"]\n'
    files = {"Dockerfile": text, "compose.yaml": compose, "main.py": LOOP, "other.py": LOOP}
    project = planned(tmp_path, files)
    assert started(project) == ("python main.py --meter", "compose.yaml:4")
    assert project.port is not None
    assert (project.port.value, str(project.port.origin)) == (9000, "compose.yaml:5")
    assert "/dev/ttyUSB0" in {use.value for use in project.uses if use.code == "opens-device"}
    assert any("mounts /config:" in note for note in project.notes)
    assert project.start is not None
    assert not project.start.value.environment


def test_a_command_of_a_compose_file_over_several_lines_is_one(tmp_path: Path) -> None:
    compose = """
        services:
          app:
            build: .
            command: >
              python main.py --tcp host
                --topic "a b"
                --rate 10
        """
    text = 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["python", "other.py"]\n'
    files = {"Dockerfile": text, "compose.yaml": compose, "main.py": LOOP, "other.py": LOOP}
    command, _ = started(planned(tmp_path, files))
    assert command == "python main.py --tcp host --topic a b --rate 10"


def test_variables_of_the_application_are_carried_and_secrets_are_not(tmp_path: Path) -> None:
    text = """
        FROM python:3
        ENV PYTHONPATH=/app MODE="live" API_TOKEN=abc
        WORKDIR /app
        COPY . .
        ENV CONFIG=/app/config.yaml
        CMD ["python", "main.py"]
        """
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP, "config.yaml": ""})
    assert project.start is not None
    assert dict(project.start.value.environment) == {
        "PYTHONPATH": "/app",
        "MODE": "live",
        "CONFIG": "/app/config.yaml",
    }
    assert any("API_TOKEN: it is left out" in note for note in project.notes)


@pytest.mark.parametrize(
    ("copied", "theirs", "ours"),
    [
        ("COPY . /opt/bridge", "/opt/bridge/conf/mqtt.conf", "/app/conf/mqtt.conf"),
        ("COPY src /opt/bridge", "/opt/bridge/conf/mqtt.conf", "/app/src/conf/mqtt.conf"),
        ("COPY . .", "/data/mqtt.conf", "/data/mqtt.conf"),
        ("COPY . /", "/etc/mqtt.conf", "/etc/mqtt.conf"),
    ],
)
def test_a_variable_that_names_a_file_to_be_mounted_names_it_where_the_sources_are(
    tmp_path: Path, copied: str, theirs: str, ours: str
) -> None:
    text = (
        f'FROM python:3\nWORKDIR /opt/bridge\n{copied}\nENV CONFIG={theirs}\nCMD ["python", "x"]\n'
    )
    files = {"Dockerfile": text, "main.py": LOOP, "src/mqtt.py": LOOP}
    project = planned(tmp_path, files)
    assert project.start is not None
    assert dict(project.start.value.environment) == {"CONFIG": ours}


@pytest.mark.parametrize("line", ["flask run --host 0.0.0.0", "python -m flask run"])
def test_a_server_of_the_lock_beats_a_development_server(tmp_path: Path, line: str) -> None:
    text = f"FROM python:3\nWORKDIR /app\nCOPY . .\nCMD {line}\n"
    project = planned(tmp_path, {"Dockerfile": text, "app.py": WEB}, listed="flask\ngunicorn\n")
    assert started(project)[0].startswith("python -m gunicorn")
    assert "Dockerfile:4 starts the development server" in started(project)[1]


def test_the_main_of_a_flask_app_that_does_more_is_run(tmp_path: Path) -> None:
    """Source: InkyPi, whose main starts its refresh task before it serves."""
    main = f"{WEB}\nif __name__ == '__main__':\n    task.start()\n    serve(app, port=80)\n"
    project = planned(tmp_path, {"src/inky.py": main}, listed="flask\n")
    assert started(project)[0] == "python src/inky.py"


PARSES = "import argparse\nargs = argparse.ArgumentParser().parse_args()\n"
FUNCTION = "import argparse\ndef read():\n    return argparse.ArgumentParser().parse_args()\n"
GUARDED = "if __name__ == '__main__':\n    app.run()\n"


@pytest.mark.parametrize(
    ("files", "listed", "starts"),
    [
        ({"app.py": f"{PARSES}{WEB}{GUARDED}"}, "gunicorn", "python app.py"),
        ({"app.py": f"{FUNCTION}args = read()\n{WEB}app.run()\n"}, "gunicorn", "python app.py"),
        ({"app.py": f"{WEB}app.run(port=80)\n"}, "waitress", "python app.py"),
        ({"app.py": f"import uvicorn\n{API}uvicorn.run(app)\n"}, "uvicorn", "python app.py"),
        ({"opt.py": PARSES, "app.py": f"import opt\n{WEB}{GUARDED}"}, "gunicorn", "python app.py"),
        (
            {"app.py": f"{PARSES}{WEB}", "run.py": f"from app import app\n{GUARDED}"},
            "gunicorn",
            "python run.py",
        ),
        ({"app.py": f"{FUNCTION}{WEB}{GUARDED}"}, "gunicorn", "python -m gunicorn"),
        ({"app.py": f"{PARSES}{WEB}"}, "gunicorn", "python -m gunicorn"),
    ],
)
def test_an_app_that_takes_the_command_line_when_imported_is_no_servers(
    tmp_path: Path, files: dict[str, str], listed: str, starts: str
) -> None:
    """A server's own arguments end its parser, and what listens when imported never returns."""
    project = planned(tmp_path, files, listed=f"flask\nfastapi\n{listed}\n")
    assert started(project)[0].startswith(starts)


def test_ports_of_another_application_in_the_tree_do_not_count(tmp_path: Path) -> None:
    """Source: pypowerwall, whose root got port and health of tools beside it."""
    stub = "from http.server import HTTPServer\nHTTPServer(('', 443), None).serve_forever()\n"
    files = {
        "tools/server/app/__init__.py": "",
        "tools/server/app/main.py": API,
        "sim/stub.py": stub,
    }
    own = {"power/__init__.py": "", "power/__main__.py": LOOP}
    project = planned(tmp_path, {**files, **own, "tools/server/Dockerfile": "FROM python:3\n"})
    assert started(project)[0] == "python -m power"
    assert project.health is None
    assert any("tools/server/Dockerfile is not read" in note for note in project.notes)


def test_the_readme_tells_which_script_is_run(tmp_path: Path) -> None:
    readme = "# x\n```sh\npip install -r requirements.txt\n$ python3 meter.py -c config.yaml\n```\n"
    files = {"README.md": readme, "meter.py": LOOP, "main.py": LOOP, "config.yaml": ""}
    assert started(planned(tmp_path, files)) == ("python meter.py -c config.yaml", "README.md:4")


def test_the_readme_runs_a_script_by_its_path(tmp_path: Path) -> None:
    readme = "```\nsudo ./board.py --rows=32\n./tools.py --all\n```\n"
    files = {"README.md": readme, "board.py": LOOP, "tools.py": LOOP, "other.py": LOOP}
    assert started(planned(tmp_path, files)) == (
        "python board.py --rows=32",
        "README.md:2 (others: tools.py)",
    )


@pytest.mark.parametrize(
    ("told", "command"),
    [
        (["bot.py update", "bot.py"], "bot.py"),
        (["bot.py", "bot.py update"], "bot.py"),
        (["bot.py update", "bot.py run --port 80"], "bot.py run --port 80"),
        (["bot.py pair", "bot.py sync"], "bot.py pair"),
        (["bot.py --source 0", "bot.py"], "bot.py --source 0"),
        (["bot.py update", "main.py"], "bot.py update"),
        (["-m net fetch", "-m net serve"], "-m net serve"),
    ],
)
def test_of_a_readmes_runs_of_a_script_the_one_that_goes_on_counts(
    tmp_path: Path, told: list[str], command: str
) -> None:
    """Source: wzpan/wukong-robot, whose README tells how to update it before how to run it."""
    lines = "\n\n".join(f"    python3 {one}" for one in told)
    files = {"README.md": f"# Bot\n\n{lines}\n", "net/__init__.py": "", "net/__main__.py": LOOP}
    project = planned(tmp_path, {**files, "bot.py": LOOP, "main.py": LOOP})
    assert started(project)[0] == f"python {command}"


@pytest.mark.parametrize("flag", ['"--uri", required=True', '"config"'])
def test_a_required_argument_is_named(tmp_path: Path, flag: str) -> None:
    source = f"import argparse\np = argparse.ArgumentParser()\np.add_argument({flag})\n{LOOP}"
    project = planned(tmp_path, {"main.py": source})
    assert any(note.startswith("main.py:3 requires ") for note in project.notes)


ARGPARSE = """
    import argparse
    p = argparse.ArgumentParser()
    s = p.add_subparsers(dest="command")
    s.add_parser("list")
    s.add_parser("serve")
    p.parse_args()
    """
ONE = """\
import argparse
p = argparse.ArgumentParser()
s = p.add_subparsers(dest='command')
s.add_parser("serve").set_defaults(func=print)
"""
CLICK = """
    import click
    @click.group()
    def cli(): pass
    @cli.command()
    def show_all(): pass
    @cli.command("start")
    def begin(): pass
    cli()
    """
TYPER = """
    import typer
    app = typer.Typer()
    @app.command()
    def add(): pass
    @app.command()
    def daemon(): pass
    app()
    """


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (ARGPARSE, "main.py:5 takes a command (list, serve): name one, as with --cmd 'python "),
        (ONE.replace("'command'", "'command', required=True"), "main.py:4 takes a command (serve)"),
        (f"{ONE}p.print_help()\n", "main.py:4 takes a command (serve)"),
        (f"{ONE}p.parse_args().func()\n", "main.py:4 takes a command (serve)"),
        (CLICK, "main.py:7 takes a command (show-all, start)"),
        (TYPER, "main.py:6 takes a command (add, daemon)"),
    ],
)
def test_a_command_that_is_missing_is_named(tmp_path: Path, source: str, told: str) -> None:
    project = planned(tmp_path, {"main.py": source})
    assert any(note.startswith(told) for note in project.notes), project.notes
    text = "FROM python:3\nWORKDIR /app\nCOPY . .\nCMD python main.py add\n"
    again = planned(tmp_path, {"main.py": source, "Dockerfile": text})
    assert not any("takes a command" in note for note in again.notes)


GROUP = "import click\n@click.group()\ndef cli(): pass\n"
APP = "import typer\napp = typer.Typer()\n"
ELSEWHERE: dict[str, tuple[dict[str, str], str]] = {
    "a command of another module": (
        {
            "main.py": "import more\nfrom base import cli\ncli()\n",
            "base.py": GROUP,
            "more.py": "from base import cli\n@cli.command()\ndef show_all(): pass\n",
        },
        "more.py:3 takes a command (show-all)",
    ),
    "a group of another module": (
        {
            "main.py": "import more\nfrom base import cli\ncli()\n",
            "base.py": GROUP,
            "more.py": "import base\n@base.cli.group()\ndef radio(): pass\n"
            "@radio.command()\ndef form(): pass\n",
        },
        "more.py:3 takes a command (radio)",
    ),
    "commands that are added": (
        {
            "main.py": f"{GROUP}import more\ncli.add_command(more.list_all)\n"
            "cli.add_command(more.go, 'start')\ncli()\n",
            "more.py": "def list_all(): pass\ndef go(): pass\n",
        },
        "main.py:6 takes a command (list-all, start)",
    ),
    "an app in an app": (
        {
            "main.py": f"{APP}import more\napp.add_typer(more.app, name='users')\napp()\n",
            "more.py": f"{APP}@app.command()\ndef add(): pass\n",
        },
        "main.py:4 takes a command (users)",
    ),
    "functions of another module": (
        {
            "main.py": f"{APP}import more\napp.command()(more.scan)\n"
            "app.command('run')(more.go)\napp()\n",
            "more.py": "def scan(): pass\ndef go(): pass\n",
        },
        "main.py:5 takes a command (scan, run)",
    ),
}


@pytest.mark.parametrize(("files", "told"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_command_that_another_module_registers_is_named(
    tmp_path: Path, files: dict[str, str], told: str
) -> None:
    """zigpy-cli registers its groups in the modules that main imports."""
    project = planned(tmp_path, files)
    assert any(note.startswith(told) for note in project.notes), project.notes


@pytest.mark.parametrize(
    "source",
    [
        "import typer\napp = typer.Typer()\n@app.command()\ndef only(): pass\napp()\n",
        CLICK.replace("group()", "group(invoke_without_command=True)"),
        f"{ONE}p.parse_args()\n",
    ],
)
def test_a_program_that_starts_without_a_command_is_not_asked_for_one(
    tmp_path: Path, source: str
) -> None:
    project = planned(tmp_path, {"main.py": source})
    assert not any("takes a command" in note for note in project.notes)


WSGI, LISTEN = "shop.wsgi:application", "0.0.0.0:8000"
DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/settings.py": "",
    "shop/wsgi.py": "_made = make()\ndef application(environ, start): return _made(environ)\n",
}


@pytest.mark.parametrize(
    ("server", "command"),
    [
        ("gunicorn", f"python -m gunicorn --bind {LISTEN} {WSGI}"),
        ("pyuwsgi", f"uwsgi --http-socket {LISTEN} --master --die-on-term --module {WSGI}"),
        ("granian", f"python -m granian --interface wsgi {WSGI} --host 0.0.0.0 --port 8000"),
    ],
)
@pytest.mark.parametrize("folder", ["", "shop/", "site/"])
def test_django_is_served_by_its_application(
    tmp_path: Path, server: str, command: str, folder: str
) -> None:
    """Source: tubesync, whose project lies in a folder of its own name, and wraps its callable."""
    files = {f"{folder}{name}": text for name, text in DJANGO.items()}
    assert started(planned(tmp_path, files, listed=f"django\n{server}\n"))[0] == command


def test_a_manage_py_whose_settings_are_elsewhere_is_not_the_project(tmp_path: Path) -> None:
    """Source: apprise-api, with a manage.py at the top that changes to the real one's folder."""
    files = {f"web/{name}": text for name, text in DJANGO.items()}
    files |= {"web/__init__.py": "", "manage.py": DJANGO["manage.py"].replace("shop", "shop.dev")}
    project = planned(tmp_path, files, listed="django\ngunicorn\n")
    assert started(project)[0].endswith(" shop.wsgi:application")
    assert project.source_paths == (".", "web")


def test_settings_that_name_the_folders_of_another_image_do_not_decide(tmp_path: Path) -> None:
    """Source: healthchecks: its ini names where its image has the project; compose waits first."""
    text = """
        FROM python:3 AS wheels
        COPY requirements.txt /tmp/
        RUN pip wheel --wheel-dir /wheels uwsgi -r /tmp/requirements.txt
        FROM python:3
        WORKDIR /srv/shop
        COPY . .
        RUN --mount=type=bind,target=/wheels,source=/wheels,from=wheels pip install /wheels/*
        CMD ["uwsgi", "/srv/shop/docker/uwsgi.ini"]
        """
    compose = """
        services:
          web:
            build: .
            command: sh -c 'sleep 3; uwsgi docker/uwsgi.ini'
        """
    files = {"Dockerfile": text, "docker-compose.yml": compose}
    ini = "[uwsgi]\nchdir = /srv/shop\nmodule = shop.wsgi\n"
    project = planned(tmp_path, {**DJANGO, **files, "docker/uwsgi.ini": ini}, listed="django\n")
    assert started(project)[0].startswith("uwsgi --http-socket")
    assert any("docker/uwsgi.ini, whose line 2 names /srv/shop" in one for one in project.notes)
    fixed = planned(
        tmp_path,
        {**DJANGO, **files, "docker/uwsgi.ini": "[uwsgi]\nhttp = :80\n"},
        listed="django\n",
    )
    assert started(fixed)[0] == "uwsgi docker/uwsgi.ini"
    assert fixed.port is not None
    assert (fixed.port.value, str(fixed.port.origin)) == (80, "docker/uwsgi.ini:2")


def test_of_several_exposed_ports_the_sources_tell_which_and_all_are_named(tmp_path: Path) -> None:
    text = (
        "FROM python:3\nWORKDIR /app\nCOPY . .\nEXPOSE 8080 9000/tcp 5353/udp\nCMD python run.py\n"
    )
    project = planned(tmp_path, {"Dockerfile": text, "run.py": LOOP})
    assert project.port is not None
    assert project.port.value == 8080
    assert any("exposes 8080, 9000, 5353/udp" in note for note in project.notes)
    project = planned(tmp_path, {"Dockerfile": text, "run.py": f"ports = {{'web': 9000}}\n{LOOP}"})
    assert project.port is not None
    assert project.port.value == 9000
    both = f"ports = {{'web': 9000, 'admin': 8080}}\n{LOOP}"
    assert planned(tmp_path, {"Dockerfile": text, "run.py": both}).port is None
    main = f"from http.server import HTTPServer\nHTTPServer(('', 9000), None)\n{LOOP}"
    project = planned(tmp_path, {"Dockerfile": text, "run.py": main})
    assert project.port is not None
    assert project.port.value == 9000


def test_a_main_that_serves_to_the_outside_and_does_more_is_run(tmp_path: Path) -> None:
    """Source: InkyPi, which starts its refresh task before it serves by waitress."""
    main = f"from waitress import serve\n{WEB}\nif __name__ == '__main__':\n    task.start()\n"
    files = {"inky.py": f"{main}    serve(app, port=80)\n"}
    assert started(planned(tmp_path, files, listed="flask\nwaitress\n"))[0] == "python inky.py"
    files = {"inky.py": f"{main}    serve(app, host='127.0.0.1', port=80)\n"}
    command = started(planned(tmp_path, files, listed="flask\nwaitress\n"))[0]
    assert command.startswith("python -m waitress --host=0.0.0.0")


@pytest.mark.parametrize(
    ("steps", "host", "starts"),
    [
        ("    migrate()\n", "::", 'python -c import sys; sys.argv[0] = "voice"'),
        ("", "::", "python -m uvicorn voice.main:app --host 0.0.0.0 --port 8080"),
        ("    migrate()\n", "127.0.0.1", "python -m uvicorn voice.main:app --host 0.0.0.0"),
    ],
)
def test_a_script_that_serves_to_the_outside_and_does_more_is_run(
    tmp_path: Path, steps: str, host: str, starts: str
) -> None:
    """Source: voicegateway#40, whose command migrates its database before it serves."""
    main = "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\n\n\ndef main():\n"
    project = '[project]\nname = "voice"\nversion = "1"\ndependencies = ["fastapi", "uvicorn"]\n'
    files = {
        "pyproject.toml": f'{project}[project.scripts]\nvoice = "voice.main:main"\n',
        "voice/__init__.py": "",
        "voice/main.py": f'{main}{steps}    uvicorn.run(app, host="{host}", port=8080)\n',
    }
    found = read_project(write(tmp_path, files), environ={})
    assert found.start is not None
    assert " ".join(found.start.value.command).startswith(starts)
    assert found.port is not None
    assert found.port.value == 8080


SETTINGS = """
    import os
    from pathlib import Path
    KEY = os.environ["KEY"]
    INSTALLED_APPS = ["django.contrib.staticfiles"]
    STATIC_ROOT = Path(__file__).parent.parent / "collected"
    """


def test_static_files_are_collected_in_the_build(tmp_path: Path) -> None:
    """What settings cannot do without has a placeholder, or what the author's Dockerfile gives."""
    files = {**DJANGO, "shop/settings.py": SETTINGS, "shop/migrations/0001_initial.py": ""}
    listed = "django\ngunicorn\n"
    project = planned(tmp_path / "a", files, listed=listed)
    assert project.start is not None
    collects = ("python", "manage.py", "collectstatic", "--noinput")
    assert project.start.value.prepares == (collects,)
    assert project.start.value.prepares_with == (("KEY", "build"),)
    assert any("run `python manage.py migrate`" in note for note in project.notes)
    text = "FROM python:3\nWORKDIR /app\nCOPY . .\nRUN KEY=x ./manage.py collectstatic\n"
    project = planned(tmp_path / "b", {**files, "Dockerfile": text}, listed=listed)
    assert project.start is not None
    assert project.start.value.prepares_with == (("KEY", "x"),)


@pytest.mark.parametrize(
    ("lines", "commands"),
    [
        (
            "RUN ./manage.py collectstatic --no-input && ./manage.py compress",
            ["collectstatic --no-input", "compress"],
        ),
        (
            "RUN python3 -B /app/manage.py compilescss && python manage.py collectstatic",
            ["compilescss", "collectstatic --noinput"],
        ),
        ("RUN python manage.py tailwind build", ["collectstatic --noinput", "tailwind build"]),
        ("RUN python manage.py migrate && python manage.py check", ["collectstatic --noinput"]),
        ("RUN python manage.py import $DATA", ["collectstatic --noinput"]),
    ],
)
def test_what_the_authors_build_gives_manage_py_is_done_in_its_order(
    tmp_path: Path, lines: str, commands: list[str]
) -> None:
    """Source: healthchecks, whose pages answer 500 without `compress`, and tubesync."""
    text = f"FROM python:3\nWORKDIR /app\nCOPY . .\n{lines}\n"
    files = {**DJANGO, "shop/settings.py": SETTINGS, "Dockerfile": text}
    project = planned(tmp_path, files, listed="django\ngunicorn\n")
    assert project.start is not None
    done = [" ".join(words) for words in project.start.value.prepares]
    assert done == [f"python manage.py {command}" for command in commands]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("RUN pybabel compile -d /app/i18n", "`pybabel compile -d /app/i18n`"),
        ("RUN ./tools/build.sh", "`./tools/build.sh`"),
        (
            "RUN sed -i s/a/b/ ./run.py && python tools/pack.py",
            "`sed -i s/a/b/ ./run.py` and 1 more",
        ),
        ("RUN chmod +x /app/tools/build.sh && chown -R app /app", ""),
        ("RUN pip install -r ./requirements.txt && python -m compileall /app/i18n", ""),
        ("RUN sed -i s/a/b/ /etc/ssl/openssl.cnf && useradd -d /app app", ""),
    ],
)
def test_what_the_authors_build_does_to_the_sources_is_named(
    tmp_path: Path, line: str, told: str
) -> None:
    """Source: changedetection.io, which compiles its messages."""
    text = f"FROM python:3\nWORKDIR /app\nCOPY . .\n{line}\nCMD python run.py\n"
    files = {"Dockerfile": text, "run.py": LOOP, "tools/build.sh": "", "tools/pack.py": ""}
    found = planned(tmp_path, {**files, "i18n/de.po": ""}).left_steps
    what = f"Dockerfile:4 runs {told} on the application's files: the image does not; "
    assert found == ((f"{what}run it before the build",) if told else ())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("RUN python get_models.py --all", "`python get_models.py --all` on the application's"),
        ("RUN python -m net.fetch", "`python -m net.fetch` on the application's"),
        ("RUN uv run station download", "`station download` on the application's"),
        ("RUN python3 -c \"import nltk; nltk.download('punkt')\"", "`python3 -c import nltk;"),
        ("RUN python -m spacy download en_core_web_sm", "`python -m spacy download en_core_"),
        ("RUN apt-get update && wget -P models https://index.example/a.onnx", "`wget -P models"),
        ("RUN mkdir m && curl -Lo m/a.bin https://index.example/a", "`curl -Lo m/a.bin https:"),
        ("RUN hf download org/net --local-dir /models", "`hf download org/net --local-dir"),
        ("RUN git clone https://index.example/org/yolo /opt/yolo", "`git clone https://index"),
        ("ADD https://index.example/a.pth weights/a.pth", "`ADD https://index.example/a.pth`"),
    ],
)
def test_what_the_authors_build_downloads_is_told(tmp_path: Path, line: str, told: str) -> None:
    """Source: dnhkng/GLaDOS, whose models `glados download` gets in the build."""
    text = f"FROM python:3.12\nWORKDIR /app\nCOPY . .\n{line}\nCMD python run.py\n"
    files = {"Dockerfile": text, "run.py": LOOP, "get_models.py": LOOP, "net/fetch.py": LOOP}
    scripts = (
        '[project]\nname = "station"\nversion = "1"\n[project.scripts]\nstation = "net:main"\n'
    )
    more = {"net/__init__.py": "def main(): ...\n", "pyproject.toml": scripts}
    (found,) = planned(tmp_path, {**files, **more}).left_steps
    assert found.startswith(f"Dockerfile:4 runs {told}")


@pytest.mark.parametrize(
    "line",
    [
        "RUN curl -sSL https://index.example/install | bash",
        "RUN curl -fsSL https://index.example/key.gpg | gpg --dearmor -o /etc/apt/keyrings/k.gpg",
        "RUN wget https://index.example/edge.deb && dpkg -i edge.deb",
        "RUN curl -LO https://index.example/t.tar.gz && tar xf t.tar.gz -C /usr/local",
        "RUN git clone https://index.example/lib && cd lib && cmake . && make install",
        "RUN git clone https://index.example/lib && cd lib && pip install .",
        "RUN python -c 'import torch; print(torch.__version__)'",
        "RUN go mod download && npm fetch x",
        "RUN wget -qO- https://index.example/health",
        "ADD https://index.example/tini /tini",
    ],
)
def test_what_the_authors_build_installs_is_no_download(tmp_path: Path, line: str) -> None:
    text = f"FROM python:3.12\nWORKDIR /app\nCOPY . .\n{line}\nCMD python run.py\n"
    assert planned(tmp_path, {"Dockerfile": text, "run.py": LOOP}).left_steps == ()


@pytest.mark.parametrize(
    ("lines", "command"),
    [
        ("WORKDIR /app\nRUN git clone {} .\nCMD python bot.py", "bot.py"),
        ("RUN git clone --depth 1 {}.git /srv/bot\nWORKDIR /srv/bot\nCMD python bot.py", "bot.py"),
        ("RUN git clone {}\nCMD python /bot/bot.py", "bot.py"),
        ("RUN apt-get update && cd /opt && git clone {}\nCMD python /opt/bot/bot.py", "bot.py"),
        ("RUN git clone -b main {} /app\nWORKDIR /app/tools\nCMD python old.py", "old.py"),
    ],
)
def test_a_dockerfile_that_clones_the_project_starts_a_file_of_it(
    tmp_path: Path, lines: str, command: str
) -> None:
    """Source: wzpan/wukong-robot, whose README names `wukong.py update` first."""
    files = {
        "Dockerfile": f"FROM python:3.12\n{lines.format('https://index.example/me/bot')}\n",
        "README.md": "```\npython bot.py update\n```\n",
        **dict.fromkeys(("bot.py", "tools/old.py", "other.py"), LOOP),
    }
    project = planned(tmp_path, files)
    assert project.start is not None
    assert project.start.value.command == ("python", command)
    assert project.left_steps == ()


@pytest.mark.parametrize(
    "lines",
    [
        "COPY requirements.txt .\nRUN git clone https://index.example/lib .\nCMD python bot.py",
        "RUN git clone https://index.example/lib /lib\nCMD python /app/bot.py",
    ],
)
def test_a_dockerfile_that_clones_beside_starts_no_file_of_the_project(
    tmp_path: Path, lines: str
) -> None:
    text = f"FROM python:3.12\nWORKDIR /app\n{lines}\n"
    project = planned(tmp_path, {"Dockerfile": text, "bot.py": LOOP, "requirements.txt": "flask"})
    assert any("starts bot.py" in note or "starts /app/bot.py" in note for note in project.notes)


def test_a_single_file_in_a_folder_is_not_the_folder_that_is_started_in(tmp_path: Path) -> None:
    """Source: hanxi/xiaomusic, said to start in `package.json/`."""
    text = (
        "FROM python:3.12 AS b\nWORKDIR /app\nCOPY . .\nFROM python:3.12\nWORKDIR /app\n"
        "COPY --from=b /app/net ./net\nCOPY --from=b /app/run.py .\nCOPY --from=b /app/a.json .\n"
        "CMD python run.py\n"
    )
    files = {"Dockerfile": text, "run.py": LOOP, "a.json": "{}", "net/__init__.py": ""}
    assert not any("relative paths differ" in one for one in planned(tmp_path, files).notes)


@pytest.mark.parametrize(
    ("more", "listed"),
    [
        ({"collected/a.css": ""}, "django\ngunicorn\n"),
        ({"shop/settings.py": "DEBUG = True\n"}, "django\ngunicorn\n"),
        ({"shop/settings.py": SETTINGS.replace('"collected"', '"/srv/web"')}, "django\ngunicorn\n"),
        ({}, "django\n"),
    ],
)
def test_static_files_are_left_where_they_are_committed_or_not_served(
    tmp_path: Path, more: Mapping[str, str], listed: str
) -> None:
    project = planned(tmp_path, {**DJANGO, "shop/settings.py": SETTINGS, **more}, listed=listed)
    assert project.start is not None
    assert project.start.value.prepares == ()
    told = any("the image does not collect them" in note for note in project.notes)
    assert told == ("/srv/web" in str(more))


def test_messages_that_are_not_compiled_are_named(tmp_path: Path) -> None:
    files = {**DJANGO, "locale/de/LC_MESSAGES/django.po": "", "locale/fr/LC_MESSAGES/django.po": ""}
    listed = "django\ngunicorn\n"
    project = planned(tmp_path, {**files, "locale/de/LC_MESSAGES/django.mo": ""}, listed=listed)
    (told,) = (one for one in project.notes if "compilemessages" in one)
    assert told.startswith("locale/fr/LC_MESSAGES/django.po is not compiled: run `python manage.py")


@pytest.mark.parametrize("address", ["[::]:9090", ":9090", "0.0.0.0:9090"])
def test_uwsgi_with_settings_of_its_own_serves_the_site(tmp_path: Path, address: str) -> None:
    """Source: linkding, whose supervisord.conf starts uWSGI by its ini."""
    conf = f"[program:web]\ncommand=uwsgi --http {address} uwsgi.ini\n"
    files = {**DJANGO, "shop/settings.py": SETTINGS, "supervisord.conf": conf}
    files["uwsgi.ini"] = "[uwsgi]\nmodule = shop.wsgi\n"
    project = planned(tmp_path, files, listed="django\nuwsgi\n")
    assert project.start is not None
    assert project.start.value.command == ("uwsgi", "--http", address, "uwsgi.ini")
    assert project.start.value.prepares
    assert project.port is not None
    assert project.port.value == 9090


COMPOSED = "services: {web: {build: {context: ., dockerfile: docker/b.Dockerfile}}}"
SERVES = 'FROM python:3\nCOPY . .\nCMD ["python", "serve.py"]\n'
OTHER = SERVES.replace("serve.py", "other.py")


@pytest.mark.parametrize(
    ("dockerfiles", "place"),
    [
        ({"Containerfile": SERVES}, "Containerfile"),
        ({"docker/dockerfile": SERVES}, "docker/dockerfile"),
        ({"Dockerfile.arm64": SERVES}, "Dockerfile.arm64"),
        ({"container/app.dockerfile": SERVES}, "container/app.dockerfile"),
        ({"docker/alpine.Dockerfile": SERVES, "docker/slim.Dockerfile": SERVES}, "docker/alpine."),
        ({"docker/web.Dockerfile": SERVES, "docker/dev.Dockerfile": OTHER}, "docker/web."),
        ({"Dockerfile-dev": OTHER, "docker/Dockerfile.prod": SERVES}, "docker/Dockerfile.prod"),
        ({"Dockerfile": SERVES, "Dockerfile.old": OTHER}, "Dockerfile:3"),
        ({"docker/main/Dockerfile": SERVES}, "docker/main/Dockerfile"),
        (
            {
                "docker/a.Dockerfile": OTHER,
                "docker/b.Dockerfile": SERVES,
                "compose.yaml": COMPOSED,
            },
            "docker/b.Dockerfile",
        ),
        ({"a.Dockerfile": OTHER, "b.Dockerfile": SERVES}, ""),
        ({"Dockerfile.j2": OTHER, "Dockerfile.dockerignore": "*.md"}, ""),
        ({"tests/Dockerfile": OTHER}, ""),
    ],
)
def test_a_dockerfile_counts_where_it_surely_makes_the_image(
    tmp_path: Path, dockerfiles: Mapping[str, str], place: str
) -> None:
    files = {"main.py": LOOP, "serve.py": LOOP, "other.py": LOOP}
    command, origin = started(planned(tmp_path, {**files, **dockerfiles}))
    assert command == ("python serve.py" if place else "python main.py")
    assert origin.startswith(place or "main.py")


@pytest.mark.parametrize(("folder", "port"), [("proxy", None), ("docker", 8675)])
def test_the_port_of_another_application_s_dockerfile_does_not_count(
    tmp_path: Path, folder: str, port: int | None
) -> None:
    """Source: pypowerwall, whose proxy has a Dockerfile of its own beside the library."""
    text = "FROM python:3\nCOPY . .\nEXPOSE 8675\nCMD tini -- $SERVER\n"
    files = {
        f"{folder}/Dockerfile": text,
        "README.md": "```\npython -m tool scan\n```\n",
        "tool/__main__.py": LOOP,
    }
    project = planned(tmp_path, files)
    assert started(project)[0] == "python -m tool scan"
    assert (project.port.value if project.port else None) == port


RUNS_APP = """
import uvicorn
if __name__ == "__main__":
    uvicorn.run("shop.main:app", host="0.0.0.0", port=7020)
"""


@pytest.mark.parametrize(
    ("parsing", "begins"),
    [
        (
            "import argparse\ndef init():\n    argparse.ArgumentParser().parse_args()\n",
            "python go.py",
        ),
        ("import argparse\nargparse.ArgumentParser().parse_args([])\n", "python -m uvicorn "),
        ("import argparse\n", "python -m uvicorn "),
    ],
)
def test_an_application_that_parses_the_command_line_gets_no_servers_arguments(
    tmp_path: Path, parsing: str, begins: str
) -> None:
    """Source: broadlinkmanager-docker, whose image ended with «unrecognized arguments»."""
    app = "from fastapi import FastAPI\nfrom shop.config import init\napp = FastAPI()\n"
    files = {"go.py": RUNS_APP, "shop/main.py": app, "shop/config.py": parsing}
    project = planned(tmp_path, files, listed="fastapi\nuvicorn\n")
    assert started(project)[0].startswith(begins)


SERVICE = {"src/__init__.py": "", "src/web.py": "", "src/main.py": f"from src import web\n{LOOP}"}
EXPORTED = "#!/bin/sh\ncd /srv && export PYTHONPATH=/srv/lib && python ./src/main.py\n"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({**SERVICE, "Procfile": "worker: python src/main.py\n"}, "/app"),
        (
            {
                "tool/main.py": f"import web\n{LOOP}",
                "util.py": "",
                "tool/web.py": "import util\n",
                "Procfile": "worker: python tool/main.py\n",
            },
            "/app",
        ),
        ({"tool/main.py": f"import web\n{LOOP}", "tool/web.py": "", "web.py": ""}, ""),
        ({"tool/main.py": f"import json\n{LOOP}", "json.py": ""}, ""),
        (
            {
                **SERVICE,
                "Dockerfile": "FROM python:3\nCOPY . /srv/\nCMD sh /srv/go.sh\n",
                "go.sh": EXPORTED,
                "lib/x.py": "",
            },
            "/app/lib",
        ),
        (
            {
                "Dockerfile": "FROM python:3\nWORKDIR /srv\nCOPY . .\n"
                "ENV PYTHONPATH=$PYTHONPATH:/srv/a:/opt/b\nCMD python main.py\n",
                "main.py": f"import x\n{LOOP}",
                "a/x.py": "",
            },
            "/app/a",
        ),
    ],
)
def test_what_a_script_imports_is_found_where_it_lies(
    tmp_path: Path, files: Mapping[str, str], path: str
) -> None:
    """Source: icloud-docker, whose init.sh exports PYTHONPATH for src/main.py."""
    project = planned(tmp_path, files)
    assert project.start is not None
    assert dict(project.start.value.environment).get("PYTHONPATH", "") == path


ENTRY = "#!/bin/sh\n{}\nexec python main.py\n"


@pytest.mark.parametrize(
    ("steps", "script", "volumes"),
    [
        ("COPY . .", "mkdir -p /config/session /home/abc /tmp/x", ("/config",)),
        ("COPY . .", "mkdir -p /srv/app/data", ("data",)),
        ("COPY . .", "mkdir /var/lib/meter", ("/var/lib/meter",)),
        ("RUN mkdir -p /data /build && chown -R 1000 /data\nCOPY . .", "true", ("/data",)),
        ("RUN mkdir /src && cd /src && git clone x\nCOPY . .", "true", ()),
        ("COPY . .", 'mkdir -p "$DIR" /etc/meter', ()),
    ],
)
def test_folders_that_are_made_for_data_are_there_and_writable(
    tmp_path: Path, steps: str, script: str, volumes: tuple[str, ...]
) -> None:
    """Source: icloud-docker, whose entry script makes /config, where it keeps its log."""
    text = f'FROM python:3\nWORKDIR /srv/app\n{steps}\nENTRYPOINT ["/srv/app/entry.sh"]\n'
    files = {"Dockerfile": text, "entry.sh": ENTRY.format(script), "main.py": LOOP}
    project = planned(tmp_path, files)
    assert started(project)[0] == "python main.py"
    assert project.volumes == volumes


S6 = """#!/usr/bin/with-contenv bash
cd /app || exit
exec s6-notifyoncheck -d -n 300 -w 1000 -c "nc -z localhost 8085" \\
    s6-setuidgid abc python3 /app/server.py --port 8085
"""


def test_a_service_of_s6_is_followed(tmp_path: Path) -> None:
    """Source: images made on linuxserver.io's bases start nothing in their Dockerfile."""
    text = """
        FROM ghcr.io/linuxserver/baseimage-alpine:3.20
        COPY app/ /app/
        COPY root/ /
        """
    files = {"app/server.py": WEB, "app/cli.py": LOOP, "root/etc/s6-overlay/s6-rc.d/a/run": S6}
    project = planned(tmp_path, {"Dockerfile": text, **files}, listed="flask\n")
    where = "root/etc/s6-overlay/s6-rc.d/a/run:3"
    assert started(project) == ("python server.py --port 8085", f"{where} (in app/)")


@pytest.mark.parametrize(
    ("port", "command"),
    [
        ("ENV PORT=9000", "python -m gunicorn -b 0.0.0.0:9000 web:app"),
        ("", "python -m gunicorn --bind 0.0.0.0:8000 web:app"),
    ],
)
def test_a_web_server_of_supervisord_comes_before_its_workers(
    tmp_path: Path, port: str, command: str
) -> None:
    """Where its port is the environment's, no worker takes its place."""
    conf = """
        [program:beat]
        command=celery -A tasks beat
        [program:web]
        command=gunicorn -b 0.0.0.0:%(ENV_PORT)s web:app
        """
    text = f"""
        FROM python:3.13
        {port}
        WORKDIR /srv
        COPY . .
        CMD ["supervisord", "-n"]
        """
    files = {"Dockerfile": text, "supervisord.conf": conf, "web.py": WEB, "tasks.py": LOOP}
    project = planned(tmp_path, files, listed="flask\ngunicorn\ncelery\n")
    assert started(project)[0] == command
    assert any("also starts beat" in note for note in project.notes)


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        ("import os\nT = os.environ['TOKEN']\nU = os.environ.get('OTHER')", "TOKEN"),
        ("import environ\nenv = environ.Env(A=(bool, 1))\nenv('KEY')\nenv('A')\nenv.db()", "KEY, "),
        ("import environ\nenv = environ.Env()\nA = env('KEY', default='')\nB = env.str('B')", "B"),
        ("from environs import Env\nenv = Env()\nenv.read_env()\nA = env.int('PORT')", "PORT"),
        ("from decouple import config\nA = config('A')\nB = config('B', default=1)", "A"),
        (
            "import pydantic_settings\nclass A(pydantic_settings.BaseSettings):\n"  # noqa: ISC004
            "    model_config = {'env_prefix': 'X_'}\n    key: str\n    port: int = 1\nA()",
            "X_KEY",
        ),
        ("import os\ntry:\n    os.environ['TOKEN']\nexcept KeyError:\n    pass", ""),
        ("import os\nos.environ['TOKEN'] = '1'", ""),
        ("import os\nif 'TEMP' in os.environ:\n    print(os.environ['TEMP'])", ""),
        ("import os\nif 'T' not in os.environ:\n    exit(1)\nprint(os.environ['T'])", "T"),
        ("import os\nif 'ON' in os.environ:\n    print(os.environ['ZONE'])", ""),
        ("import os\nif os.getenv('ON'):\n    A = os.environ['ZONE']", ""),
        ("import os\nON = os.environ.get('ON', '')\nif ON and x:\n    A = os.environ['Z']", ""),
        ("import os\nif 'A' in os.environ or os.getenv('B'):\n    print(os.environ['Z'])", ""),
        ("import os\nif os.getenv('ON'):\n    pass\nelse:\n    A = os.environ['ZONE']", "ZONE"),
        ("import os\nif os.getenv('ON', '1'):\n    A = os.environ['ZONE']", "ZONE"),
        ("import os\nif x or os.getenv('ON'):\n    A = os.environ['ZONE']", "ZONE"),
    ],
)
def test_settings_without_a_default_are_named(tmp_path: Path, source: str, settings: str) -> None:
    project = planned(tmp_path, {"main.py": source})
    told = [one for one in project.notes if "no default for what the environment" in one]
    assert [one.partition("to set: ")[2].startswith(settings) for one in told] == (
        [True] if settings else []
    )


@pytest.mark.parametrize(
    ("dockerfile", "compose", "command"),
    [
        ("CMD python main.py $OPTIONS", "", "python main.py"),
        ("CMD python main.py ${OPTIONS} -v", "", "python main.py -v"),
        ("CMD python main.py $OPTIONS", "OPTIONS: -w --port 1", "python main.py -w --port 1"),
        ("ENV OPTIONS=-q\nCMD python main.py $OPTIONS", "OPTIONS: -w", "python main.py -q"),
        ('ENTRYPOINT ["./run.sh"]', "", "python main.py"),
        ("CMD python main.py ${MODEL:+--model $MODEL}", "", "python main.py"),
        ('CMD python main.py ${MODEL+--model "${MODEL}"} -v', "", "python main.py -v"),
        ("CMD python main.py ${MODEL:+--model $MODEL}", "MODEL: a", "python main.py --model a"),
        (
            "ARG MODEL\nENV OPTIONS=${MODEL}\nCMD python main.py ${OPTIONS:+--model $OPTIONS}",
            "",
            "python main.py",
        ),
        ("ARG MODEL\nENV OPTIONS=$MODEL\nCMD python main.py $OPTIONS", "", "python main.py"),
        ("CMD python main.py\nFROM app AS dev\nCMD python other.py", "", "python main.py"),
        ("CMD python main.py\nFROM app AS lint\nCMD python other.py", "", "python main.py"),
        ("CMD python other.py\nFROM app AS web\nCMD python main.py", "", "python main.py"),
    ],
)
def test_options_that_nothing_sets_and_stages_of_development_are_left_out(
    tmp_path: Path, dockerfile: str, compose: str, command: str
) -> None:
    text = f"FROM python:3 AS app\nWORKDIR /app\nCOPY . .\n{dockerfile}\n"
    files = {"main.py": LOOP, "other.py": LOOP, "run.sh": "#!/bin/sh\nexec python main.py $MORE\n"}
    if compose:
        files["compose.yaml"] = f"services: {{app: {{build: ., environment: {{{compose}}}}}}}"
    project = planned(tmp_path, {"Dockerfile": text, **files})
    assert started(project)[0] == command
    unset = "$" in dockerfile and "=-q" not in dockerfile and not compose
    noted = any("which nothing sets" in note for note in project.notes)
    assert noted == (unset or "run.sh" in dockerfile)


@pytest.mark.parametrize("folder", ["lib", "vendor", "app/third_party"])
def test_packages_brought_along_are_not_the_application(tmp_path: Path, folder: str) -> None:
    """Source: Tautulli, whose lib/ has a hundred packages of others."""
    files = {f"{folder}/certifi/__init__.py": "", f"{folder}/certifi/__main__.py": "print(1)\n"}
    files[f"{folder}/cheroot/wsgi.py"] = LOOP
    project = planned(tmp_path, {**files, "Tautulli.py": LOOP})
    assert started(project)[0] == "python Tautulli.py"


def test_an_installed_command_that_python_runs_is_the_projects(tmp_path: Path) -> None:
    # Kozea/Radicale
    text = """
        FROM python:3-alpine
        WORKDIR /app
        COPY --from=builder /app/venv /app
        ENTRYPOINT [ "/app/bin/python", "/app/bin/meter"]
        CMD ["--hosts", "0.0.0.0:5232"]
        """
    listed = "[project]\nname='meter'\nversion='1'\nscripts.meter='meter.__main__:run'\n"
    files = {"pyproject.toml": listed, "meter/__main__.py": "def run(): pass\n", "Dockerfile": text}
    project = planned(tmp_path, files)
    command, _ = started(project)
    assert command.endswith("sys.exit(run()) --hosts 0.0.0.0:5232")
    assert project.port is not None
    assert project.port.value == 5232
    assert not any("mount it" in note for note in project.notes)


def test_of_exposed_ports_that_of_the_command_counts(tmp_path: Path) -> None:
    # rhasspy/wyoming-piper
    text = """
        FROM python:3-slim
        COPY . .
        EXPOSE 5000
        EXPOSE 10200
        CMD ["python", "main.py", "--uri", "tcp://0.0.0.0:10200", "--web-server"]
        """
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP})
    assert project.port is not None
    assert project.port.value == 10200


@pytest.mark.parametrize("file", ["setup.py", "setup.cfg"])
def test_a_file_that_is_installed_as_a_command_starts(tmp_path: Path, file: str) -> None:
    # ArduPilot/MAVProxy: other files can be run, too
    texts = {
        "setup.py": "from setuptools import setup\n"
        "setup(name='Meter', packages=['Meter'], scripts=['Meter/cli.py', 'Meter/meter.py'])\n",
        "setup.cfg": "[metadata]\nname = Meter\n[options]\npackages = Meter\n"
        "scripts =\n    Meter/cli.py\n    Meter/meter.py\n",
    }
    names = ("Meter/app.py", "Meter/cli.py", "Meter/meter.py", "Meter/__init__.py")
    project = planned(tmp_path, {file: texts[file], **dict.fromkeys(names, LOOP)})
    assert started(project)[0] == "python -m Meter.meter"


def test_a_file_that_a_script_at_the_top_imports_is_not_what_is_run(tmp_path: Path) -> None:
    # aceinnolab/Inkycal: inkycal/main.py prints a line when it is run
    files = {
        "panel/__init__.py": "",
        "panel/main.py": f"class Panel: pass\n{LOOP}",
        "panel_run.py": f"from panel.main import Panel\n{LOOP}",
    }
    assert started(planned(tmp_path, files))[0] == "python panel_run.py"


SCRIPTS = """
[project]
name = "python-meter"
[project.scripts]
"""


@pytest.mark.parametrize(
    ("scripts", "readme", "chosen"),
    [
        (("extract", "metercli"), "Run `metercli --ip 1.2.3.4`, or extract; metercli knows all", 1),
        (("ctl", "python-meterd"), "ctl shows, ctl lists", 1),
        (("a-tool", "python-meter"), "a-tool a-tool", 1),
        (("a-tool", "b-tool"), "", 0),
    ],
    ids=["named most", "the service", "the project's name", "the first"],
)
def test_of_several_scripts_the_service_or_the_one_that_people_run_starts(
    tmp_path: Path, scripts: tuple[str, str], readme: str, chosen: int
) -> None:
    """Sources: python-miio (miiocli), weewx (weewxd beside weectl)."""
    lines = "".join(f'{name} = "meter.m{at}:main"\n' for at, name in enumerate(scripts))
    files = {
        "pyproject.toml": SCRIPTS + lines,
        "README.md": readme,
        "meter/__init__.py": "",
        "meter/m0.py": "def main(): ...\n",
        "meter/m1.py": "def main(): ...\n",
    }
    assert f"meter.m{chosen} import" in started(planned(tmp_path, files))[0]


def test_the_script_of_the_projects_name_goes_before_a_development_server(tmp_path: Path) -> None:
    """Source: platypush, whose web interface is a part of it."""
    script = '[project]\nname = "hub"\n[project.scripts]\nhub = "hub.main:main"\n'
    files = {
        "pyproject.toml": script,
        "hub/__init__.py": "",
        "hub/main.py": "def main(): ...\n",
        "hub/web.py": WEB,
    }
    assert "hub.main import main" in started(planned(tmp_path, files, listed="flask\n"))[0]
    assert "hub.web:app" in started(planned(tmp_path, files, listed="flask\ngunicorn\n"))[0]


def test_a_web_interface_that_only_an_extra_installs_is_not_the_start(tmp_path: Path) -> None:
    """Source: beets, whose plugin for the web asks for Flask by an extra."""
    script = '[project]\nname = "beets"\ndependencies = ["requests"]\n'
    script += '[project.optional-dependencies]\nweb = ["flask"]\n'
    script += '[project.scripts]\nbeet = "beets.ui:main"\n'
    files = {
        "pyproject.toml": script,
        "beets/__init__.py": "",
        "beets/ui.py": "def main(): ...\n",
        "plugs/web/__init__.py": WEB,
    }
    assert "beets.ui import main" in started(planned(tmp_path, files))[0]


def test_a_librarys_examples_do_not_start_and_need_nothing(tmp_path: Path) -> None:
    """Sources: enviroplus-python; tinytuya, which has examples/threading.py."""
    example = f"import PIL, subprocess\nsubprocess.run(['vcgencmd'])\nopen('x.db', 'w')\n{LOOP}"
    files = {
        "pyproject.toml": '[project]\nname = "sensor"\ndependencies = ["requests"]\n',
        "sensor/__init__.py": "import threading\n",
        "examples/combined.py": example,
        "examples/threading.py": example,
    }
    project = planned(tmp_path, files)
    assert project.start is None
    assert any("only examples can be started" in note for note in project.notes)
    assert not {"runs-program", "writes-file"} & {use.code for use in project.uses}
    run = planned(
        tmp_path, {**files, "sensor/__main__.py": "import threading\nthreading.Event()\n"}
    )
    assert started(run)[0] == "python -m sensor"
    assert not {"runs-program", "writes-file"} & {use.code for use in run.uses}


def test_a_script_that_is_named_as_its_folder_goes_before_its_siblings(tmp_path: Path) -> None:
    """Source: Klipper, klippy/klippy.py beside klippy/console.py."""
    files = {"klippy/console.py": LOOP, "klippy/klippy.py": LOOP, "klippy/parse.py": LOOP}
    assert started(planned(tmp_path, files))[0] == "python -m klippy.klippy"


@pytest.mark.parametrize(
    ("steps", "compose", "volumes"),
    [
        # Kozea/Radicale
        ("VOLUME /var/lib/radicale", "", ("/var/lib/radicale",)),
        ('VOLUME ["/data", "/config"]', "", ("/data", "/config")),
        ("VOLUME /srv/app/data", "", ("data",)),
        ("ENV DATA=/data\nVOLUME $DATA/db", "", ("/data/db",)),
        ("VOLUME /srv/app/pages", "", ()),  # an older volume would hide newer files
        ("VOLUME /tmp /run/app /etc/app /srv/app", "", ()),
        ("RUN true", "./d:/srv/app/data", ("data",)),
        ("RUN true", "state:/var/lib/state", ("/var/lib/state",)),
        ("RUN true", "./settings.yaml:/data/settings.yaml", ()),
        ("RUN true", "/var/run/docker.sock:/var/run/docker.sock", ()),
    ],
)
def test_folders_that_the_authors_container_gets_are_volumes(
    tmp_path: Path, steps: str, compose: str, volumes: tuple[str, ...]
) -> None:
    text = f"FROM python:3-slim\nWORKDIR /srv/app\nCOPY . .\n{steps}\nCMD python main.py\n"
    files = {"Dockerfile": text, "main.py": LOOP, "pages/a.html": "a"}
    if compose:
        rows = f"    volumes:\n      - {compose}\n"
        files["compose.yaml"] = f"services:\n  app:\n    build: .\n{rows}"
    assert planned(tmp_path, files).volumes == volumes


def test_a_folder_that_the_command_names_is_a_volume(tmp_path: Path) -> None:
    # rhasspy/wyoming-piper
    text = 'FROM python:3-slim\nCOPY . .\nCMD ["python", "main.py", "--data-dir", "/data"]\n'
    assert planned(tmp_path, {"Dockerfile": text, "main.py": LOOP}).volumes == ("/data",)


@pytest.mark.parametrize(
    ("launcher", "started_by"),
    [
        # morpheus65535/bazarr: its server is started by what bazarr.py runs
        ("panel.py", "python panel.py"),
        ("other.py", "python -m flask run"),
    ],
)
def test_the_script_that_is_called_like_the_package_starts_before_a_development_server(
    tmp_path: Path, launcher: str, started_by: str
) -> None:
    files = {
        "panel/__init__.py": "",
        "panel/server.py": WEB,
        launcher: f"import subprocess\n{LOOP}",
    }
    assert started(planned(tmp_path, files, listed="flask\n"))[0].startswith(started_by)


def test_a_command_without_the_ending_of_a_module_starts(tmp_path: Path) -> None:
    """Source: plantgateway, whose setup.py installs the file plantgateway."""
    setup = "from setuptools import setup\nsetup(name='meter', scripts=['bin/ctl', 'bin/meter'])\n"
    files = {
        "setup.py": setup,
        "bin/meter": "#!/usr/bin/env python3\n",
        "bin/ctl": "",
        "m/a.py": "",
    }
    assert started(planned(tmp_path, files))[0] == "python bin/meter"


@pytest.mark.parametrize(
    ("source", "extra", "told"),
    [
        ("open('config.ini')", "config.ini.dist", "config.ini, which the project lacks"),
        ("open(f'{d}/' + 'set.yaml')", "doc/set-example.yaml", "set.yaml, which the project lacks"),
        ("p.add_argument('-c', '--config', default='/etc/m.conf')", "", "reads /etc/m.conf"),
        ("open('config.ini')", "config.ini", ""),
        ("open('other.ini')", "config.ini.dist", "reads other.ini, which the project lacks"),
        ("p.add_argument('--output', default='out.json')", "", ""),
    ],
)
def test_settings_that_the_application_wants_and_the_project_lacks_are_named(
    tmp_path: Path, source: str, extra: str, told: str
) -> None:
    """Sources: moonraker, RPi-Reporter-MQTT2HA-Daemon, miflora-mqtt-daemon."""
    files = {"main.py": f"import argparse\np = argparse.ArgumentParser()\n{source}\n{LOOP}"}
    project = planned(tmp_path, {**files, **({extra: ""} if extra else {})})
    notes = [note for note in project.notes if "the project lacks" in note]
    assert len(notes) == bool(told)
    assert all(told in note and "main.py:3" in note for note in notes)


@pytest.mark.parametrize(
    ("command", "extra", "told"),
    [
        ('["python", "main.py", "-c", "set.yaml"]', "", ["set.yaml"]),
        ('["python", "main.py", "--config=a.ini", "set.yaml"]', "", ["set.yaml"]),
        ('["python", "main.py", "-c", "set.yaml"]', "set.yaml", []),
        ('["python", "main.py", "-c", "/etc/set.yaml"]', "", []),
        ('["python", "main.py", "--output", "out.json"]', "", ["default.yaml"]),
        ('["python", "main.py"]', "", ["default.yaml"]),
    ],
)
def test_settings_that_the_command_names_and_the_project_lacks_are_told(
    tmp_path: Path, command: str, extra: str, told: list[str]
) -> None:
    """What an option is given takes the place of its default."""
    asks = "p.add_argument('-c', '--config', default='default.yaml')"
    dockerfile = f"FROM python:3.13\nWORKDIR /app\nCOPY . .\nCMD {command}\n"
    source = f"import argparse\np = argparse.ArgumentParser()\n{asks}\n{LOOP}"
    files = {"main.py": source, "Dockerfile": dockerfile, **({extra: ""} if extra else {})}
    notes = [note for note in planned(tmp_path, files).notes if "the project lacks" in note]
    assert [name for name in ("set.yaml", "default.yaml") if name in " ".join(notes)] == told


def test_what_a_command_of_a_group_requires_is_not_the_groups(tmp_path: Path) -> None:
    """Source: PlexTraktSync, whose group works without a command."""
    source = """
        import click
        from lazy import command
        @click.group(invoke_without_command=True)
        {}
        def cli(server):
            pass
        @command()
        @click.option("--library", required=True)
        def compare():
            pass
        cli.add_command(compare)
        if __name__ == "__main__":
            cli()
        """
    for own, told in (("", False), ('@click.option("--server", required=True)', True)):
        text = textwrap.dedent(source).format(own)
        project = planned(tmp_path / str(told), {"main.py": text, "lazy.py": "command = print\n"})
        assert any("requires --server" in note for note in project.notes) == told
        assert not any("requires --library" in note for note in project.notes)


def test_links_out_of_the_project_are_not_followed(tmp_path: Path) -> None:
    elsewhere = write(
        tmp_path / "b", {"app.service": "[Service]\nExecStart=python main.py --other\n"}
    )
    root = write(tmp_path / "a", {"requirements.txt": "six\n", "main.py": LOOP})
    (root / "root").symlink_to("/")
    (root / "loop").symlink_to(root)
    (root / "linked").symlink_to(elsewhere)
    project = read_project(root, environ={})
    assert started(project) == ("python main.py", "main.py:2")


@pytest.mark.parametrize(
    ("imported", "named"), [("load", ["--data-dir"]), ("parse", ["--data-dir", "--language"])]
)
def test_arguments_of_a_script_that_is_only_imported_are_not_required(
    tmp_path: Path, imported: str, named: list[str]
) -> None:
    # rhasspy/wyoming-vosk: sentences.py can be run on its own
    parser = (
        "    parser = argparse.ArgumentParser()\n    parser.add_argument('{}', required=True)\n"
    )
    main = f"import argparse\nfrom app.words import {imported}\ndef main():\n{parser}"
    words = f"import argparse\ndef load(): pass\ndef parse():\n{parser}"
    run = "if __name__ == '__main__':\n    {}()\n"
    files = {
        "app/__init__.py": "",
        "app/__main__.py": main.format("--data-dir") + run.format("main"),
        "app/words.py": words.format("--language") + run.format("parse"),
    }
    project = planned(tmp_path, files)
    assert project.start is not None
    texts = "\n".join(project.start.value.lacks)
    assert [one for one in ("--data-dir", "--language") if f"requires {one}" in texts] == named


UNIT = """
#!/bin/bash
APP=$(dirname "$0")/..
ENV_DIR=/opt/env
SCRIPT=service.py
sudo tee /etc/systemd/system/meter.service <<EOF
[Unit]
Description=it
[Service]
WorkingDirectory=$APP
Environment=MODE=once
ExecStart=${ENV_DIR}/bin/python ${APP}/app/$SCRIPT --config $APP/settings.ini $OPTIONS
[Install]
EOF
"""


def test_a_unit_that_a_script_writes_says_how_it_starts(tmp_path: Path) -> None:
    # KlipperScreen, moonraker, klipper: the installer writes the unit
    files = {
        "scripts/install.sh": UNIT,
        "app/service.py": LOOP,
        "app/tool.py": LOOP,
        "settings.ini": "",
    }
    project = planned(tmp_path, files)
    assert started(project) == (
        "python app/service.py --config settings.ini",
        "scripts/install.sh:11",
    )
    assert project.start is not None
    assert project.start.value.environment == (("MODE", "once"),)


def test_of_scripts_that_are_alike_the_one_that_leads_to_most_starts(tmp_path: Path) -> None:
    # springfall2008/batpred: eighteen scripts side by side, most of them to try one part
    parts = {f"app/part{n}.py": f"def one(): pass\n{LOOP}" for n in range(3)}
    whole = "".join(f"import part{n}\n" for n in range(3))
    project = planned(tmp_path, {**parts, "app/whole.py": f"{whole}{LOOP}"})
    assert started(project)[0] == "python app/whole.py"


@pytest.mark.parametrize("needs", ['"--config", required=True', '"site"'])
def test_of_scripts_that_lead_to_as_much_the_one_without_arguments_starts(
    tmp_path: Path, needs: str
) -> None:
    # springfall2008/batpred: annual_cli.py has to be given a file, hass.py is the service
    parts = {f"app/part{n}.py": f"def one(): pass\n{LOOP}" for n in range(3)}
    whole = "".join(f"import part{n}\n" for n in range(3))
    parses = f"import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument({needs})\n"
    files = {"app/annual.py": f"{whole}{parses}{LOOP}", "app/home.py": f"{whole}{LOOP}"}
    assert started(planned(tmp_path, {**parts, **files}))[0] == "python app/home.py"
    # what leads to little is a tool, whatever it takes
    (tmp_path / "app/home.py").unlink()
    assert started(planned(tmp_path, parts))[0] == "python app/annual.py"


@pytest.mark.parametrize(
    ("command", "script", "told"),
    [
        (
            '["/bin/sh", "-c", "tor -f torrc & python main.py"]',
            "",
            "Dockerfile:5 starts `tor -f torrc`",
        ),
        (
            '["tini", "--", "./run.sh"]',
            "#!/bin/sh\nset -e\ncelery -A task worker \\\n    --concurrency 4 &\npython main.py\n",
            "docker/run.sh:3 starts `celery -A task worker --concurrency 4`",
        ),
        (
            '["./run.sh", "python", "main.py"]',
            '#!/bin/sh\nif [ -n "$QUEUE" ]; then\n  rq worker 2>&1 &\nfi\nexec "$@"\n',
            "docker/run.sh:3 starts `rq worker`",
        ),
    ],
)
def test_what_is_started_in_the_background_is_named(
    tmp_path: Path, command: str, script: str, told: str
) -> None:
    # benbusby/whoogle-search, tubearchivist/tubearchivist
    text = f"""
        FROM python:3.13-slim
        COPY . /app
        COPY docker/run.sh /app
        WORKDIR /app
        CMD {command}
        """
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP, "docker/run.sh": script})
    assert started(project)[0] == "python main.py"
    assert any(note.startswith(f"{told} besides") for note in project.notes)
    assert not any("starts in" in note for note in project.notes)


def test_other_commands_that_a_readme_tells_are_named(tmp_path: Path) -> None:
    # jlusiardi/homekit_python
    readme = "```\npython -m kit.pair\npython3 -m kit.find -t 5\n```\n"
    files = {"README.md": readme, "kit/__init__.py": "", "kit/pair.py": LOOP, "kit/find.py": LOOP}
    command, origin = started(planned(tmp_path, files))
    assert (command, origin) == ("python -m kit.pair", "README.md:2 (others: kit/find.py)")


PAINT = {
    "pyproject.toml": '[project]\nname = "paint"\nversion = "1"\n'
    '[project.scripts]\npaint = "paint:main"\n',
    "paint/__init__.py": "def main():\n    from paint.cli import app\n    app()\n",
    "paint/cli.py": "import typer\nimport uvicorn\napp = typer.Typer()\n\n@app.command()\n"
    'def start(host: str = typer.Option("127.0.0.1"), port: int = typer.Option(8080)):\n'
    "    uvicorn.run(make(), host=host, port=port)\n\n@app.command()\ndef scan(): ...\n",
}
PAGE = "import gradio as gr\n\ndef show():\n    gr.Blocks().launch()\n"


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("paint/settings.py", "paint start --port 8081"),
        ("paint/web/page.py", "paint start --port 8081"),
        ("page.py", "python page.py"),
    ],
)
def test_a_page_in_a_package_that_a_script_starts_is_not_the_application(
    tmp_path: Path, page: str, command: str
) -> None:
    """Source: Sanster/IOPaint, whose settings have a Gradio page of their own."""
    readme = "```\npaint start --port 8081\n```\n"
    project = planned(tmp_path, {**PAINT, page: PAGE, "README.md": readme}, listed="gradio\n")
    assert project.start is not None
    start = project.start.value
    if command.startswith("paint"):
        assert project.port is not None
        assert start.command[-5:-1] == ("start", "--port", "8081", "--host")
        assert (project.port.value, project.health) == (8081, None)
    else:
        assert " ".join(start.command) == command


def test_a_folder_that_is_called_like_a_document_is_no_document(tmp_path: Path) -> None:
    # sezanzeb/input-remapper: readme/ holds pictures
    files = {"readme/usage.md": "", "notes.md/a.txt": "", "main.py": LOOP}
    assert started(planned(tmp_path, files))[0] == "python main.py"


@pytest.mark.parametrize("shown", ["--version", "--help"])
def test_an_image_that_shows_its_help_does_not_say_how_it_starts(
    tmp_path: Path, shown: str
) -> None:
    # gilesknap/gphotos-sync: whoever runs the image gives the arguments
    text = f"""
        FROM python:3.13-slim
        WORKDIR /app
        COPY main.py /app
        ENTRYPOINT ["python", "main.py"]
        CMD ["{shown}"]
        """
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP})
    assert project.start is not None
    assert project.start.value.command == ("python", "main.py")
    assert f"only shows {shown}: name what it is to do" in project.start.value.lacks[0]


@pytest.mark.parametrize(
    ("place", "copied", "command"),
    [
        ("proxy/Dockerfile.beta", "server.py page.py lib/", "python proxy/server.py"),
        ("proxy/Dockerfile-arm", "./server.py built.py page.py", "python proxy/server.py"),
        ("proxy/arm.dockerfile", "server.py page.py version.txt", "python proxy/server.py"),
        ("proxy/Dockerfile.arm64", "proxy/server.py lib/ version.txt", "python proxy/server.py"),
        ("Dockerfile", "proxy/server.py version.txt", "python proxy/server.py"),
    ],
)
def test_of_folders_that_a_build_may_see_the_one_with_most_of_what_is_copied_counts(
    tmp_path: Path, place: str, copied: str, command: str
) -> None:
    text = f'FROM python:3\nWORKDIR /srv\nCOPY {copied} ./\nCMD ["python", "server.py"]\n'
    files = {
        "proxy/server.py": LOOP,
        "proxy/page.py": "",
        "lib/__init__.py": "",
        "lib/__main__.py": LOOP,
        "README.md": "```\npython -m lib scan\n```\n",
    }
    project = planned(tmp_path, {place: text, **files})
    assert started(project) == (command, f"{place}:4")


@pytest.mark.parametrize(
    ("writes", "line"),
    [
        (
            (
                'RUN echo "#!/bin/sh" > /run.sh && \\\n echo "set -e" >> /run.sh && \\\n'
                ' echo "python main.py -c /c.yaml \\"\\$@\\"" \\\n  >> /run.sh\n'
            ),
            6,
        ),
        (
            "COPY <<EOF /run.sh\n#!/bin/sh\nexec python main.py -c /c.yaml\nEOF\n",
            6,
        ),
        ("RUN cat <<'EOF' > /run.sh\n#!/bin/sh\nexec python main.py -c /c.yaml\nEOF\n", 6),
        (
            "RUN printf '#!/bin/sh\\nexec python %s -c /c.yaml\\n' main.py > /run.sh\n",
            5,
        ),
        (
            "WORKDIR /\nRUN echo '#!/bin/sh\\npython main.py -c /c.yaml' > run.sh\nWORKDIR /srv\n",
            6,
        ),
        ("RUN tee /run.sh <<EOF\n#!/bin/sh\npython main.py -c /c.yaml\nEOF\n", 6),
    ],
)
def test_a_script_that_the_dockerfile_writes_is_followed(
    tmp_path: Path, writes: str, line: int
) -> None:
    text = f'FROM python:3\nWORKDIR /srv\nCOPY . .\n{writes}ENTRYPOINT ["/run.sh"]\n'
    project = planned(tmp_path, {"Dockerfile": text, "main.py": LOOP, "other.py": LOOP})
    assert started(project) == ("python main.py -c /c.yaml", f"Dockerfile:{line}")


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ('pythonpath = "/srv/web"\n', " --pythonpath /app/web"),
        ('chdir = "/srv/web"\n', " --chdir /app/web"),
        (
            'chdir = "/srv/web"\npythonpath = "/srv/web"\n',
            " --chdir /app/web --pythonpath /app/web",
        ),
        ('bind = ["unix:/tmp/web.sock"]\nworkers = 2\n', ""),
        ('# chdir = "/srv/web"\naccesslog = "/var/log/web.log"\n', ""),
    ],
)
def test_folders_in_gunicorns_settings_are_given_as_options(
    tmp_path: Path, settings: str, options: str
) -> None:
    text = """
        FROM python:3
        WORKDIR /srv
        COPY . .
        CMD ["gunicorn", "-c", "/srv/web/gunicorn.conf.py", "web.main:app"]
        """
    files = {"web/gunicorn.conf.py": settings, "web/__init__.py": "", "web/main.py": WEB}
    project = planned(tmp_path, {"Dockerfile": text, **files}, listed="flask\ngunicorn\n")
    command = f"python -m gunicorn -c web/gunicorn.conf.py web.main:app{options}"
    assert started(project)[0].startswith(command)


def test_another_setting_that_names_a_folder_of_their_image_is_not_used(tmp_path: Path) -> None:
    text = (
        'FROM python:3\nWORKDIR /srv\nCOPY . .\nCMD ["gunicorn", "-c", "w.conf.py", "main:app"]\n'
    )
    files = {"w.conf.py": 'certfile = "/srv/cert.pem"\n', "cert.pem": "", "main.py": WEB}
    project = planned(tmp_path, {"Dockerfile": text, **files}, listed="flask\ngunicorn\n")
    assert any("w.conf.py, whose line 1 names /srv/cert.pem" in note for note in project.notes)


@pytest.mark.parametrize(
    ("command", "port"),
    [
        ('["celery", "-A", "main", "flower"]', 5555),
        ('["celery", "flower"]', 5555),
        ('["celery", "-A", "main", "worker"]', None),
        ('["celery", "-A", "main", "beat"]', None),
    ],
)
def test_of_celerys_commands_its_web_interface_listens(
    tmp_path: Path, command: str, port: int | None
) -> None:
    text = f"FROM python:3\nWORKDIR /srv\nCOPY . .\nEXPOSE 5555\nCMD {command}\n"
    source = "from celery import Celery\napp = Celery('main')\n"
    files = {"Dockerfile": text, "main.py": source}
    found = planned(tmp_path, files, listed="celery\nflower\n").port
    assert (found.value if found else None) == port


@pytest.mark.parametrize(
    ("lines", "port"),
    [
        ('[ -z "$PORT" ] && PORT=8125', 8125),
        ('if [[ -z "$PORT" ]]; then\n    PORT=8125\nfi', 8125),
        ("if test -z ${PORT}; then export PORT=8125; fi", 8125),
        ('[ -n "$PORT" ] || PORT=8125', 8125),
        (": ${PORT:=8125}", 8125),
        ("PORT=${PORT:-8125}", 8125),
        ('PORT=8125\n[ -z "$PORT" ] && PORT=9000', 8125),
        ('if [ "$MODE" = dev ]; then\n    PORT=9000\nfi', None),
        ('if [ -z "$MODE" ]; then\n    PORT=9000\nfi', None),
    ],
)
def test_what_a_variable_is_given_where_it_is_empty_is_its_default(
    tmp_path: Path, lines: str, port: int | None
) -> None:
    script = f'#!/bin/bash\nset -e\n{lines}\nexec python main.py --port "$PORT"\n'
    text = 'FROM python:3\nWORKDIR /srv\nCOPY . .\nCMD ["./start.sh"]\n'
    project = planned(tmp_path, {"Dockerfile": text, "start.sh": script, "main.py": LOOP})
    command = started(project)[0]
    assert command == (f"python main.py --port {port}" if port else "python main.py")


OF_PROD = """
    if [ "$1" = "prd" ]; then
        export MODE=live
        exec python main.py --port 8080
    elif [ "$1" = "dev" ]; then
        python main.py --reload
    else
        echo "prd or dev"; exit 1
    fi
    """
OF_CASE = """
    case "${1:-serve}" in
      # what it may do
      worker|beat)
        exec python worker.py
        ;;
      serve) exec python main.py --port 8080 ;;
      *)
        exec "$@"
        ;;
    esac
    """


@pytest.mark.parametrize(
    ("head", "body", "cmd", "command"),
    [
        # beaverhabits: its start.sh goes to its own folder, and asks what to be
        ('cd "$(dirname "$0")"', OF_PROD, '["sh", "start.sh", "prd"]',
         "python main.py --port 8080"),
        ('cd "${0%/*}"', OF_PROD, '["sh", "start.sh", "dev"]', "python main.py --reload"),
        ('cd "$(dirname "$(readlink -f "$0")")"', OF_CASE, '["./start.sh"]',
         "python main.py --port 8080"),
        ('cd "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"', OF_CASE,
         '["bash", "start.sh", "beat"]', "python worker.py"),
        ("cd `dirname $0` || exit 1", OF_CASE, '["./start.sh", "python", "worker.py"]',
         "python worker.py"),
        ("set -e", 'if [ -z "$1" ]; then\n    exec python main.py\nfi\nexec "$@"\n',
         '["./start.sh", "python", "worker.py"]', "python worker.py"),
    ],
)  # fmt: skip
def test_a_script_that_asks_for_its_argument_or_its_folder_is_followed(
    tmp_path: Path, head: str, body: str, cmd: str, command: str
) -> None:
    files = {
        "Dockerfile": f"FROM python:3.13\nWORKDIR /srv\nCOPY . .\nCMD {cmd}\n",
        "start.sh": f"#!/bin/bash\n{head}\n{textwrap.dedent(body)}",
        "main.py": LOOP,
        "worker.py": LOOP,
    }
    project = planned(tmp_path, files)
    assert started(project)[0] == command
    assert project.start is not None
    live = ("MODE", "live") in project.start.value.environment
    assert live == ('"prd"]' in cmd)


@pytest.mark.parametrize(
    "body",
    [
        'shift\nif [ "$1" = "prd" ]; then\n    exec python main.py\nfi\n',
        'if [ "$2" = "prd" ]; then\n    exec python main.py\nelse\n    exec python worker.py\nfi\n',
        'if [ "$1" = "prd" ]; then\nif [ -f x ]; then\nexec python main.py\nfi\nfi\n',
        'case "$1" in\n$MODE)\n    exec python main.py\n    ;;\nesac\n',
    ],
)
def test_branches_that_are_not_understood_are_not_taken(tmp_path: Path, body: str) -> None:
    files = {
        "Dockerfile": 'FROM python:3.13\nWORKDIR /srv\nCOPY . .\nCMD ["sh", "start.sh", "prd"]\n',
        "start.sh": body,
        "worker.py": LOOP,
        "main.py": LOOP,
    }
    notes = planned(tmp_path, files).notes
    assert any("this command is not used to start the app" in note for note in notes)
