"""New projects from templates: ours, or anyone's cookiecutter template.

``list_starters`` names ours. ``open_template`` makes one of them, a folder, an archive or a
repository ready, ``questions`` returns what it asks, ``create_project`` writes the project, and
``place_project`` puts one that was made aside into a folder.
"""

from scaffold.init.templates.create import create_project, place_project
from scaffold.init.templates.opening import Template, list_starters, open_template
from scaffold.init.templates.rendering import questions

__all__ = [
    "Template",
    "create_project",
    "list_starters",
    "open_template",
    "place_project",
    "questions",
]
