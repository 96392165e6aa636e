"""Templates of other people, as small as they can be."""

import json
import subprocess
import zipfile
from pathlib import Path


def make_template(folder: Path, **context: object) -> Path:
    """Write a template of two files, one of them with a name that an answer decides."""
    inner = folder / "{{cookiecutter.slug}}"
    (inner / "src").mkdir(parents=True)
    questions = {"title": "My Thing", "slug": "{{ cookiecutter.title|slugify }}", **context}
    (folder / "cookiecutter.json").write_text(json.dumps(questions))
    (inner / "README.md").write_text("# {{ cookiecutter.title }}\n")
    (inner / "src" / "{{cookiecutter.slug}}.py").write_text('NAME = "{{ cookiecutter.slug }}"\n')
    return folder


def make_repository(folder: Path) -> Path:
    """Commit a template into a repository of its own, with a branch ``other``."""
    make_template(folder)
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@t.t"]
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        ["commit", "--quiet", "-m", "first"],
        ["switch", "--quiet", "-c", "other"],
    ):
        subprocess.run([*git, *words], check=True)
    (folder / "{{cookiecutter.slug}}" / "OTHER.md").write_text("on the branch\n")
    for words in (["add", "."], ["commit", "--quiet", "-m", "other"], ["switch", "-q", "main"]):
        subprocess.run([*git, *words], check=True)
    return folder


def make_archive(folder: Path, file: Path) -> Path:
    """Zip a template as hosting services do: everything in one folder."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.mkdir("template-main")
        for path in sorted(folder.rglob("*")):
            archive.write(path, Path("template-main") / path.relative_to(folder))
    return file
