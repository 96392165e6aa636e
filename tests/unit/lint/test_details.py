"""Files that are all right in a way that a rule could overlook, and some that are not."""

import pytest

from scaffold.lint.context import Surroundings
from scaffold.lint.linter import check, unknown_images
from scaffold.lint.rules.project import debian_name
from tests.support.lint_cases import case_of, case_with_project, found_by

BASE = "FROM python:3.13-slim-trixie\n"
ALPINE = "FROM python:3.13-alpine3.23\n"
USER_SITE = (
    "FROM python:3.13 AS b\nRUN pip install --user a\nFROM python:3.13\nRUN {}\n"
    "COPY --from=b /root/.local /root/.local\nUSER 1001\n"
)
DISTROLESS = (
    "FROM {} AS b\nRUN pip install --target=/deps a\nFROM {}\nCOPY --from=b /deps /deps\n"
    "ENV PYTHONPATH=/deps\n"
)
CONF = BASE + "WORKDIR /srv\nCOPY <<EOF gunicorn.conf.py\n{}\nEOF\nCMD gunicorn a:b\n"
UV = """\
FROM python:3.13-slim-trixie AS build
WORKDIR /app
RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync --locked --no-install-project --no-dev
COPY . /app
RUN uv sync --locked --no-dev
FROM python:3.13-slim-trixie
COPY --from=build /app /app
"""
CLEAN = {
    "LS101": [
        BASE + 'ARG OPTIONS="--no-cache-dir -q"\nRUN pip install $OPTIONS a==1\n',
        BASE + "ENV PIP_NO_CACHE_DIR=1\nRUN pip install a==1\n",
        BASE + "RUN PIP_NO_CACHE_DIR=1 pip install a==1\n",
        BASE + "RUN pip install a==1 && rm -rf /root/.cache\n",
        "FROM python:3.13 AS build\nRUN pip install a==1\nFROM scratch\n",
        BASE + "RUN echo pip install a\n",
    ],
    "LS104": [
        BASE + "RUN uv pip install --python-preference system --index https://a.example -r a.txt\n",
        BASE + "RUN uv pip install --requirements a.txt --overrides b.txt --torch-backend cpu\n",
        BASE + "RUN pip install ./dist/a.whl . git+https://a.example/b $PACKAGE\n",
        BASE + "RUN pip install -c constraints.txt flask\n",
        BASE + "RUN pip install --index-url https://a.example/ a==1\n",
    ],
    "LS107": [BASE + "RUN uv pip install a==1\n", BASE + "RUN poetry install --only=main\n"],
    "LS205": ["ARG TAG=3.13\nFROM python:$TAG-slim-trixie\n", "FROM somebody/python-app:3.6\n"],
    "LS206": ["FROM --platform=$BUILDPLATFORM python:3.13\n"],
    "LS301": [
        UV,
        BASE + "COPY . .\nRUN pip install .\n",
        BASE + "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
    ],
    "LS302": [
        BASE + "RUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install a\n",
        BASE + "RUN apk add a\nRUN rm -rf /srv/upload\n",
    ],
    "LS304": [BASE + "RUN mkdir /data && chown -R 1 /data\nCOPY . /app/\n"],
    "LS305": [BASE + "RUN rm -rf /usr/local/lib/python3.13/site-packages/pip-*.dist-info\n"],
    "LS401": [
        BASE + "RUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install a\n",
        BASE + "RUN <<EOF\napt-get update\nrm -rf /var/lib/apt/lists/*\nEOF\n",
    ],
    "LS402": [BASE + "COPY a.deb /\nRUN apt-get install -y /a.deb\n"],
    "LS404": [
        BASE + "RUN apt-get -qqy install a && apt-get -y install b && apt-get install -yq c\n",
        BASE + "RUN yes | apt-get install a && echo Y | sudo apt-get install b\n",
    ],
    "LS408": [BASE + "RUN apk add --virtual .b gcc && pip install a && apk del .b\n"],
    "LS412": [
        BASE + "RUN case $A in \\\n  dev|beta|fix*) echo a;; \\\n  (c|d) b;; e|f) g; esac\n",
        BASE + "RUN if cat a | grep -q b; then true; fi; seq 8 | xargs mkdir\n",
        BASE + "RUN ! cat a | grep -q b\n",
        BASE + "RUN set -o pipefail && a | b\n",
        BASE + "RUN yes | a\n",
    ],
    "LS414": [BASE + "RUN cd /a && make\n"],
    "LS501": ["FROM app:nonroot\n", BASE + "USER 1\n", "FROM a AS b\nUSER 1\nFROM b\n"],
    "LS503": [BASE + "CMD exec gunicorn a:b\n"],
    "LS506": [
        "FROM python:3.13-alpine\nHEALTHCHECK CMD wget -q http://a || exit 1\n",
        BASE + "RUN apt-get install curl\nHEALTHCHECK CMD curl -f http://a\n",
    ],
    "LS415": [
        ALPINE + "RUN apk add --no-cache shadow bash && useradd -m a && bash -c x\n",
        ALPINE + "RUN adduser -D a && wget http://a.example/b\n",
        BASE + "RUN apt-get update && apt-get install -y git\nRUN git clone https://a.example/b\n",
        BASE + "RUN command -v apk && apk add a || apt-get install -y a\n",
        BASE + "COPY --from=x /usr/local/bin/ /usr/local/bin/\nRUN node x.js\n",
        "FROM python:3.13\nRUN curl -O https://a.example/b && gcc b.c && git --version\n",
        "FROM somebody/base:1\nRUN apk add x\n",
        BASE
        + "RUN --mount=type=bind,source=d.sh,target=/d.sh /d.sh\nRUN wget http://a.example/b\n",
        BASE + "COPY d /\nRUN bash /d/setup && git clone https://a.example/b\n",
        "FROM cgr.dev/chainguard/python:latest-dev\nRUN apk add --no-cache git && git x\n",
        "FROM gcr.io/distroless/python3-debian12:debug\nRUN echo\n",
        'FROM gcr.io/distroless/python3-debian12\nRUN ["/usr/bin/python3", "-c", "1"]\n',
    ],
    "LS416": [
        BASE + "RUN apt-get update && apt-get install -y libgl1 libpq5 libasound2\n",
        "FROM python:3.12-slim-bookworm\nRUN apt-get install -y libatlas-base-dev netcat-x\n",
        "FROM ubuntu:22.04\nRUN apt-get install -y libgl1-mesa-glx\n",
        ALPINE + "RUN apk add libgl1-mesa-glx\n",
        BASE + "RUN echo deb x >> /etc/apt/sources.list\nRUN apt-get install -y netcat\n",
        "FROM debian:12.2-slim\nRUN apt-get install -y python3.11 python3-distutils\n",
    ],
    "LS513": [
        BASE + "USER app\nRUN python -m venv venv\n",
        "FROM alpine:3.23\nRUN apk add python3 && python3 -m venv /v\n",
        "FROM somebody/base:1\nRUN python3 -m venv /v\n",
        BASE + "RUN python -m venv /a\nRUN python -m venv /b\n",
    ],
    "LS514": [
        BASE + "RUN uv sync\nENV PATH=/.venv/bin:$PATH\nCMD python a.py\n",
        BASE + 'RUN poetry install\nCMD ["poetry", "run", "python", "a.py"]\n',
        BASE + "RUN poetry config virtualenvs.create false && poetry install\nCMD python a.py\n",
        BASE + "ENV UV_PROJECT_ENVIRONMENT=/usr/local\nRUN uv sync\nCMD python a.py\n",
        BASE + "RUN pipenv install --system\nCMD python a.py\n",
    ],
    "LS611": [
        USER_SITE.format("chmod 755 /root"),
        USER_SITE.format("true").replace("USER 1001", "USER root"),
        USER_SITE.format("true").replace("/root/.local", "/home/a/.local"),
        BASE + "COPY . /app\nRUN pip install --no-cache-dir a\nUSER 1001\n",
        "FROM a AS b\nRUN pip install --user x\nFROM scratch\nCOPY --from=b /root /root\nUSER 1\n",
    ],
    "LS507": [BASE + "ENV D=/a\nWORKDIR $D/b\n", 'FROM a\nWORKDIR "/a b"\n'],
    "LS510": [
        BASE + 'CMD ["gunicorn", "--bind=0.0.0.0:80", "a"]\n',
        BASE + "ENV UVICORN_HOST=0.0.0.0\nCMD uvicorn a:b\n",
        BASE + 'CMD ["flask", "db", "upgrade"]\n',
        CONF.format('bind = "0.0.0.0:8000"'),
        CONF.format('bind = ["0.0.0.0:8000", "[::]:8001"]'),
        CONF.format('import os\nbind = f"0.0.0.0:{os.environ["P"]}"'),
        BASE + "RUN echo \"bind='0.0.0.0'\" > gunicorn.conf.py\nCMD gunicorn a:b\n",
    ],
    "LS512": [BASE + "EXPOSE 80 8000-8010/udp $PORT\n"],
    "LS601": [
        UV,
        (
            "FROM python:3.13 AS b\nWORKDIR /a\nRUN uv sync\nFROM b AS c\nRUN make x.so\n"
            "FROM python:3.13\nCOPY --from=b /a/.venv /a/.venv\nCOPY --from=c /a/x.so /a/\n"
        ),
        "FROM python:3.13 AS b\nRUN pip install a\nFROM b\n",
        (
            "FROM python:3.13 AS b\nRUN pip install a\nFROM python:3.13\n"
            "COPY --from=b /usr/local /usr/local\n"
        ),
        (
            "FROM python:3.13 AS b\nRUN pip install mkdocs && mkdocs build\nFROM python:3.13\n"
            "RUN pip install a\nCOPY --from=b /site /site\n"
        ),
        "FROM python:3.13 AS b\nRUN pip wheel -w /w a\nFROM python:3.13\nCOPY --from=b /w /w\n",
        (
            "FROM python:3.13 AS b\nRUN pip install --user a\nFROM python:3.13\n"
            "COPY --from=b /root/.local /root/.local\n"
        ),
        (
            "FROM python:3.13 AS b\nENV PATH=/v/bin:$PATH\nRUN pip install a\nFROM python:3.13\n"
            "COPY --from=b /v /v\n"
        ),
        (
            "FROM python:3.13 AS b\nRUN pip install --prefix=/i a\nFROM python:3.13\n"
            "RUN --mount=from=b,source=/i,target=/i cp -r /i/. /usr\nCOPY --from=b /etc/x /x\n"
        ),
    ],
    "LS603": [
        (
            "FROM python:3.13 AS b\nRUN python -m venv /a/v && /a/v/bin/pip install c\n"
            'FROM python:3.13\nCOPY --from=b /a/v /a\nENTRYPOINT ["/a/bin/python", "/a/bin/c"]\n'
        ),
    ],
    "LS605": [
        'FROM x AS a\nCMD ["b"]\nFROM a AS small\nRUN c\nFROM a AS full\nRUN d\nFROM full\n',
        "FROM x AS a\nFROM a AS t\nFROM y AS b\nCOPY --from=t /c /c\nLABEL d=e\nFROM a\n",
        "ARG W=a\nFROM x AS a\nFROM y AS b\nFROM $W\n",
        "ARG W=a\nFROM x AS a\nFROM y AS b\nFROM $W-$Q\n",
        "FROM x AS a\nFROM a\n",
    ],
    "LS607": [BASE + "ADD app.tar.gz https://a.example/b git@a:b.git /x/\n"],
    "LS701": [
        BASE + "ENV PASSWORD_FILE=/run/secrets/p API_TOKEN=\n",
        BASE + "ENV GOOGLE_API_KEY=no USE_TOKEN=True\n",
    ],
    "LS702": [BASE + "COPY .env.example requirements.pem.txt /app/\n"],
    "LS703": [BASE + "RUN git clone ssh://git@a.example/b\n"],
    "LS904": [
        "FROM python:3.13\nWORKDIR $HOME/a\n",
        "FROM a\nCOPY $X /y\n",
        "ARG A=1\nFROM python:3.13\nRUN for A in 1 2; do A=$A; echo $A; done\n",
        "FROM python:3.13\nCOPY a-$TARGETARCH ${B:-c} /d/\n",
    ],
    "LS403": [
        BASE + "ENV HOW=--no-install-recommends\nRUN apt-get install -y ${HOW} curl\n",
        "FROM debian AS a\nARG A=--no-install-recommends\nFROM a\nRUN apt-get install -y $A curl\n",
    ],
    "LS201": [
        "FROM debian:13 AS a/b\nFROM debian:13\nCOPY --from=a/b /x /x\n",
        BASE + "COPY --from=tools /x /x\nCOPY --from=index.example/uv:1 /uv /bin/\n",
    ],
    "LS202": [
        "FROM index.example/devcontainers/python:1-3.11-bullseye\n",
        "FROM somebody/python:v4\n",
    ],
    "LS203": [
        "FROM index.example/lambda/python:3.12\n",
    ],
    "LS411": [
        BASE + "RUN sudo -Hu app mkdir /data\n",
    ],
}
FOUND = {
    "LS101": [
        BASE + "RUN <<EOF\npip install a==1\nEOF\n",
        BASE + 'RUN ["pip", "install", "a==1"]\n',
    ],
    "LS104": [BASE + "RUN pip install 'flask[async]>=2'\n", BASE + "RUN uv pip install flask\n"],
    "LS205": [
        "FROM ubuntu:20.04\n",
        "FROM ubuntu:bionic\n",
        "ARG V=3.7\nFROM python:${V}-slim\n",
        "FROM debian:stretch\n",
    ],
    "LS301": [
        BASE + "COPY . .\nRUN pip install a==1\n",
        BASE + "ADD ./ /app\nRUN poetry install\n",
    ],
    "LS415": [
        ALPINE + "RUN apt-get update && apt-get install -y gcc\n",
        ALPINE + "RUN groupadd -r a && useradd -r -g a a\n",
        "FROM alpine:3.22\nRUN bash -c x\n",
        "FROM balenalib/raspberrypi4-64-alpine-python:3.10\nRUN useradd a\n",
        BASE + "RUN apk add --no-cache curl\n",
        BASE + "RUN curl -LsSf https://a.example/install.sh -o x\n",
        "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN dnf install -y python3\n",
        "FROM fedora:42\nRUN apt-get install -y python3\n",
        "FROM gcr.io/distroless/python3-debian12:nonroot\nRUN pip install a\n",
        "FROM cgr.dev/chainguard/python:latest\nRUN apk add git\n",
        "FROM python:3.13-alpine AS b\nFROM b\nRUN <<EOF\napt-get update\nEOF\n",
    ],
    "LS416": [
        BASE + "RUN apt-get update && apt-get install -y libgl1-mesa-glx\n",
        "FROM python:3.13\nRUN apt-get install -y libatlas-base-dev=3.10.3-13\n",
        "FROM debian:trixie-slim\nRUN apt install -y policykit-1\n",
        "FROM debian:13\nRUN apt install -y policykit-1\n",
        "FROM python:3.12-bookworm\nRUN apt-get install -y libssl1.1\n",
        "FROM ubuntu:24.04\nRUN apt-get install -y libgl1-mesa-glx\n",
        BASE + "RUN <<EOF\napt-get install -y netcat\nEOF\n",
    ],
    "LS506": [
        "FROM scratch\nHEALTHCHECK CMD curl -f http://a\n",
        'FROM gcr.io/distroless/python3-debian12\nHEALTHCHECK CMD ["curl", "-f", "http://a"]\n',
        "FROM cgr.dev/chainguard/python:latest\nHEALTHCHECK CMD python -c 1\n",
        "FROM debian:trixie-slim\nHEALTHCHECK CMD wget -q http://a\n",
    ],
    "LS514": [
        BASE + "WORKDIR /a\nRUN uv sync\nCMD python a.py\n",
        BASE + 'WORKDIR /a\nRUN poetry install\nCMD ["gunicorn", "a:b"]\n',
        BASE + 'RUN pipenv install --deploy\nENTRYPOINT ["python"]\n',
        (
            "FROM python:3.13 AS b\nWORKDIR /a\nRUN uv sync\nFROM python:3.13\n"
            "COPY --from=b /a /a\nCMD python a.py\n"
        ),
    ],
    "LS603": [
        (
            "FROM python:3.13 AS b\nRUN python -m venv /a/v && /a/v/bin/pip install c\n"
            'FROM python:3.13\nCOPY --from=b /a/v /a\nENTRYPOINT ["/a/bin/c"]\nCMD ["-x"]\n'
        ),
        (
            "FROM ghcr.io/astral-sh/uv:bookworm-slim AS b\nWORKDIR /a\nRUN uv sync\n"
            "FROM debian:bookworm-slim\nRUN apt-get install -y python3\nCOPY --from=b /a /a\n"
        ),
        (
            "FROM debian:trixie AS b\nRUN apt-get install -y python3-venv\n"
            "RUN python3 -m venv /v\nFROM python:3.13-slim\nCOPY --from=b /v /v\n"
        ),
        (
            "FROM python:3.13 AS b\nRUN python -m venv /v\n"
            "FROM gcr.io/distroless/python3-debian13\nCOPY --from=b /v /v\n"
        ),
    ],
    "LS611": [
        USER_SITE.format("true"),
        BASE + "RUN pip install --user a\nUSER nobody\n",
        BASE + "ENV PATH=/root/.local/bin:$PATH\nUSER 1001\n",
        BASE + "WORKDIR /root/app\nCOPY . .\nUSER app\n",
        BASE + "RUN uv python install 3.13\nUSER 1001\n",
        BASE + "RUN poetry install\nUSER 1001\nCMD poetry run a\n",
        BASE + 'USER 1001\nCMD ["/root/venv/bin/python", "a.py"]\n',
    ],
    "LS302": [BASE + "RUN apt-get install gcc\nRUN pip install a\nRUN apt-get purge -y gcc\n"],
    "LS601": [
        (
            "FROM python:3.13 AS b\nRUN python -m venv /v; /v/bin/pip install a\nFROM python:3.13\n"
            "COPY --from=0 /usr/local /usr/local\n"
        ),
    ],
    "LS510": [
        CONF.format('bind = "127.0.0.1:8000"'),
        CONF.format("workers = 2"),
        BASE + "CMD gunicorn a:b\n",
    ],
    "LS602": [
        (
            "FROM python:3.12 AS b\nRUN pip install a\nFROM python:3.13-slim\n"
            "COPY --from=b /usr/local/lib /usr/local/lib\n"
        ),
        DISTROLESS.format("python:3.13-slim", "gcr.io/distroless/python3-debian12"),
        DISTROLESS.format("python:3.12-slim", "gcr.io/distroless/python3-debian13:nonroot"),
        DISTROLESS.format("python:3.13-alpine", "gcr.io/distroless/python3-debian13"),
        DISTROLESS.format("python:3.12", "cgr.dev/chainguard/python:3.13"),
        DISTROLESS.format("python:3.13", "balenalib/raspberrypi4-64-alpine-python:3.13"),
        DISTROLESS.format("python:3.9-slim", "public.ecr.aws/lambda/python:3.12"),
    ],
    "LS703": [BASE + "ARG T\nRUN pip install git+https://$T@a.example/b\n"],
    "LS904": ["FROM python:$V\n", "ARG A=1\nFROM python:3.13\nRUN echo ${A}\n"],
    "LS201": [
        BASE + "COPY --from=index.example/uv:latest /uv /bin/\n",
        BASE + "RUN --mount=type=bind,from=a/uv,source=/uv,target=/bin/uv uv sync\n",
    ],
    "LS202": [
        "FROM index.example/library/python:3-slim\n",
        "FROM index.example:5000/python:3-slim\n",
        "FROM arm32v7/python:3-slim\n",
    ],
    "LS408": [
        BASE + "RUN apt-get install -y gcc && apt-get -y autoremove\n",
        BASE + 'ARG TOOLS="gcc make"\nRUN apt-get install -y $TOOLS\n',
    ],
    "LS412": [
        BASE + "RUN case $A in a|b) curl c | tar x;; esac\n",
        BASE + "RUN case $A in a) b;; esac; curl c | tar x\n",
    ],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, text) for code, texts in table.items() for text in texts]


