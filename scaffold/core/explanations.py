"""What every reason code means and what to do about it: texts as data."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from scaffold.assemble import databases, stripping
from scaffold.assemble.trim import RULES, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A code in one line, in a paragraph, and what helps."""

    title: str
    meaning: str
    remedy: str


def _explain(title: str, meaning: str, remedy: str) -> Explanation:
    return Explanation(title=title, meaning=meaning, remedy=remedy)


def _explain_rule(rule: Rule) -> Explanation:
    return _explain_text(rule.name, rule.level, sys.modules[rule.find.__module__].__doc__ or "")


def _explain_text(name: str, level: str, text: str) -> Explanation:
    """Return what a rule of trimming says of itself: its first sentence, and why."""
    title, _, why = " ".join(text.replace("``", "`").split()).partition(" Why: ")
    remedy = (
        f"It belongs to the level `{level}`; `--trim none` leaves everything in. A fact `keep` "
        "below knowledge/packages, or in a folder given by `--knowledge`, spares one package."
    )
    kept = f"Trimming, rule {name}: {why[:1].upper()}{why[1:]}"
    return Explanation(title=title.rstrip("."), meaning=kept, remedy=remedy)


EXPLANATIONS: Mapping[str, Explanation] = {
    "no-wheel": _explain(
        "no wheel for this target",
        "No release that the requirements admit has a wheel for this libc, architecture and "
        "Python, and there is no sdist, or building one was not allowed.",
        "`leanscaffold wheels PACKAGE` shows where there are wheels: another base (glibc instead "
        "of musl), another Python or a 64-bit system often has one. `--swap` replaces the package, "
        "`--allow-compile hours` builds it where a recipe is known.",
    ),
    "no-sdist": _explain(
        "nothing to build from",
        "The package has neither a wheel for this target nor a source archive.",
        "Swap the package for another, or choose a target that it has a wheel for.",
    ),
    "locked-version-no-wheel": _explain(
        "the locked version has no wheel here",
        "The project's lock pins a version that has no wheel for this target. A lock wins over "
        "newer versions, so no other release was tried.",
        "Lock the package again at a version that has a wheel, or take another base or Python.",
    ),
    "glibc-too-old": _explain(
        "the base's glibc is older than the wheel needs",
        "A compiled file asks for a glibc symbol version that the base does not have. It would "
        "fail on import, not on install.",
        "Take a base of a newer distribution release, or an older release of the package.",
    ),
    "needs-library": _explain(
        "a shared library is missing in the base",
        "A compiled file of the package loads a library that neither the wheel nor the base "
        "brings. Where the base has a package manager, the library is added to the image.",
        "Nothing has to be done where it is added; a swap (such as opencv-python-headless for "
        "opencv-python) often spares the library and what it weighs.",
    ),
    "from-distribution": _explain(
        "a package is taken from the distribution",
        "No wheel exists for this target, but Debian builds the package itself, in the version "
        "that its release has, for its own interpreter. apt installs it, with all it needs.",
        "Nothing has to be done. It gets security fixes with the image's other packages; for a "
        "newer version, compile it (--base slim) or ask for a target that has wheels.",
    ),
    "library-unavailable": _explain(
        "a shared library cannot be added",
        "The package loads a library that the base lacks and that no known package of its "
        "distribution ships, or asks find_library for it, which finds nothing where there is "
        "neither ldconfig nor a compiler, as on Alpine (python/cpython#65821).",
        "Take another base, or name the library's package in your own facts (`--knowledge DIR`).",
    ),
    "needs-program": _explain(
        "a program is missing in the base",
        "The application or a package starts a program that the base does not ship.",
        "Where the base has a package manager the program is added; otherwise take one that has.",
    ),
    "needs-shell": _explain(
        "a shell is needed",
        "The application starts a shell, or --require-shell asks for one; this base has none.",
        "Take a slim or alpine base, or call programs with a list of arguments, without a shell.",
    ),
    "arch-unsupported": _explain(
        "the base is not published for this architecture",
        "The publisher of the base builds no image for the target's architecture.",
        "Take another base.",
    ),
    "python-unavailable": _explain(
        "why not a newer Python",
        "A newer Python exists in a base, but something that the project needs does not support "
        "it on this target yet.",
        "Nothing has to be done. `leanscaffold wheels PACKAGE` shows when the package catches up.",
    ),
    "python-not-admissible": _explain(
        "the project rules this Python out",
        "requires-python, .python-version, runtime.txt or --python does not admit it.",
        "Loosen the bound where it is stricter than the code needs.",
    ),
    "python-prerelease": _explain(
        "this Python is not released yet",
        "The base carries a pre-release of the interpreter; wheels for it are rare and its ABI "
        "may still change.",
        "Ask for it with --python if you want to try it.",
    ),
    "end-of-life": _explain(
        "no security fixes any more",
        "The distribution or the Python gets no security fixes since the date named.",
        "Take a newer one; --base or --python with its exact name still selects it.",
    ),
    "over-budget": _explain(
        "larger than --max-size",
        "The predicted size on disk, unpacked as the device stores it, is over the budget.",
        "Take a saving that the result lists, largest first, or raise the budget.",
    ),
    "over-download": _explain(
        "more to pull than --max-download",
        "The predicted sum of compressed layers is over the budget.",
        "Take a saving that the result lists, or raise the budget.",
    ),
    "no-room-to-update": _explain(
        "the old image and the new one do not fit together",
        "A plain pull holds both until the new one is complete, unpacked and, in containerd's "
        "store, compressed as well; the device's storage, or --storage, is smaller than that. "
        "What else is on the device is not counted: say what is left for images with --storage.",
        "Make the image smaller, or remove the old one first and say so with --remove-old: then "
        "the device has no image while it pulls.",
    ),
    "over-storage": _explain(
        "the budget is larger than the device",
        "--max-size allows more than the storage in the device's profile, or more than half of "
        "it, while an update holds the old image as well.",
        "Lower --max-size; the system and its updates need room too.",
    ),
    "over-memory": _explain(
        "more memory than the device has",
        "--memory says more than the device's profile.",
        "Nothing, if the device was extended; otherwise leave --memory away.",
    ),
    "memory-tight": _explain(
        "memory may not suffice",
        "What the packages are known to hold in memory after import comes close to the device's.",
        "Swap heavy packages (a runtime instead of a training framework), or take a larger device.",
    ),
    "compile-needed": _explain(
        "a package is compiled during the build",
        "It has no wheel for this target, so the build stage runs a compiler, emulated unless "
        "the build machine has the target's architecture.",
        "Swap the package for one with wheels, or build on the target's architecture.",
    ),
    "compile-too-slow": _explain(
        "compiling takes longer than allowed",
        "A package without a wheel would be compiled, and the estimate for the device's CPU is "
        "over --allow-compile.",
        "`--allow-compile hours`, a swap, or a base whose libc has wheels for it.",
    ),
    "version-conflict": _explain(
        "no set of versions satisfies everything",
        "The requirements, with all that they depend on, exclude each other on this target, or "
        "ask for a release that does not exist.",
        "Loosen one of the bounds named; each comes with who asks for it.",
    ),
    "unknown-package": _explain(
        "nobody knows this package",
        "Neither the index nor the bundled snapshot nor the lock has a project of this name.",
        "Check the spelling, add --extra-index-url, or leave --offline away.",
    ),
    "yanked-only": _explain(
        "only withdrawn files or pre-releases",
        "Every admissible release was yanked by its author or is a pre-release; neither is taken "
        "unless it is asked for by exact version.",
        "Pin the version with == if you know why it was withdrawn.",
    ),
    "older-than-newest": _explain(
        "not the newest version",
        "A newer release exists, but its files do not suit the target, or another package bounds "
        "it.",
        "Nothing has to be done; another base or Python may admit the newest.",
    ),
    "registry-unset": _explain(
        "no registry is set for this base",
        "The base comes from a registry that only you can name.",
        "`--registry NAME=PREFIX` names it.",
    ),
    "base-not-asked": _explain(
        "another base was asked for",
        "--base restricts the choice to one base or family.",
        "Leave --base away to let all compete.",
    ),
    "elf-unread": _explain(
        "a wheel was not looked into",
        "Which libraries its compiled files load is not known, offline or for lack of a server "
        "that answers range requests.",
        "Run it once with a network; what was read stays in the cache.",
    ),
    "elf-assumed": _explain(
        "libraries taken over from a sibling wheel",
        "This very wheel was not looked into; another one of the same package was, and its needs "
        "stand in.",
        "Run it once with a network and without --offline.",
    ),
    "traced": _explain(
        "a trace leaves out what no run opened",
        "The project has a keep-list that `leanscaffold trace` made. What no traced run opened is "
        "not in the image, unless something that is may need it: imports in any function of what "
        "stays, data beside it, libraries. The size is what was measured with the trace.",
        "Commit the keep-list. Trace again after changes (`leanscaffold trace`), with commands and "
        "requests that use all there is; `--traced tight` keeps less, `--traced none` everything.",
    ),
    "trace-stale": _explain(
        "packages changed since the trace",
        "Packages of other releases than the trace was made with may open other files, so they "
        "stay in the image whole; the same goes for the standard library of another Python.",
        "`leanscaffold trace` with the same commands makes the list anew.",
    ),
    "trace-unmeasured": _explain(
        "the trace was made for another image",
        "The trace was measured on another architecture, base or closure, so that the size is an "
        "estimate from there. What is kept is found for this image all the same.",
        "`leanscaffold trace` for this target measures it.",
    ),
    "estimated-size": _explain(
        "the size is an estimate",
        "The wheel's contents are not known, so its unpacked size is estimated from its download "
        "size; the error bound is wider.",
        "Run it once with a network and without --offline.",
    ),
    "direct-url": _explain(
        "a direct address",
        "The requirement names a file or a repository. No index knows its other files, so it "
        "serves only the targets that this file suits.",
        "Publish it to an index, or give a wheel that suits the target.",
    ),
    "facts-age": _explain(
        "the facts have an age",
        "Offline, releases newer than the bundled snapshot are known only as far as the lock or "
        "the cache holds them.",
        "Run it without --offline, or upgrade leanscaffold.",
    ),
    "file-edited": _explain(
        "a generated file was edited",
        "What leanscaffold wrote was changed since. It is the user's now and is built as it is.",
        "Keep it, with `leanscaffold update --leave Dockerfile` for all later updates, or write it "
        "anew with `leanscaffold generate --force`.",
    ),
    "file-left": _explain(
        "a file is left to you",
        "--leave names it: what leanscaffold would write there is left out, the rest is written.",
        "Name it no longer, or run `leanscaffold update --force`, to have it written again.",
    ),
    "lock-stale": _explain(
        "the lock no longer matches the requirements",
        "A requirement file changed after the lock was made; the build installs what is locked.",
        "Run `leanscaffold update`, with `--leave Dockerfile` where that is yours.",
    ),
    "file-stale": _explain(
        "a file of an earlier run is left over",
        "It was written for a target that is no longer asked for. Nothing reads it any more.",
        "Delete it, or name its target again.",
    ),
    "measured-stale": _explain(
        "what was measured is of another image",
        "The base, Python or packages changed since `leanscaffold verify --save` kept its figures, "
        "so they say nothing about what is chosen now.",
        "Run `leanscaffold verify --save` again.",
    ),
    "measured-by-hand": _explain(
        "what was measured is the image of your own Dockerfile",
        "`leanscaffold verify --save` built a Dockerfile that you wrote or edited, so its figures "
        "say nothing about the plan.",
        "`leanscaffold lint` uses them; `generate --force` writes the planned Dockerfile.",
    ),
    "target-assumed": _explain(
        "this machine's architecture was taken",
        "Neither --target nor --device was given.",
        "Name the device or its architecture: --device raspberry-pi-4, --target arm64.",
    ),
    "options-recorded": _explain(
        "options of the last run hold",
        "leanscaffold.json keeps the options that the project's files were made with. They hold "
        "wherever the command line, the environment and pyproject.toml say nothing.",
        "Nothing; name an option to change it, or give --anew to go without all of them.",
    ),
    "device-arch": _explain(
        "the target is not the device's own",
        "--target names another architecture than the device's profile; the profile's memory and "
        "CPU still count.",
        "Nothing, if the device runs another system, such as a 32-bit one on a 64-bit board.",
    ),
    "would-fit": _explain(
        "another architecture would do",
        "The same project fits the 64-bit architecture of the same family.",
        "Many boards with a 32-bit system can run a 64-bit one; then --target arm64.",
    ),
    "swap": _explain(
        "a lighter package",
        "Another package does the same, or enough of it, and weighs less.",
        "`--swap A=B` takes it; `--apply-swaps` takes all that keep the behaviour.",
    ),
    "swap-idle": _explain(
        "a swap that changed nothing",
        "--swap names a package that neither the project nor anything it installs asks for.",
        "Correct the name before the = sign; a plan lists the packages that are installed.",
    ),
    "bytecode": _explain(
        "compiled bytecode",
        "Bytecode beside the sources makes every start faster and the image larger.",
        "`--bytecode none` leaves it away where size matters more than the start.",
    ),
    **{f"trim-{rule.name}": _explain_rule(rule) for rule in RULES},
    "trim-databases": _explain_text("databases", "max", databases.__doc__ or ""),
    "trim-symbols": _explain_text("symbols", "safe", stripping.__doc__ or ""),
    "project-note": _explain(
        "something about the project",
        "Reading the project's files found something that may surprise.",
        "The text says what it is.",
    ),
}
