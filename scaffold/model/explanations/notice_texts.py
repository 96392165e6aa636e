"""What a plan remarks on, of a base that fits as well."""

from collections.abc import Mapping

from scaffold.model.explanations.explanation import Explanation, explain

REMARKS: Mapping[str, Explanation] = {
    "may-need-module": explain(
        "a module that may be missing",
        "The sources import a module, in a function or without a known owner, and no installed "
        "package is known to have it.",
        "Add its package to the requirements; `--provided MODULE` says that it is there.",
    ),
    "may-need-program": explain(
        "a program that may be missing",
        "The sources look for a program, or handle that it is missing, and the image has none.",
        "`--with PROGRAM` puts it in; `--provided PROGRAM` says that it is there or not needed.",
    ),
    "may-need-library": explain(
        "a library that may be missing",
        "The sources look for a library, or handle that it is missing, and the image has none.",
        "`--provided LIBRARY` says that it is there or not needed.",
    ),
    "downloads-data": explain(
        "data is downloaded at run time",
        "A model, a corpus or weights are no part of a package: they are downloaded when the "
        "application starts first, which needs a network, time, and a place to write to, each time "
        "that a container is made anew.",
        "Bring them into the project's folder, or mount a volume where they are kept.",
    ),
    "needs-browser": explain(
        "a browser is needed",
        "The package drives a browser, which no Python package brings.",
        "Use a browser in a container of its own, or put one in with `--with chromium`.",
    ),
    "needs-companion": explain(
        "a package needs another one besides",
        "The package works with one of several others, so it requires none of them, and none is "
        "installed.",
        "Add the one that the text names to the requirements.",
    ),
    "needs-device-half": explain(
        "the other half is the device's",
        "The package is one half of a driver or a camera stack: the other is in the device's "
        "system, has to match it in version, and is in no distribution of the image.",
        "The text says what to mount or install.",
    ),
    "needs-service": explain(
        "a service of the device is needed",
        "The package talks to a daemon or a display that runs outside of the container.",
        "Mount its socket, or say where it listens.",
    ),
    "sets-locale": explain(
        "a locale that the base does not have",
        "The sources set a locale that is not in the image. On glibc setlocale raises an error; "
        "musl takes it and formats as in C.",
        "Set C.UTF-8, or format with Babel, which needs no locales.",
    ),
    "writes-file": explain(
        "the application writes into the image",
        "What is written beside the sources is lost with the container, and a read-only root, as "
        "verify and compose.yaml have it, refuses it.",
        "Write to a folder that is a volume, or to the home.",
    ),
    "accelerator": explain(
        "most of it serves an accelerator",
        "Packages came with libraries for a GPU. Nobody said whether the device has one, so they "
        "are in the image.",
        "`--accelerator none` leaves them out, and so does the `--device` that it is for; "
        "`--accelerator cuda` keeps them.",
    ),
    "index-for-device": explain(
        "packages come from the index that suits the device",
        "Their wheels on the default index bring code for an accelerator that the device does not "
        "have. The vendor has the same versions without it on an index of its own; only these "
        "packages are asked for there, and the lock names their addresses.",
        "`--accelerator cuda` takes the default index's files. A lock, a hash or an index of your "
        "own for such a package is left as it is.",
    ),
    "index-unreachable": explain(
        "an index that suits the device cannot be reached",
        "The vendor's index has files without code for an accelerator that is not there. It did "
        "not answer, so an older version without that code was taken from the default index, or "
        "the default files where there is none.",
        "Plan again where the index can be reached, or name a mirror of it with --extra-index-url.",
    ),
    "accelerator-unused": explain(
        "the device's accelerator stays unused",
        "The image computes on the processor: the files that would use the accelerator are on no "
        "index or base that is configured.",
        "Take the vendor's index, Python and base that the note names, with `--accelerator cuda` "
        "or the like once they are configured.",
    ),
    "elf-unread": explain(
        "a wheel was not looked into",
        "Which libraries its compiled files load is not known, offline or for lack of a server "
        "that answers range requests.",
        "Run it once with a network; what was read stays in the cache.",
    ),
    "python-after-pins": explain(
        "a pin is older than the Python",
        "The version was uploaded before this Python was released, has no wheel for it and does "
        "not name it in its classifiers: it may fail on import, as pydantic 1.10 does on 3.14.",
        "Take a Python that was there when the pins were made (--python), or update the pins.",
    ),
    "elf-assumed": explain(
        "libraries taken over from a sibling wheel",
        "This very wheel was not looked into; another one of the same package was, and its needs "
        "stand in.",
        "Run it once with a network and without --offline.",
    ),
    "traced": explain(
        "a trace leaves out what no run opened",
        "The project has a keep-list that `leanscaffold trace` made. What no traced run opened is "
        "not in the image, unless something that is may need it: imports in any function of what "
        "stays, data beside it, libraries. The size is what was measured with the trace.",
        "Commit the keep-list. Trace again after changes (`leanscaffold trace`), with commands and "
        "requests that use all there is; `--traced tight` keeps less, `--traced none` everything.",
    ),
    "from-repository": explain(
        "a package is built from a repository",
        "A requirement or the lock names a repository. It is pinned to the commit that was there, "
        "and built in the build stage; what it asks for is in the lock like all else.",
        "Plan again to move to a newer commit. A wheel on an index is smaller work for each build.",
    ),
    "own-extension": explain(
        "the project has machine code of its own",
        "Its build compiles C, C++, Cython, Rust or Fortran. That is done for the target, in a "
        "stage of its own, and emulated unless the build machine has the target's architecture.",
        "Nothing. To leave compilers out of the build, publish wheels of it and ask for those.",
    ),
    "trace-stale": explain(
        "packages changed since the trace",
        "Packages of other releases than the trace was made with may open other files, so they "
        "stay in the image whole; the same goes for the standard library of another Python.",
        "`leanscaffold trace` with the same commands makes the list anew.",
    ),
    "trace-unmeasured": explain(
        "the trace was made for another image",
        "The trace was measured on another architecture, base or closure, so that the size is an "
        "estimate from there. What is kept is found for this image all the same.",
        "`leanscaffold trace` for this target measures it.",
    ),
    "estimated-size": explain(
        "the size is an estimate",
        "The wheel's contents are not known, so its unpacked size is estimated from its download "
        "size; the error bound is wider.",
        "Run it once with a network and without --offline.",
    ),
    "direct-url": explain(
        "a direct address",
        "The requirement names a file or a repository. No index knows its other files, so it "
        "serves only the targets that this file suits.",
        "Publish it to an index, or give a wheel that suits the target.",
    ),
    "facts-age": explain(
        "the facts have an age",
        "Offline, releases newer than the bundled snapshot are known only as far as the lock or "
        "the cache holds them.",
        "Run it without --offline, or upgrade leanscaffold.",
    ),
    "file-edited": explain(
        "a generated file was edited",
        "What leanscaffold wrote was changed since. It is the user's now and is built as it is.",
        "Keep it, with `leanscaffold update --leave Dockerfile` for all later updates, or write it "
        "anew with `leanscaffold generate --force`.",
    ),
    "file-left": explain(
        "a file is left to you",
        "--leave names it: what leanscaffold would write there is left out, the rest is written.",
        "Name it no longer, or run `leanscaffold update --force`, to have it written again.",
    ),
    "lock-stale": explain(
        "the lock no longer matches the requirements",
        "A requirement file changed after the lock was made; the build installs what is locked.",
        "Run `leanscaffold update`, with `--leave Dockerfile` where that is yours.",
    ),
    "no-bytecode": explain(
        "no Python here compiles for the image",
        "`build --to` compiles with a CPython of the image's minor version on this machine; that "
        "of another is not loaded. Without one the image has sources only, and starts more slowly.",
        "Install that version, for instance with `uv python install`, or build with an engine.",
    ),
    "file-stale": explain(
        "a file of an earlier run is left over",
        "It was written for a target that is no longer asked for. Nothing reads it any more.",
        "Delete it, or name its target again.",
    ),
    "measured-stale": explain(
        "what was measured is of another image",
        "The base, Python or packages changed since `leanscaffold verify --save` kept its figures, "
        "so they say nothing about what is chosen now.",
        "Run `leanscaffold verify --save` again.",
    ),
    "measured-by-hand": explain(
        "what was measured is the image of your own Dockerfile",
        "`leanscaffold verify --save` built a Dockerfile that you wrote or edited, so its figures "
        "say nothing about the plan.",
        "`leanscaffold lint` uses them; `generate --force` writes the planned Dockerfile.",
    ),
    "target-assumed": explain(
        "this machine's architecture was taken",
        "Neither --target nor --device was given.",
        "Name the device or its architecture: --device raspberry-pi-4, --target arm64.",
    ),
    "options-recorded": explain(
        "options of the last run hold",
        "leanscaffold.json keeps the options that the project's files were made with. They hold "
        "wherever the command line, the environment and pyproject.toml say nothing.",
        "Nothing; name an option to change it, or give --anew to go without all of them.",
    ),
    "device-arch": explain(
        "the target is not the device's own",
        "--target names another architecture than the device's profile; the profile's memory and "
        "CPU still count.",
        "Nothing, if the device runs another system, such as a 32-bit one on a 64-bit board.",
    ),
    "would-fit": explain(
        "another architecture would do",
        "The same project fits the 64-bit architecture of the same family.",
        "Many boards with a 32-bit system can run a 64-bit one; then --target arm64.",
    ),
    "swap": explain(
        "a lighter package",
        "Another package does the same, or enough of it, and weighs less.",
        "`--swap A=B` takes it; `--apply-swaps` takes all that keep the behaviour.",
    ),
    "with": explain(
        "a smaller base, with programs put in",
        "A base that is cut to measure was refused only because it lacks programs that the app or "
        "its packages start. With those and their libraries it is smaller than the chosen one.",
        "`--with PROGRAM` puts one in. Programs that are started by other means than literal "
        "names in the sources have to be named as well.",
    ),
    "swap-idle": explain(
        "a swap that changed nothing",
        "--swap names a package that neither the project nor anything it installs asks for.",
        "Correct the name before the = sign; a plan lists the packages that are installed.",
    ),
    "bytecode": explain(
        "compiled bytecode",
        "Bytecode beside the sources makes every start faster and the image larger.",
        "`--bytecode none` leaves it away where size matters more than the start.",
    ),
    "project-note": explain(
        "something about the project",
        "Reading the project's files found something that may surprise.",
        "The text says what it is.",
    ),
}
