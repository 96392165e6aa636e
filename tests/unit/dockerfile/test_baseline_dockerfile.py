from dataclasses import replace

import pytest

from scaffold.dockerfile.baseline_dockerfile import plain_dockerfile, plain_reference, pulled_images
from scaffold.model.errors import UsageError
from scaffold.model.options import Options
from scaffold.model.project import Found, Origin, Start
from tests.support.builders import make_base, make_project

OPTIONS = Options()


def plain(*files: str, **changes: object) -> list[str]:
    project = make_project(files=files, **changes)
    return plain_dockerfile(project, OPTIONS, make_base(), "python:3.13-slim").splitlines()


def test_requirements_come_before_the_sources() -> None:
    lines = plain("requirements.txt")
    copies = [line for line in lines if line.startswith("COPY")]
    assert copies == ['COPY ["requirements.txt", "/app/requirements.txt"]', "COPY . ."]
    assert "pip install --no-cache-dir -r requirements.txt" in "\n".join(lines)
    assert lines[0] == "FROM python:3.13-slim"
    assert lines[-2:] == ["EXPOSE 8000", 'CMD ["uvicorn", "main:app"]']


def test_a_project_with_settings_is_installed_from_its_own_folder() -> None:
    lines = plain("pyproject.toml", "uv.lock")
    assert lines.index("COPY . .") < next(n for n, line in enumerate(lines) if "RUN" in line)
    assert lines[-3].endswith("pip install --no-cache-dir .")


def test_a_project_without_requirements_is_only_copied() -> None:
    assert not [line for line in plain() if "pip" in line]


def test_requirements_above_the_folder_are_out_of_reach() -> None:
    text = "\n".join(plain("requirements.txt", "../shared.txt"))
    assert "shared" not in text


def test_variables_that_the_app_needs_are_set_and_ours_are_not() -> None:
    start = Start(framework="gradio", command=("python", "main.py"))
    found = Found(value=start, origin=Origin(file="main.py"))
    lines = plain("requirements.txt", start=found, source_paths=("src",))
    names = {line.split("=")[0].removeprefix("ENV ") for line in lines if line.startswith("ENV")}
    assert {"PYTHONPATH", "GRADIO_SERVER_NAME"} <= names
    assert not names & {"HOME", "PATH", "PYTHONDONTWRITEBYTECODE"}


def test_an_app_that_nobody_can_start_is_an_error() -> None:
    with pytest.raises(UsageError):
        plain("requirements.txt", start=None)


def test_the_plain_image_comes_from_the_users_registry() -> None:
    options = replace(OPTIONS, registries=(("default", "mirror.example/hub/"),))
    assert plain_reference("3.13", options) == "mirror.example/hub/python:3.13-slim"
    assert plain_reference("", OPTIONS) == "python:slim"


def test_what_a_dockerfile_pulls_are_its_references_but_not_its_stages() -> None:
    text = """
    FROM --platform=$BUILDPLATFORM python:3.13-slim AS build
    RUN echo FROM nowhere
    from python:3.13-alpine as base
    FROM build-${TARGETARCH} AS one
    FROM build AS two
    FROM scratch
    FROM python:3.13-alpine
    """
    assert pulled_images(text) == (
        ("python:3.13-slim", "$BUILDPLATFORM"),
        ("python:3.13-alpine", ""),
    )
