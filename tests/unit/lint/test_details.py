"""Files that are all right in a way that a rule could overlook, and some that are not."""

import pytest

from tests.support.lint_cases import case_of, found_by

BASE = "FROM python:3.13-slim-trixie\n"
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
        BASE + "ENV PIP_NO_CACHE_DIR=1\nRUN pip install a==1\n",
        BASE + "RUN PIP_NO_CACHE_DIR=1 pip install a==1\n",
        BASE + "RUN pip install a==1 && rm -rf /root/.cache\n",
        "FROM python:3.13 AS build\nRUN pip install a==1\nFROM scratch\n",
        BASE + "RUN echo pip install a\n",
    ],
    "LS104": [
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
        BASE + "RUN apt-get -qqy install a && apt-get -y install b && apt-get install -yq c\n"
    ],
    "LS408": [BASE + "RUN apk add --virtual .b gcc && pip install a && apk del .b\n"],
    "LS412": [BASE + "RUN set -o pipefail && a | b\n", BASE + "RUN yes | a\n"],
    "LS414": [BASE + "RUN cd /a && make\n"],
    "LS501": ["FROM app:nonroot\n", BASE + "USER 1\n", "FROM a AS b\nUSER 1\nFROM b\n"],
    "LS503": [BASE + "CMD exec gunicorn a:b\n"],
    "LS506": [
        "FROM python:3.13-alpine\nHEALTHCHECK CMD wget -q http://a || exit 1\n",
        BASE + "RUN apt-get install curl\nHEALTHCHECK CMD curl -f http://a\n",
    ],
    "LS507": [BASE + "ENV D=/a\nWORKDIR $D/b\n", 'FROM a\nWORKDIR "/a b"\n'],
    "LS510": [
        BASE + 'CMD ["gunicorn", "--bind=0.0.0.0:80", "a"]\n',
        BASE + "ENV UVICORN_HOST=0.0.0.0\nCMD uvicorn a:b\n",
        BASE + 'CMD ["flask", "db", "upgrade"]\n',
    ],
    "LS512": [BASE + "EXPOSE 80 8000-8010/udp $PORT\n"],
    "LS601": [
        UV,
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
    "LS605": ["ARG W=a\nFROM x AS a\nFROM y AS b\nFROM $W-$Q\n", "FROM x AS a\nFROM a\n"],
    "LS607": [BASE + "ADD app.tar.gz https://a.example/b git@a:b.git /x/\n"],
    "LS701": [BASE + "ENV PASSWORD_FILE=/run/secrets/p API_TOKEN=\n"],
    "LS702": [BASE + "COPY .env.example requirements.pem.txt /app/\n"],
    "LS703": [BASE + "RUN git clone ssh://git@a.example/b\n"],
    "LS904": [
        "FROM python:3.13\nWORKDIR $HOME/a\n",
        "FROM a\nCOPY $X /y\n",
        "ARG A=1\nFROM python:3.13\nRUN for A in 1 2; do A=$A; echo $A; done\n",
        "FROM python:3.13\nCOPY a-$TARGETARCH ${B:-c} /d/\n",
    ],
}
FOUND = {
    "LS101": [
        BASE + "RUN <<EOF\npip install a==1\nEOF\n",
        BASE + 'RUN ["pip", "install", "a==1"]\n',
    ],
    "LS104": [BASE + "RUN pip install 'flask[async]>=2'\n", BASE + "RUN uv pip install flask\n"],
    "LS205": ["ARG V=3.7\nFROM python:${V}-slim\n", "FROM debian:stretch\n"],
    "LS301": [
        BASE + "COPY . .\nRUN pip install a==1\n",
        BASE + "ADD ./ /app\nRUN poetry install\n",
    ],
    "LS302": [BASE + "RUN apt-get install gcc\nRUN pip install a\nRUN apt-get purge -y gcc\n"],
    "LS601": [
        (
            "FROM python:3.13 AS b\nRUN python -m venv /v; /v/bin/pip install a\nFROM python:3.13\n"
            "COPY --from=0 /usr/local /usr/local\n"
        ),
    ],
    "LS602": [
        (
            "FROM python:3.12 AS b\nRUN pip install a\nFROM python:3.13-slim\n"
            "COPY --from=b /usr/local/lib /usr/local/lib\n"
        ),
    ],
    "LS703": [BASE + "ARG T\nRUN pip install git+https://$T@a.example/b\n"],
    "LS904": ["FROM python:$V\n", "ARG A=1\nFROM python:3.13\nRUN echo ${A}\n"],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, text) for code, texts in table.items() for text in texts]


@pytest.mark.parametrize(("code", "text"), cases(CLEAN))
def test_what_is_all_right_is_not_found(code: str, text: str) -> None:
    assert found_by(code, case_of(text)) == ()


@pytest.mark.parametrize(("code", "text"), cases(FOUND))
def test_what_is_not_is_found(code: str, text: str) -> None:
    assert found_by(code, case_of(text))