@pytest.mark.parametrize(("code", "text"), cases(CLEAN))
def test_what_is_all_right_is_not_found(code: str, text: str) -> None:
    assert found_by(code, case_of(text)) == ()


@pytest.mark.parametrize(("code", "text"), cases(FOUND))
def test_what_is_not_is_found(code: str, text: str) -> None:
    assert found_by(code, case_of(text))


@pytest.mark.parametrize(("bind", "found"), [("0.0.0.0:80", False), ("localhost:80", True)])
def test_a_servers_configuration_beside_the_file_counts(bind: str, found: bool) -> None:  # noqa: FBT001
    around = Surroundings(ignores=True, texts={"gunicorn.conf.py": f"bind = '{bind}'"})
    case = case_of(BASE + "WORKDIR /a\nCOPY . .\nCMD gunicorn a:b\n", around=around)
    assert bool(found_by("LS510", case)) is found


def test_images_of_which_nothing_is_known_are_said() -> None:
    case = case_of("FROM somebody/app:1 AS a\nFROM python:3.13\nFROM fedora\nFROM a\n")
    (note,) = unknown_images(case)
    assert "somebody/app:1" in note


@pytest.mark.parametrize(
    "line", ["{% if debian %}", "{{ install }}", "  {%- for a in b %}", "{%- endif %}"]
)
def test_a_template_is_one_finding(line: str) -> None:
    case = case_of(f"FROM python AS a\n{line}\nRUN pip install {{{{ a }}}}\nADD a /b\n")
    assert [(one.code, one.line) for one in check(case)] == [("LS901", 2)]


def test_headers_bring_their_library() -> None:
    psycopg = "FROM python:3.13-slim-trixie\nRUN apt-get install -y {}\nRUN pip install psycopg\n"
    assert found_by("LS802", case_with_project(psycopg.format("curl")))
    assert not found_by("LS802", case_with_project(psycopg.format("libpq-dev")))


def test_whoever_installs_a_compiler_knows_that_packages_are_compiled() -> None:
    text = BASE + "RUN pip install psycopg2\n"
    tools = BASE.replace("\n", " AS a\n") + "RUN apt-get install -y build-essential\n"
    assert found_by("LS801", case_with_project(text))
    assert not found_by("LS801", case_with_project(tools + text))


@pytest.mark.parametrize(
    ("soname", "name"),
    [
        ("libnl-route-3.so.200", "libnl-route-3-200"),
        ("libGL.so.1", "libgl1"),
        ("libfoo_bar.so.2", "libfoo-bar2"),
        ("libavcodec.so.61", "libavcodec61"),
        ("libicuuc", "libicuuc"),
    ],
)
def test_debian_names_the_package_of_a_library(soname: str, name: str) -> None:
    assert debian_name(soname) == name
