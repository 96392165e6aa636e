"""Whether a folder is one that its user calls empty."""

from pathlib import PurePosixPath

# What version control, editors, desktops and `python -m venv` leave there.
_LEFT = frozenset(
    {
        *(".git", ".gitattributes", ".gitignore", ".editorconfig", ".idea", ".vscode"),
        *(".DS_Store", "desktop.ini", ".venv", "venv"),
    }
)
# What a hosting service puts into a repository that it makes.
_TEXTS = frozenset({"readme", "license", "licence", "copying", "notice", "codeowners"})
_KINDS = frozenset({"", ".md", ".rst", ".txt"})


def is_project_file(name: str) -> bool:
    """Tell whether a name at the top of a folder says that somebody began a project there."""
    path = PurePosixPath(name)
    a_text = path.suffix.lower() in _KINDS and path.stem.lower() in _TEXTS
    return name not in _LEFT and not a_text
