"""``lint --fix`` keeps what a Dockerfile means: what cannot be proven is left."""

import pytest

from scaffold.lint.linter import lint
from scaffold.lint.rules import all_rules
from tests.support.lint_cases import case_of

BASE = "FROM python:3.13-slim-trixie\n"
UPDATE = "RUN apt-get update && apt-get install -y --no-install-recommends curl\n"
GONE = UPDATE.rstrip() + " \\\n    && rm -rf /var/lib/apt/lists/*\n"
CACHE = "RUN --mount=type=cache,target=/root/.cache/pip "

# Each is left as it is, to the last byte.
KEPT = {
    "apt lists that a later step reads": [
        BASE + UPDATE + "RUN apt-get install -y --no-install-recommends git\n",
        BASE + UPDATE + 'RUN ["apt-get", "install", "-y", "--no-install-recommends", "git"]\n',
        BASE + UPDATE + "RUN <<EOF\napt-get install -y --no-install-recommends git\nEOF\n",
        BASE
        + UPDATE
        + "RUN for p in a b; do apt-get install -y --no-install-recommends $p; done\n",
        BASE + UPDATE + "RUN cat list | xargs apt-get install -y --no-install-recommends\n",
        BASE + UPDATE + "COPY setup.sh /\nRUN /setup.sh\n",
        BASE + UPDATE + "RUN apt-cache policy git\n",
        BASE + UPDATE + "RUN rosdep install --from-paths src\n",
        BASE + UPDATE + "RUN echo $(apt list)\n",
        BASE + UPDATE + 'CMD ["bash", "-c", "apt-get install -y git && git x"]\n',
        BASE + UPDATE + "ONBUILD RUN apt-get install -y --no-install-recommends git\n",
        f"{BASE[:-1]} AS a\n{UPDATE}FROM a AS b\nRUN apt-get install -y git\nFROM a\n",
        f"{BASE[:-1]} AS a\n{UPDATE}FROM a\nRUN apt-get install -y --no-install-recommends git\n",
        (
            f"{BASE[:-1]} AS a\n{UPDATE}FROM debian AS b\n"
            "COPY --from=a /var/lib/apt/lists /var/lib/apt/lists\nRUN apt-get install -y git\n"
            "FROM a\n"
        ),
    ],
    "apt that its user may not undo": [
        (
            "FROM ubuntu:24.04\nUSER app\n"
            "RUN sudo apt-get update && sudo apt-get install -y --no-install-recommends git\n"
        ),
        BASE + "RUN (apt-get update && apt-get install -y --no-install-recommends git)\n",
        BASE + "RUN apt-get update; apt-get install -y --no-install-recommends git\n",
        BASE + 'SHELL ["pwsh", "-c"]\nRUN apt-get update && apt-get install -y x\n',
    ],
    "an ENTRYPOINT in a shell, which takes no arguments": [
        BASE + 'ENTRYPOINT python main.py\nCMD ["--port", "8000"]\n',
        BASE + "CMD --port 8000\nENTRYPOINT python main.py\n",
        f'{BASE[:-1]} AS a\nCMD ["--port"]\nFROM a\nENTRYPOINT python main.py\n',
    ],
    "a CMD that is an ENTRYPOINT's arguments": [
        BASE + 'ENTRYPOINT ["/entry.sh"]\nCMD python main.py\n',
        "FROM somebody/app:1\nCMD python main.py\n",
        "FROM cimg/python:3.13\nCMD python main.py\n",
        "ARG BASE=python:3.13\nFROM $BASE\nCMD python main.py\n",
        "FROM python:3.13-windowsservercore-ltsc2022\nCMD python main.py\n",
    ],
    "a CMD that only a shell can run": [
        BASE + f"COPY . /app/\nCMD {command}\n"
        for command in (
            *("./run.sh", "scripts/run.sh", "/app/run.sh", "cd /app", "export A=1", "umask 022"),
            *("echo hello", "test -f x", ". ./env", "python $MAIN", "python *.py", "python ~/a.py"),
            *(
                "A=1 python main.py",
                "python a.py && python b.py",
                "python a.py > log",
                "ulimit -n 9",
            ),
            *(
                "python a.py | tee log",
                "python a.py &",
                "python `ls`",
                "python {a,b}.py",
                ": x",
                "wait",
            ),
        )
    ],
    "a CMD that a file of the project's may be": [
        BASE + "COPY start /usr/local/bin/\nCMD start\n",
        BASE + "COPY run.sh /usr/local/bin/start\nCMD start\n",
        BASE + "RUN echo 'python x' > /usr/local/bin/start\nCMD start\n",
        BASE + "COPY rootfs/ /\nCMD start\n",
        BASE + "COPY . /app/\nCMD /app/bin/start\n",
        BASE + "WORKDIR /usr/local/bin\nCOPY . .\nCMD start\n",
        BASE + "COPY . /app/\nENV PATH=/app:$PATH\nCMD start\n",
        BASE + "COPY <<EOF /usr/bin/start\npython x\nEOF\nCMD start\n",
        BASE + 'SHELL ["/bin/bash", "-c"]\nCMD python main.py\n',
    ],
    "a platform that is written": [
        "FROM --platform=linux/amd64 python:3.13-slim-trixie\n",
        "FROM --platform=linux/arm/v7 python:3.13-slim-trixie AS a\nFROM a\n",
    ],
    "an ADD that may unpack": [
        BASE + f"ADD {source} /app/\n"
        for source in ("x.tar", "x.tar.zst", "x.tlz", "rootfs", "x.bin", "--unpack=false a.txt")
    ],
    "sudo where nobody knows the user, or what it hides": [
        "FROM cimg/python:3.13\nRUN sudo mkdir /a\n",
        BASE + "USER app\nRUN sudo mkdir /a\n",
        BASE + "ENV PATH=/v/bin:$PATH\nRUN sudo mkdir /a\n",
        BASE + "RUN sudo pip install --no-cache-dir a==1\n",
        BASE + "RUN sudo -E mkdir /a\n",
    ],
    "an install in a list, or one that lives on a cache": [
        BASE + 'RUN ["pip", "install", "a==1"]\n',
        BASE + "RUN pip install a==1\nRUN --network=none pip install a==1\n",
        "FROM alpine:3.23\nRUN apk update\nRUN --network=none apk add curl\n",
        'FROM alpine:3.23\nRUN ["apk", "add", "curl"]\n',
        BASE + "RUN --mount=type=cache,target=/c/pip pip install --no-cache-dir a==1\n",
        BASE + f"USER 1001\n{CACHE}pip install --no-cache-dir a==1\n",
        BASE + f"ENV UV_LINK_MODE=symlink\n{CACHE}pip install --no-cache-dir a==1\n",
    ],
    "an installation that fails unnoticed": [
        BASE + "RUN apt-get purge git; true\n",
        BASE + "RUN apt-get install --no-install-recommends git || true\n",
    ],
    "apt's own ways": [
        BASE + "RUN apt upgrade -y\n",
        BASE + "RUN rm /etc/apt/apt.conf.d/docker-clean && apt install -y ./a.deb\n",
    ],
    "a variable that somebody inherits": [
        f"{BASE[:-1]} AS a\nENV DEBIAN_FRONTEND=noninteractive\nFROM a\nRUN dpkg -i a.deb\n",
        BASE + "ENV DEBIAN_FRONTEND=noninteractive\nCMD apt-get install -y $X\n",
    ],
    "a folder that the base decides on": [
        "FROM somebody/app:1\nWORKDIR a\nWORKDIR b\n",
        BASE + "WORKDIR $HOME\nWORKDIR b\n",
        BASE + "WORKDIR C:\\app\nWORKDIR b\n",
    ],
    "a comment inside": [
        BASE + "CMD python \\\n# the app\n  main.py\n",
        BASE + "CMD ['python', \\\n# the app\n  'main.py']\n",
    ],
}
MENDED = [
    (BASE + UPDATE, BASE + GONE),
    (BASE + UPDATE + "RUN pip --version\n", BASE + GONE + "RUN pip --version\n"),
    (BASE + UPDATE.rstrip(), BASE + GONE.rstrip()),
    (BASE + UPDATE + UPDATE, BASE + GONE + GONE),
    (BASE + UPDATE + "RUN yarn install\n", BASE + GONE + "RUN yarn install\n"),
    (BASE + "RUN sudo usermod -aG dialout app\n", BASE + "RUN usermod -aG dialout app\n"),
    (BASE + UPDATE + "RUN apt-get clean\n", BASE + GONE + "RUN apt-get clean\n"),
    (BASE + "CMD python main.py", BASE + 'CMD ["python", "main.py"]'),
    (
        BASE + "WORKDIR /app\nCOPY . .\nCMD gunicorn a:b\n",
        BASE + 'WORKDIR /app\nCOPY . .\nCMD ["gunicorn", "a:b"]\n',
    ),
    (
        BASE + "ENV PATH=/v/bin:$PATH\nENTRYPOINT /v/bin/python main.py\n",
        BASE + 'ENV PATH=/v/bin:$PATH\nENTRYPOINT ["/v/bin/python", "main.py"]\n',
    ),
    (BASE + "CMD ['python', 'main.py']\n", BASE + 'CMD ["python", "main.py"]\n'),
    (BASE + "ADD . /app/\n", BASE + "COPY . /app/\n"),
    (BASE + "ADD requirements.txt a.py /app/\n", BASE + "COPY requirements.txt a.py /app/\n"),
    (BASE + "RUN sudo mkdir /a\n", BASE + "RUN mkdir /a\n"),
    (BASE + "RUN pip install a==1\n", BASE + "RUN pip install --no-cache-dir a==1\n"),
    ("FROM alpine:3.23\nRUN apk add curl\n", "FROM alpine:3.23\nRUN apk add --no-cache curl\n"),
    (
        BASE + f'{CACHE}pip install a==1 \\\n  --no-cache-dir\nCMD ["a"]\n',
        BASE + f'{CACHE}pip install a==1\nCMD ["a"]\n',
    ),
    (BASE + "WORKDIR /a\nWORKDIR b\n", BASE + "WORKDIR /a\nWORKDIR /a/b\n"),
    (BASE + "ENV A b", BASE + "ENV A=b"),
    (BASE + "ENV DEBIAN_FRONTEND=noninteractive\n", BASE + "ARG DEBIAN_FRONTEND=noninteractive\n"),
    (BASE + "RUN mkdir /a && \\\n\n  rm /a\n", BASE + "RUN mkdir /a && \\\n  rm /a\n"),
]


def mend(text: str) -> str:
    return lint(case_of(text), all_rules(), fix=True).text


@pytest.mark.parametrize("text", [text for texts in KEPT.values() for text in texts])
def test_what_cannot_be_proven_is_left(text: str) -> None:
    assert mend(text) == text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), MENDED)
def test_what_is_proven_is_mended(before: str, after: str, newline: str) -> None:
    assert mend(before.replace("\n", newline)) == after.replace("\n", newline)
