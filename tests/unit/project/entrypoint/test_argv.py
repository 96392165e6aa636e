"""Scripts that read sys.argv by hand, started without the arguments that they demand."""

from pathlib import Path

import pytest

from tests.support.source_folders import facts

USAGE = """\
import sys
def usage():
    print("give a file")
    sys.exit(1)
def main(argv):
    if len(argv) < 2:
        usage()
    print(argv[1])
if __name__ == "__main__":
    sys.exit(main(sys.argv))
"""
OPTPARSE = """\
from optparse import OptionParser
def main():
    parser = OptionParser()
    (options, args) = parser.parse_args()
    if len(args) != 1:
        parser.error("incorrect number of arguments")
main()
"""
GETOPT = """\
import sys, getopt
def main(argv=None):
    if argv is None:
        argv = sys.argv[1:]
    opts, args = getopt.getopt(argv, "h")
    if not args:
        raise SystemExit("no file")
main()
"""
TRIED = """\
import sys
try:
    name = sys.argv[1]
except IndexError:
    print("Usage: x NAME")
    sys.exit(2)
print(name)
"""
HELPS = """\
import sys, argparse
parser = argparse.ArgumentParser()
parser.add_argument("--file")
if len(sys.argv) == 1:
    parser.print_help()
    sys.exit(1)
print(parser.parse_args().file)
"""
SERVES = """\
import sys
def serve():
    print(1)
def main():
    if len(sys.argv) < 2:
        serve()
        return
    print(sys.argv[1])
main()
"""
DOCOPT = '''\
"""Reads a meter.

Usage:
  meter.py <port> [--baud=<n>]
  meter.py list
"""
from docopt import docopt
print(docopt(__doc__))
'''


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import sys\ndef main():\n    print(open(sys.argv[1]))\nmain()\n", 3),
        ("from sys import argv\nscript, host, port = argv\nprint(host)\n", 2),
        (USAGE, 6),
        (OPTPARSE, 5),
        (GETOPT, 6),
        (TRIED, 3),
        (HELPS, 4),
        (DOCOPT, 8),
    ],
)
def test_a_script_that_ends_without_arguments_is_told(
    tmp_path: Path, source: str, line: int
) -> None:
    found = facts(tmp_path, {"meter.py": source}, "docopt")
    told = f"meter.py:{line} ends for want of arguments: name the whole command with --cmd"
    assert told in found.notes


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nport = sys.argv[1] if len(sys.argv) > 1 else 80\nprint(port)\n",
        TRIED.replace("    sys.exit(2)\n", "    name = 'x'\n"),
        "import sys\nif '--help' in sys.argv:\n    print('usage')\n    sys.exit()\nprint(1)\n",
        "import sys\nif len(sys.argv) > 1 and sys.argv[1] == 'v':\n    print(1)\nprint(2)\n",
        SERVES,
        DOCOPT.replace("meter.py list", "meter.py [list]"),
    ],
)
def test_a_script_that_runs_without_arguments_is_let_be(tmp_path: Path, source: str) -> None:
    found = facts(tmp_path, {"meter.py": source}, "docopt")
    assert found.start is not None
    assert found.start.value.lacks == ()


DAEMON = """\
import sys
class Daemon:
    def run(self):
        print(1)
if __name__ == "__main__":
    if len(sys.argv) == 2:
        if "start" == sys.argv[1]:
            print("in the background")
        elif sys.argv[1] in ("stop", "run"):
            Daemon().run()
    else:
        print("usage: start|stop|run")
        sys.exit(2)
"""


def test_the_commands_of_a_script_are_those_that_its_first_argument_is_compared_with(
    tmp_path: Path,
) -> None:
    found = facts(tmp_path, {"meter.py": DAEMON})
    told = "meter.py:6 takes a command (start, stop, run): name one, as with --cmd "
    assert f"{told}'python meter.py run'" in found.notes


def test_arguments_that_the_readme_gives_are_enough(tmp_path: Path) -> None:
    readme = "```\npython meter.py run\n```\n"
    found = facts(tmp_path, {"meter.py": DAEMON, "README.md": readme})
    assert found.start is not None
    assert found.start.value.command == ("python", "meter.py", "run")
    assert found.start.value.lacks == ()


def test_functions_that_call_each_other_are_followed_once(tmp_path: Path) -> None:
    steps = [f"def step_{at}():\n" + f"    step_{at + 1}()\n" * 9 for at in range(40)]
    main = "".join(steps) + "def step_40():\n    print(sys.argv[1])\nstep_0()\n"
    found = facts(tmp_path, {"meter.py": f"import sys\n{main}"})
    assert any("ends for want of arguments" in note for note in found.notes)
