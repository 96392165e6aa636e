"""A real terminal to run a command in: tmux, keys in and screen out."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0  # seconds for one screen, on a busy machine
_LOOK = 0.05
# What a shell writes when it ends would come after the folder's removal.
_NO_HISTORY = {"HISTFILE": "/dev/null", "fish_history": ""}
BASH = ("bash", "--norc", "--noprofile")


def find_tmux() -> str | None:
    """Return the tmux of this machine, or None."""
    return shutil.which("tmux")


def pointed_at(question: str) -> str:
    """Return what matches a question that waits for an answer: it is erased once there is one."""
    return rf"^· {question.replace('?', '[?]')}( .*)?\n( .*\n)* ›"  # noqa: RUF001 - an arrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One terminal with a shell in it, on a tmux server of its own at ``socket``."""

    socket: Path

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        columns: int,
        rows: int,
        env: dict[str, str],
        shell: Sequence[str] = BASH,
    ) -> "Screen":
        """Start a shell in ``folder`` with exactly these variables, besides PATH and HOME.

        Its prompt is ``$``, if the shell takes that from PS1 or is told to.
        """
        screen = cls(socket=folder / "tmux")
        settings = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PS1": "$ ", **_NO_HISTORY, **env}
        words = [f"{name}={value}" for name, value in settings.items()]
        size = ["-x", str(columns), "-y", str(rows)]
        begin = ["new-session", "-d", *size, "-c", str(folder), "env", "-i", *words, *shell]
        screen._tmux("-f", "/dev/null", *begin)
        screen.wait_for(r"^\$")
        return screen

    def close(self) -> None:
        """End the terminal and all in it."""
        self._tmux("kill-server", check=False)

    def enter(self, line: str) -> None:
        """Type a command line."""
        self.type(line)
        self.press("Enter")

    def type(self, text: str) -> None:
        """Type, without an end of the line."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys, as tmux names them."""
        self._tmux("send-keys", *keys)

    def shown(self) -> str:
        """Return what stands on the screen."""
        text = self._tmux("capture-pane", "-p")
        return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()

    def scrolled(self) -> str:
        """Return what stands on the screen, and what went off at its top."""
        text = self._tmux("capture-pane", "-p", "-J", "-S", "-")
        return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()

    def wait_for(self, pattern: str, *, seconds: float = PATIENCE) -> str:
        """Return the screen once it shows a regular expression; fail with what it shows instead."""
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.shown()
            if wanted.search(text):
                return text
            time.sleep(_LOOK)
        raise AssertionError(f"{pattern!r} did not appear:\n{self.shown()}")

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self.socket), *words],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        if check and done.returncode:
            raise AssertionError(f"tmux {words[0]}: {done.stderr}")
        return done.stdout
