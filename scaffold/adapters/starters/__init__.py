"""New projects from templates: ours, or anyone's cookiecutter template.

``list_starters`` names ours. ``open_template`` makes one of them, a folder, an archive or a
repository ready, ``questions`` returns what it asks, ``create_project`` writes the project.
"""

from scaffold.adapters.starters.catalogue import list_starters
from scaffold.adapters.starters.create import create_project
from scaffold.adapters.starters.opening import Template, open_template
from scaffold.adapters.starters.rendering import questions

__all__ = ["Template", "create_project", "list_starters", "open_template", "questions"]
