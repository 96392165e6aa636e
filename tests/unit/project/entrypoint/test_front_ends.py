"""Stages of the project's own Dockerfile that build a front end are kept.

Sources: MeTube, isso, Paperless-ngx, Serge, TubeArchivist, docker-flask-example.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.dockerfile.render import render
from scaffold.dockerfile.template_context import make_template_context
from scaffold.engineless.steps import refuse
from scaffold.model.errors import UsageError
from scaffold.model.project import FrontEnd, Project
from scaffold.project.reader import read_project
from tests.support.dockerfiles import simple_plan
from tests.support.folders import write

FROM_BUILDER = "FROM python:3-slim\nWORKDIR /b\nCOPY --from=1 /a/ .\n"
LOOP = "while True:\n    pass\n"
FILES = {
    "requirements.txt": "requests\n",
    "app/main.py": LOOP,
    "main.py": LOOP,
    "ui/package.json": "{}",
}
UI = "FROM node:22-alpine AS ui\nWORKDIR /ui\nCOPY ui ./\nRUN npm run build\n"


def planned(folder: Path, dockerfile: str, **files: str) -> Project:
    return read_project(write(folder, {**FILES, **files, "Dockerfile": dockerfile}), environ={})


def kept(project: Project) -> FrontEnd:
    assert project.front_end is not None
    return project.front_end


@pytest.mark.parametrize(
    ("final", "made"),
    [
        ("WORKDIR /srv\nCOPY . .\nCOPY --from=ui /ui/dist ./static\n", ("/ui/dist", "static")),
        ("WORKDIR /usr/src/x\nCOPY app ./app\nCOPY --from=ui /ui/d web/\n", ("/ui/d", "web")),
        ("COPY ./app /usr/src/it\nCOPY --from=0 ui/d /usr/src/it/web\n", ("/ui/d", "app/web")),
        ("WORKDIR /srv\nCOPY . .\nCOPY --from=ui /ui/dist /public\n", ("/ui/dist", "/public")),
        (
            "WORKDIR /a\nCOPY . .\nCOPY --from=ui /ui/d /web\nRUN ln -sf /web /a/static\n",
            ("/ui/d", "static"),
        ),
        (
            f"WORKDIR /a\nCOPY . .\nCOPY --from=ui /ui/d ./web\n{FROM_BUILDER}",
            ("/ui/d", "web"),
        ),
    ],
)
def test_what_a_stage_of_nodejs_makes_goes_where_the_application_has_it(
    tmp_path: Path, final: str, made: tuple[str, str]
) -> None:
    project = planned(tmp_path, f"{UI}FROM python:3-slim\n{final}CMD python main.py\n")
    (one,) = kept(project).made
    assert (one.stage, one.source, one.target) == ("front-ui", *made)
    assert any("which node:22-alpine builds in a stage: the image does" in n for n in project.notes)


@pytest.mark.parametrize(
    "copy",
    [
        "COPY --from=ui /usr/local/bin/node /usr/local/bin/",
        "COPY --from=ui /usr/local/lib /usr/local/lib",
        "COPY --from=node:22 /usr/local/bin/node /bin/node",
        "COPY --from=ui /etc/x.conf /etc/x.conf",
        "COPY --from=tools /x /app/x",
    ],
)
def test_programs_and_other_stages_are_no_front_end(tmp_path: Path, copy: str) -> None:
    text = f"{UI}FROM golang:1 AS tools\nFROM python:3\nWORKDIR /app\nCOPY . .\n{copy}\n"
    assert planned(tmp_path, f"{text}CMD python main.py\n").front_end is None


def test_stages_are_written_as_they_are_under_names_of_their_own(tmp_path: Path) -> None:
    text = """
        ARG NODE=22
        FROM node:$NODE AS base
        WORKDIR /ui

        FROM base
        COPY ui/package.json ./
        # what is needed
        RUN --mount=type=cache,target=/root/.npm npm \\
            ci

        FROM base AS build
        COPY --from=1 /ui/node_modules ./node_modules
        RUN --mount=type=bind,from=base,source=/ui,target=/x npm run build

        FROM python:3-slim
        WORKDIR /srv
        COPY . .
        COPY --from=build /ui/dist static
        CMD python main.py
        """
    found = kept(planned(tmp_path, text))
    assert found.arguments == ("ARG NODE=22",)
    assert [line for line in found.lines if line] == [
        "FROM --platform=$BUILDPLATFORM node:22 AS front-base",
        "WORKDIR /ui",
        "FROM front-base AS front-1",
        "COPY ui/package.json ./",
        "# what is needed",
        "RUN --mount=type=cache,target=/root/.npm npm \\",
        "    ci",
        "FROM front-base AS front-build",
        "COPY --from=front-1 /ui/node_modules ./node_modules",
        "RUN --mount=type=bind,from=front-base,source=/ui,target=/x npm run build",
    ]


def test_packages_with_machine_code_are_built_on_the_targets_platform(tmp_path: Path) -> None:
    copy = "COPY --from=ui /ui/node_modules ./node_modules\n"
    text = f"{UI}FROM python:3\nWORKDIR /srv\nCOPY . .\n{copy}CMD python main.py\n"
    assert "FROM node:22-alpine AS front-ui" in kept(planned(tmp_path, text)).lines


@pytest.mark.parametrize(
    "stage",
    [
        "FROM node:$VERSION AS ui\nCOPY ui ./\n",
        "FROM node:22-alpine AS ui\nCOPY ui/.npmrc ./\n",
        "FROM node:22-alpine AS ui\nCOPY docker-compose.yml ./\n",
    ],
)
def test_a_stage_that_would_not_build_here_is_named(tmp_path: Path, stage: str) -> None:
    copy = "COPY --from=ui /ui/dist ./static\n"
    text = f"{stage}FROM python:3\nWORKDIR /srv\nCOPY . .\n{copy}CMD python main.py\n"
    project = planned(tmp_path, text)
    assert project.front_end is None
    assert any("build it before, and put it where /srv/static is" in n for n in project.notes)


def test_the_image_gets_what_the_stages_make_and_needs_an_engine(tmp_path: Path) -> None:
    text = f"{UI}FROM python:3\nWORKDIR /srv\nCOPY . .\nCOPY --from=ui /ui/dist static/\nCMD x\n"
    plan = simple_plan()
    plan = replace(plan, project=replace(plan.project, front_end=kept(planned(tmp_path, text))))
    written = render(plan)["Dockerfile"]
    assert written.index("AS front-ui\nWORKDIR /ui\nCOPY ui ./\n") < written.index(" AS app\n")
    assert "--mount=type=bind,from=front-ui,source=/ui/dist,target=/front/1 \\\n" in written
    assert "cp -a /front/1/. /out/app/static/; else" in written
    with pytest.raises(UsageError) as caught:
        refuse(make_template_context(plan))
    assert "the stage front-ui makes /ui/dist" in [one.text for one in caught.value.details]
