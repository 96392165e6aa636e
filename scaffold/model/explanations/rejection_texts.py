"""What keeps a base from fitting, or comes close to it."""

from collections.abc import Mapping

from scaffold.model.explanations.explanation import Explanation, explain

REFUSALS: Mapping[str, Explanation] = {
    "no-wheel": explain(
        "no wheel for this target",
        "No release that the requirements admit has a wheel for this libc, architecture and "
        "Python, and there is no sdist, or building one was not allowed.",
        "`leanscaffold wheels PACKAGE` shows where there are wheels: another base (glibc instead "
        "of musl), another Python or a 64-bit system often has one. `--swap` replaces the package, "
        "`--allow-compile hours` builds it where a recipe is known.",
    ),
    "useless-on-device": explain(
        "a package serves nothing on this device",
        "The package needs an accelerator that the device does not have: it would be installed, "
        "and fail or fall back to the processor when it is used.",
        "Take what does the same without it (the message names the `--swap`), or say what the "
        "device has: `--accelerator cuda`, `hailo`, `edgetpu` or `rknn`.",
    ),
    "accelerator-files-missing": explain(
        "no usable files for the device's accelerator",
        "The files on the default index are built for other accelerators of the same family, or "
        "nobody publishes any there.",
        "Take the vendor's index, Python and base that the message names, or plan for the "
        "processor: `--accelerator none`.",
    ),
    "locked-version-no-wheel": explain(
        "the locked version has no wheel here",
        "The project's lock pins a version that has no wheel for this target. A lock wins over "
        "newer versions, so no other release was tried.",
        "Lock the package again at a version that has a wheel, or take another base or Python.",
    ),
    "glibc-too-old": explain(
        "the base's glibc is older than the wheel needs",
        "A compiled file asks for a glibc symbol version that the base does not have. It would "
        "fail on import, not on install.",
        "Take a base of a newer distribution release, or an older release of the package.",
    ),
    "needs-library": explain(
        "a shared library is missing in the base",
        "A compiled file of the package loads a library that neither the wheel nor the base "
        "brings. Where the base has a package manager, the library is added to the image.",
        "Nothing has to be done where it is added; a swap (such as opencv-python-headless for "
        "opencv-python) often spares the library and what it weighs.",
    ),
    "from-distribution": explain(
        "a package is taken from the distribution",
        "No wheel exists for this target, but Debian builds the package itself, in the version "
        "that its release has, for its own interpreter. apt installs it, with all it needs.",
        "Nothing has to be done. It gets security fixes with the image's other packages; for a "
        "newer version, compile it (--base slim) or ask for a target that has wheels.",
    ),
    "library-unavailable": explain(
        "a shared library cannot be added",
        "The package loads a library that the base lacks and that no known package of its "
        "distribution ships, or asks find_library for it, which finds nothing where there is "
        "neither ldconfig nor a compiler, as on Alpine (python/cpython#65821).",
        "Take another base, or name the library's package in your own facts (`--knowledge DIR`).",
    ),
    "needs-program": explain(
        "a program is missing in the base",
        "The application or a package starts a program that the base does not ship.",
        "Where the base has a package manager and a package is known to have the program, it is "
        "added. A program that comes by other means, or is never started, is named with "
        "`--provided PROGRAM`.",
    ),
    "needs-shell": explain(
        "a shell is needed",
        "The application starts a shell, or --require-shell asks for one; this base has none.",
        "Take a slim or alpine base, or call programs with a list of arguments, without a shell.",
    ),
    "missing-module": explain(
        "a module that nothing brings",
        "The sources import a module whenever they start, and none of the installed packages has "
        "it: the list of requirements is not complete, a package dropped it, this Python's "
        "standard library did, or no index has it.",
        "Add the package that the text names to the requirements. Where the module comes by other "
        "means, such as a volume, say so with `--provided MODULE`.",
    ),
    "needs-locale": explain(
        "a locale that the base does not have",
        "The sources set a locale whenever they start, and the base has only C.UTF-8: setlocale "
        "raises an error there.",
        "A base with a package manager gets the package that has all locales; or format with "
        "Babel, which needs none.",
    ),
    "arch-unsupported": explain(
        "the base is not published for this architecture",
        "The publisher of the base builds no image for the target's architecture.",
        "Take another base.",
    ),
    "python-unavailable": explain(
        "why not a newer Python",
        "A newer Python exists in a base, but something that the project needs does not support "
        "it on this target yet.",
        "Nothing has to be done. `leanscaffold wheels PACKAGE` shows when the package catches up.",
    ),
    "python-not-admissible": explain(
        "the project rules this Python out",
        "requires-python, .python-version, runtime.txt or --python does not admit it.",
        "Loosen the bound where it is stricter than the code needs.",
    ),
    "python-prerelease": explain(
        "this Python is not released yet",
        "The base carries a pre-release of the interpreter; wheels for it are rare and its ABI "
        "may still change.",
        "Ask for it with --python if you want to try it.",
    ),
    "end-of-life": explain(
        "no security fixes any more",
        "The distribution or the Python gets no security fixes since the date named.",
        "Take a newer one; --base or --python with its exact name still selects it.",
    ),
    "over-budget": explain(
        "larger than --max-size",
        "The predicted size on disk, unpacked as the device stores it, is over the budget.",
        "Take a saving that the result lists, largest first, or raise the budget.",
    ),
    "over-download": explain(
        "more to pull than --max-download",
        "The predicted sum of compressed layers is over the budget.",
        "Take a saving that the result lists, or raise the budget.",
    ),
    "no-room-to-update": explain(
        "the old image and the new one do not fit together",
        "A plain pull holds both until the new one is complete, unpacked and, in containerd's "
        "store, compressed as well; the device's storage, or --storage, is smaller than that. "
        "What else is on the device is not counted: say what is left for images with --storage.",
        "Make the image smaller, or remove the old one first and say so with --remove-old: then "
        "the device has no image while it pulls.",
    ),
    "over-storage": explain(
        "the budget is larger than the device",
        "--max-size allows more than the storage in the device's profile, or more than half of "
        "it, while an update holds the old image as well.",
        "Lower --max-size; the system and its updates need room too.",
    ),
    "over-memory": explain(
        "more memory than the device has",
        "--memory says more than the device's profile.",
        "Nothing, if the device was extended; otherwise leave --memory away.",
    ),
    "memory-tight": explain(
        "memory may not suffice",
        "What the packages are known to hold in memory after import comes close to the device's.",
        "Swap heavy packages (a runtime instead of a training framework), or take a larger device.",
    ),
    "compile-needed": explain(
        "a package is compiled during the build",
        "It has no wheel for this target, so the build stage runs a compiler, emulated unless "
        "the build machine has the target's architecture.",
        "Swap the package for one with wheels, or build on the target's architecture.",
    ),
    "compile-unknown": explain(
        "a build that nobody has tried",
        "The sdist runs a compiler, and its headers, build system or language say too little of "
        "how long it takes and which packages it needs.",
        "Look at the build's first error for a missing header or program. A swap, another base or "
        "another Python may have a wheel: those are preferred wherever one fits.",
    ),
    "pure-sdist": explain(
        "an sdist without machine code",
        "The version has no wheel here, but its sdist was read and holds nothing to compile, so it "
        "is built on the machine that builds, without a compiler and without emulation.",
        "Nothing has to be done.",
    ),
    "compile-too-slow": explain(
        "compiling takes longer than allowed",
        "A package without a wheel would be compiled, and the estimate for the device's CPU is "
        "over --allow-compile.",
        "`--allow-compile hours`, a swap, or a base whose libc has wheels for it.",
    ),
    "version-conflict": explain(
        "no set of versions satisfies everything",
        "The requirements, with all that they depend on, exclude each other on this target, or "
        "ask for a release that does not exist.",
        "Loosen one of the bounds named; each comes with who asks for it.",
    ),
    "other-system": explain(
        "the package is for another operating system",
        "Every file of the versions asked for is for Windows, macOS or another interpreter.",
        'Add a marker to the requirement, such as `; sys_platform == "win32"`, or remove it.',
    ),
    "hash-mismatch": explain(
        "no file has the hash that is given",
        "The requirement or the lock allows only files with the hashes that it names, and no file "
        "of that version on the index has one of them.",
        "Compile the requirements again with hashes; a hash that does not match may also be a file "
        "that was replaced, which is what hashes are there to find.",
    ),
    "requirements-unknown": explain(
        "it is not known what a package requires",
        "The version has no wheel here, and its sdist says what it requires only while it is "
        "built (metadata before 2.2, no requires.txt, a setup.py that computes the list).",
        "Pin a version that has a wheel, or one whose sdist says what it requires.",
    ),
    "unknown-package": explain(
        "nobody knows this package",
        "Neither the index nor the bundled snapshot nor the lock has a project of this name.",
        "Check the spelling, add --extra-index-url, or leave --offline away.",
    ),
    "yanked-only": explain(
        "only withdrawn files or pre-releases",
        "Every admissible release was yanked by its author or is a pre-release; neither is taken "
        "unless it is asked for by exact version.",
        "Pin the version with == if you know why it was withdrawn.",
    ),
    "older-than-newest": explain(
        "not the newest version",
        "A newer release exists, but its files do not suit the target, or another package bounds "
        "it.",
        "Nothing has to be done; another base or Python may admit the newest.",
    ),
    "registry-unset": explain(
        "no registry is set for this base",
        "The base comes from a registry that only you can name.",
        "`--registry NAME=PREFIX` names it.",
    ),
    "base-not-asked": explain(
        "another base was asked for",
        "--base restricts the choice to one base or family.",
        "Leave --base away to let all compete.",
    ),
}
