"""The files that a plan was made from: when one changes, what was written is stale."""

from scaffold.model.project import Project
from scaffold.project.dockerignore import TRACE


def input_files(project: Project) -> tuple[str, ...]:
    """Return requirement and lock files, the trace, and the user's ignore file, relative."""
    ignore = [project.ignore_source] if project.ignore_source else []
    return (*project.files, *ignore, TRACE)
