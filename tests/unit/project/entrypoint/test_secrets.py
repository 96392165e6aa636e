from pathlib import Path

import pytest

from tests.support.source_folders import facts


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Procfile", "worker: DB_PASSWORD=hunter2 MODE=x python app.py\n"),
        ("Procfile", "web: env API_KEY=hunter2 MODE=x python app.py\n"),
        (
            "supervisord.conf",
            "[program:app]\ncommand=python app.py\nenvironment=GITHUB_TOKEN=hunter2,MODE=x\n",
        ),
        (
            "deploy/app.service",
            "[Service]\nEnvironment=SENTRY_DSN=hunter2 MODE=x\nExecStart=python app.py\n",
        ),
    ],
)
def test_a_secret_beside_a_command_is_named_and_left_out(
    name: str, text: str, tmp_path: Path
) -> None:
    start = facts(tmp_path, {"app.py": "while True: pass\n", name: text}).start
    assert start is not None
    assert start.value.environment == (("MODE", "x"),)
    assert "is left out of the image: pass it to the container" in str(start.origin)
    assert "hunter2" not in str(start)


def test_a_secret_in_a_line_of_a_shell_is_told(tmp_path: Path) -> None:
    files = {"app.py": "", "Procfile": "worker: DB_PASSWORD=x python app.py && echo done\n"}
    start = facts(tmp_path, files).start
    assert start is not None
    assert "DB_PASSWORD stands in the image with it" in str(start.origin)
