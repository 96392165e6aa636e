"""What each check of ``verify`` proves, and what to do when it fails."""

from collections.abc import Mapping

from scaffold.model.explanations.explanation import Explanation, explain

CHECKS: Mapping[str, Explanation] = {
    "config": explain(
        "user, architecture and command are the planned ones",
        "`verify` reads the image's configuration and compares it with the plan.",
        "Generate again: the image was built from other files than those of the plan.",
    ),
    "imports": explain(
        "every installed module imports",
        "`verify` imports each installed module in the image, in a process of its own. What fails "
        "in the plain image of the same packages too is named and does not fail the check.",
        "The evidence names module and error. A package that needs another one at run time is "
        "missing that requirement; `--trim none` tells whether trimming took a file.",
    ),
    "libraries": explain(
        "every machine code file finds its libraries",
        "`verify` reads all ELF files of the image and looks up each shared library they name, the "
        "way the loader does.",
        "Add what brings the library (`--with PACKAGE`), or choose a base that ships it.",
    ),
    "memory": explain(
        "the app stays below the device's memory",
        "The container runs under the target's memory limit, and its peak is read from the cgroup.",
        "Raise `--memory`, run fewer workers, or import less at start.",
    ),
    "rebuild": explain(
        "an edit rebuilds only the last steps",
        "`verify` edits one source file, builds again and counts the steps that ran.",
        "Files that change at every build (`.git`, caches) should be in the ignore file.",
    ),
    "secrets": explain(
        "no secret in layers, variables or history",
        "`verify` searches all layers, the configuration and the history for secret files, keys "
        "and passwords in addresses.",
        "Name the file in the ignore file, and pass secrets when the container runs.",
    ),
    "size": explain(
        "the image is as large as predicted, and within the limit",
        "`verify` adds up what the layers hold and compares it with prediction, bound and limit.",
        "A size outside of the bound is a bug of leanscaffold: report it with `plan --json`.",
    ),
    "start": explain(
        "the app starts and answers",
        "The image runs as its own user with a read-only root and no network until it answers on "
        "its port or health path, or runs on for a while where it has none.",
        "The evidence shows the last lines that the app wrote. Give the variables and files that "
        "it needs with `--env` and `--env-file`, and writable folders with `--writable`.",
    ),
    "stop": explain(
        "the app ends when it is told to",
        "`verify` sends the stop signal and waits for the grace period.",
        "Handle SIGTERM, or choose the signal that the server listens to.",
    ),
    "traced": explain(
        "the traced image does what it did when it was traced",
        "The scenarios of the trace run again in the image that holds only what they opened.",
        "Trace again with `leanscaffold trace`, with more scenarios.",
    ),
    "update": explain(
        "a new version of one package moves few bytes",
        "`verify` changes one package and counts the layers and bytes that a device would pull.",
        "Nothing to do: it fails only when all layers move, which is a bug to report.",
    ),
    "writes": explain(
        "nothing is written outside of the writable folders",
        "`verify` watches what the running app writes, and compares it with the declared folders.",
        "Declare the folder with `--writable FOLDER`, or have the app write to /tmp or its home.",
    ),
}
