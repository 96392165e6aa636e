"""Every code of a reason, note or suggestion, with its kind and what it means.

What is done with a code follows from the groups that it names: they stand at the end.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class Kind(StrEnum):
    """Where a code may occur; the value is said to people."""

    REJECTION = "in `plan`: why a base is rejected, or what it costs on one that fits"
    NOTE = "in `plan`: a note on a base that fits, the project or the request"
    CHECK = "in `verify`: a check of the built image"
    SUGGESTION = "in `plan`: what would make the image smaller, or possible"
    TRIM = "with `--trim`: what a rule leaves out"
    ERROR = "as an error of any command"
    STALE = "in `update`: why files no longer suit the project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A code in one line, in a paragraph, and what helps."""

    title: str
    meaning: str
    remedy: str
    kind: Kind = Kind.TRIM


def _parse(text: str) -> tuple[str, list[str], Explanation]:
    """Return code, groups and explanation of «code (kind, groups): title», meaning, → remedy."""
    head, *rest = (line.strip() for line in text.splitlines())
    name, _, title = (
        head.partition("): ") if not head.endswith(":") else (head[:-2], "", rest.pop(0))
    )
    code, _, words = name.partition(" (")
    meaning, _, remedy = " ".join(rest).strip().partition(" → ")
    kind, *groups = words.split(", ")
    found = Explanation(title=title, meaning=meaning, remedy=remedy, kind=Kind[kind.upper()])
    return code, groups, found


class CheckCode(str):
    """The code of a check of an image, declared beside it and written as those of ``Code``."""

    __slots__ = ("explanation",)
    explanation: Explanation

    def __new__(cls, text: str) -> Self:
        """Return the code, a string that knows what it means."""
        code, _, found = _parse(text)
        made = str.__new__(cls, code)
        made.explanation = found
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Return what a copy is made from: a plain string."""
        return str, (str(self),)


class Code(StrEnum):
    """A code. Each is written as «code (kind, groups): title», what it means, → what helps."""

    explanation: Explanation
    groups: frozenset[str]

    def __new__(cls, text: str) -> Self:
        """Return the member, a string that knows what it means."""
        code, named, found = _parse(text)
        member = str.__new__(cls, code)
        member._value_ = code
        vars(member).update(explanation=found, groups=frozenset(named))
        return member

    NO_WHEEL = """no-wheel (rejection, deciding, without-wheel): no wheel for this target
    No release that the requirements admit has a wheel for this libc, architecture and Python, and
    there is no sdist, or building one was not allowed.
    → `leanscaffold wheels PACKAGE` shows where there are wheels: another base (glibc instead of
    musl), another Python or a 64-bit system often has one. `--swap` replaces the package,
    `--allow-compile hours` builds it where a recipe is known."""
    USELESS_ON_DEVICE = """useless-on-device (rejection): a package is of no use on this device
    The package needs an accelerator that the device does not have, or drives pins and buses of
    another board: it would be installed, and fail or fall back to the processor when it is used.
    → Use a package that does the same there (the message names the `--swap`), or say what the
    device has: `--accelerator cuda`, `hailo`, `edgetpu` or `rknn`."""
    ACCELERATOR_FILES_MISSING = """accelerator-files-missing (rejection):
    no usable files for the device's accelerator
    The files on the default index are built for other accelerators of the same family, or none are
    published there.
    → Use the vendor's index, Python and base that the message names, or plan for the processor:
    `--accelerator none`."""
    LOCKED_VERSION_NO_WHEEL = """locked-version-no-wheel (rejection, deciding, without-wheel):
    the locked version has no wheel here
    The project's lock pins a version that has no wheel for this target. A lock wins over newer
    versions, so no other release was tried.
    → Lock the package again at a version that has a wheel, or use another base or Python."""
    GLIBC_TOO_OLD = """glibc-too-old (rejection, deciding):
    the base's glibc is older than the wheel needs
    A compiled file asks for a glibc symbol version that the base does not have. It would fail on
    import, not on install.
    → Use a base of a newer distribution release, or an older release of the package."""
    NEEDS_LIBRARY = """needs-library (rejection, deciding): a shared library is missing in the base
    A compiled file of the package loads a library that neither the wheel nor the base brings. Where
    the base has a package manager, the library is added to the image.
    → Nothing has to be done where it is added; a swap (such as opencv-python-headless for
    opencv-python) often spares the library and what it weighs."""
    FROM_DISTRIBUTION = """from-distribution (rejection, without-wheel):
    a package is taken from the distribution
    No wheel exists for this target, but Debian builds the package itself, in the version that its
    release has, for its own interpreter. apt installs it, with all it needs.
    → Nothing has to be done. It gets security fixes with the image's other packages; for a newer
    version, compile it (--base slim) or ask for a target that has wheels."""
    LIBRARY_UNAVAILABLE = """library-unavailable (rejection, deciding):
    a shared library cannot be added
    The package loads a library that the base lacks and that no known package of its distribution
    ships, or asks find_library for it, which finds nothing where there is neither ldconfig nor a
    compiler, as on Alpine (python/cpython#65821).
    → Use another base, or name the library's package in your own facts (`--knowledge DIR`)."""
    NEEDS_PROGRAM = """needs-program (rejection, any-python, deciding, programs):
    a program is missing in the base
    The application or a package starts a program that the base does not ship.
    → Where the base has a package manager and a package is known to have the program, it is added.
    A program that comes by other means, or is never started, is named with `--provided PROGRAM`."""
    NEEDS_SHELL = """needs-shell (rejection, of-bases, any-python, deciding, programs):
    a shell is needed
    The application starts a shell, or --require-shell asks for one; this base has none.
    → Use a slim or alpine base, or call programs with a list of arguments, without a shell."""
    MISSING_MODULE = """missing-module (rejection, deciding): a module that nothing brings
    The sources import a module whenever they start, and none of the installed packages has it: the
    list of requirements is not complete, a package dropped it, this Python's standard library did,
    or no index has it.
    → Add the package that the text names to the requirements. Where the module comes by other
    means, such as a volume, say so with `--provided MODULE`."""
    INCOMPATIBLE_RELEASES = """incompatible-releases (rejection, first-screen, deciding):
    releases that do not load together
    A package of an older release imports what a newer release of its requirement no longer has, and
    its metadata do not bound it. Where the project pins both, or its lock does, the application
    ends at that import; else a release from before is taken, and that is told.
    → Bound the requirement as the text says, or take a newer release of what requires it."""
    NEEDS_LOCALE = """needs-locale (rejection, deciding): a locale that the base does not have
    The sources set a locale whenever they start, and the base has only C.UTF-8: setlocale raises an
    error there.
    → A base with a package manager gets the package that has all locales; or format with Babel,
    which needs none."""
    ARCH_UNSUPPORTED = """arch-unsupported (rejection, of-bases):
    the base is not published for this architecture
    The publisher of the base builds no image for the target's architecture.
    → Use another base."""
    PYTHON_UNAVAILABLE = """python-unavailable (rejection, background): why not a newer Python
    A newer Python exists in a base, but something that the project needs does not support it on
    this target yet.
    → Nothing has to be done. `leanscaffold wheels PACKAGE` shows when the package catches up."""
    PYTHON_NOT_ADMISSIBLE = """python-not-admissible (rejection, of-bases, any-python):
    the project rules this Python out
    requires-python, .python-version, runtime.txt or --python does not admit it.
    → Loosen the bound where it is stricter than the code needs."""
    PYTHON_PRERELEASE = """python-prerelease (rejection, background, of-bases):
    the base's Python is a pre-release
    The image that is known carries a pre-release of the interpreter; wheels for it are rare and its
    ABI may still change.
    → Ask for it with --python if you want to try it."""
    END_OF_LIFE = """end-of-life (rejection, first-screen, of-bases, deciding): past its end of life
    The distribution or the Python has been end-of-life since the date named: it gets no more
    security fixes.
    → Use a newer one; --base or --python with its exact name still selects it."""
    OVER_BUDGET = """over-budget (rejection, limit, any-python, deciding): larger than --max-size
    The predicted size on disk, unpacked as the device stores it, is over the budget.
    → Apply a saving that the result lists, largest first, or raise the budget."""
    OVER_DOWNLOAD = """over-download (rejection, limit, any-python, deciding):
    a larger download than --max-download allows
    The predicted sum of compressed layers is over the budget.
    → Apply a saving that the result lists, or raise the budget."""
    NO_ROOM_TO_UPDATE = """no-room-to-update (rejection, limit, any-python, deciding):
    no room for both the old image and the new one
    A plain pull holds both until the new one is complete, unpacked and, in containerd's store,
    compressed as well; the device's storage, or --storage, is smaller than that. What else is on
    the device is not counted: say what is left for images with --storage.
    → Make the image smaller, or remove the old one first and say so with --remove-old: then the
    device has no image while it pulls."""
    OVER_STORAGE = """over-storage (rejection): the budget is larger than the device
    --max-size allows more than the storage in the device's profile, or more than half of it, while
    an update holds the old image as well.
    → Lower --max-size; the system and its updates need room too."""
    OVER_MEMORY = """over-memory (rejection): more memory than the device has
    --memory says more than the device's profile.
    → Nothing, if the device has more memory than its profile says; otherwise omit --memory."""
    MEMORY_TIGHT = """memory-tight (rejection): memory may not suffice
    What the packages are known to hold in memory after import comes close to the device's.
    → Swap heavy packages (a runtime instead of a training framework), or use a larger device."""
    COMPILE_NEEDED = """compile-needed (rejection, without-wheel):
    a package is compiled during the build
    It has no wheel for this target, so the build stage runs a compiler, emulated unless the build
    machine has the target's architecture.
    → Swap the package for one with wheels, or build on the target's architecture."""
    COMPILE_UNKNOWN = """compile-unknown (rejection, first-screen, without-wheel):
    a build that has not been tried
    The sdist runs a compiler, and its headers, build system or language say too little of how long
    it takes and which packages it needs.
    → Look at the build's first error for a missing header or program. A swap, another base or
    another Python may have a wheel: those are preferred wherever one fits."""
    PURE_SDIST = """pure-sdist (rejection): an sdist without machine code
    The version has no wheel here, but its sdist was read and holds nothing to compile, so it is
    built on the machine that builds, without a compiler and without emulation.
    → Nothing has to be done."""
    COMPILE_TOO_SLOW = """compile-too-slow (rejection, limit, deciding):
    compiling takes longer than allowed
    A package without a wheel would be compiled, and the estimate for the device's CPU is over
    --allow-compile.
    → Use `--allow-compile hours`, a swap, or a base whose libc has wheels for it."""
    VERSION_CONFLICT = """version-conflict (rejection, hopeless):
    no set of versions satisfies everything
    The requirements and their dependencies conflict on this target, or ask for a release that does
    not exist.
    → Loosen one of the bounds named; the message says what asks for each."""
    OTHER_SYSTEM = """other-system (rejection, hopeless):
    the package is for another operating system
    Every file of the versions asked for is for Windows, macOS or another interpreter.
    → Add a marker to the requirement, such as `; sys_platform == "win32"`, or remove it."""
    HASH_MISMATCH = """hash-mismatch (rejection, hopeless): no file has the hash that is given
    The requirement or the lock allows only files with the hashes that it names, and no file of that
    version on the index has one of them.
    → Compile the requirements again with hashes; a hash that does not match may also be a file that
    was replaced, which is what hashes are there to find."""
    REQUIREMENTS_UNKNOWN = """requirements-unknown (rejection, hopeless):
    it is not known what a package requires
    The version has no wheel here, and its sdist says what it requires only while it is built
    (metadata before 2.2, no requires.txt, a setup.py that computes the list). Or the METADATA of
    its wheel is missing, cut off, garbled or that of another package, and no other version can be
    taken.
    → Pin a version that has a wheel, or one whose sdist says what it requires."""
    UNKNOWN_PACKAGE = """unknown-package (rejection, hopeless): an unknown package
    Neither the index nor the bundled snapshot nor the lock has a project of this name.
    → Check the spelling, add --extra-index-url, or omit --offline."""
    YANKED_ONLY = """yanked-only (rejection): only withdrawn files or pre-releases
    Every admissible release was yanked by its author or is a pre-release; neither is taken unless
    it is asked for by exact version.
    → Pin the version with == if you know why it was withdrawn."""
    OLDER_THAN_NEWEST = """older-than-newest (rejection, background): not the newest version
    A newer release exists, but its files do not suit the target, or another package bounds it.
    → Nothing has to be done; another base or Python may admit the newest."""
    OLDER_REQUIRES_LESS = """older-requires-less (rejection):
    an older version was taken that does not require what newer ones do
    What newer versions require cannot be had for this target. An older version that does not list
    it either works without, or fails when it imports it: its metadata do not say which.
    → Bases on which the newest version can be had go first. Where there is none, run `verify`, or
    pin the package to a version that is known to work."""
    REGISTRY_UNSET = """registry-unset (rejection, background, of-bases, any-python):
    no registry is set for this base
    The base comes from a registry that only you can name.
    → `--registry NAME=PREFIX` names it."""
    BASE_NOT_ASKED = """base-not-asked (rejection, background, of-bases, any-python):
    another base was asked for
    --base restricts the choice to one base or family.
    → Omit --base to compare all bases."""
    MAY_NEED_MODULE = """may-need-module (note, first-screen): a module that may be missing
    The sources import a module, in a function or without a known owner, and no installed package is
    known to have it.
    → Add its package to the requirements; `--provided MODULE` says that it is there."""
    INSTALLS_PACKAGES = """installs-packages (note, first-screen): packages installed at run time
    The sources start pip or uv, which the image may not have and which can write nowhere in it;
    what it installs is lost with the container.
    → Add what would be installed to the requirements; `--provided pip` says that it works there."""
    MAY_NEED_PROGRAM = """may-need-program (note, first-screen): a program that may be missing
    The sources look for a program, or handle that it is missing, and the image has none; or
    `--with` names one that nothing is known of, so that the distribution may have none.
    → `--with PROGRAM` adds it; `--provided PROGRAM` says that it is there or not needed."""
    MAY_NEED_LIBRARY = """may-need-library (note, first-screen): a library that may be missing
    The sources look for a library, or handle that it is missing, and the image has none.
    → `--provided LIBRARY` says that it is there or not needed."""
    DOWNLOADS_DATA = """downloads-data (note, first-screen, companion):
    data is downloaded at run time
    A model, a corpus or weights are not part of a package: they are downloaded when the application
    starts first, which needs a network, time, and a place to write to, each time that a container
    is created.
    → Bring them into the project's folder, or mount a volume where they are kept."""
    MODEL_MISSING = """model-missing (note, first-screen, companion):
    a model that is not in the project
    The sources load a model that was trained or exported by its authors: it is not in the project,
    and the package does not download it.
    → Bring it into the project's folder, or mount it."""
    NEEDS_BROWSER = """needs-browser (note, first-screen, companion): a browser is needed
    The package drives a browser, which no Python package brings.
    → Use a browser in a container of its own, or add one with `--with chromium`."""
    NEEDS_COMPANION = """needs-companion (note, first-screen, companion):
    a package needs another one as well
    The package works with one of several others, so it requires none of them, and none is
    installed.
    → Add the one that the text names to the requirements."""
    NEEDS_DEVICE_HALF = """needs-device-half (note, first-screen, companion):
    the other half is the device's
    The package is one half of a driver or a camera stack: the other is in the device's system, has
    to match it in version, and is in no distribution of the image.
    → The text says what to mount or install."""
    NEEDS_RIGHTS = """needs-rights (note, first-screen, companion): more than a container is given
    The application opens raw sockets, finds devices by broadcasts, or insists on root. The image
    runs as a user without rights, and in the engine's own network, which broadcasts do not leave.
    → `deploy`, the generated compose file and the systemd unit give what is sure to be needed, and
    say why; elsewhere run the container with the options that the text names."""
    NEEDS_SERVICE = """needs-service (note, first-screen, companion):
    a service of the device is needed
    The package talks to a daemon or a display that runs outside of the container.
    → Mount its socket, or say where it listens."""
    SETS_LOCALE = """sets-locale (note, first-screen): a locale that the base does not have
    The sources set a locale that is not in the image. On glibc setlocale raises an error; musl
    takes it and formats as in C.
    → Set C.UTF-8, or format with Babel, which needs no locales."""
    WRITES_FILE = """writes-file (note, first-screen): the application writes into the image
    What is written beside the sources is lost with the container, and a read-only root, as verify
    and compose.yaml have it, refuses it.
    → Write to a folder that is a volume, or to the home."""
    ACCELERATOR = """accelerator (note): most of its size is for an accelerator
    Packages came with libraries for a GPU. It is not known whether the device has one, so they are
    in the image.
    → `--accelerator none` leaves them out, and so does the `--device` that it is for;
    `--accelerator cuda` keeps them."""
    INDEX_FOR_DEVICE = """index-for-device (note, of-files):
    packages are installed without code for an accelerator that the device does not have
    Their wheels on the default index bring such code. Where the vendor has the same versions
    without it on an index of its own, only these packages are asked for there, and the lock names
    their addresses. What a package requires for the accelerator alone, and is known to do without,
    is not installed.
    → `--accelerator cuda` takes the default index's files. A lock, a hash or an index of your own
    for such a package is left as it is."""
    INDEX_UNREACHABLE = """index-unreachable (note, of-files):
    an index that suits the device cannot be reached
    The vendor's index has files without code for an accelerator that is not there. It did not
    answer, so an older version without that code was taken from the default index, or the default
    files where there is none.
    → Plan again where the index can be reached, or name a mirror of it with --extra-index-url."""
    ACCELERATOR_ASKED = """accelerator-asked (note, first-screen):
    the sources insist on an accelerator
    A call names one device to compute on (`.cuda()`, `device="cuda"`), nothing around it asks
    whether that is there, and the target has none, or none that the packages can use.
    → Let the sources choose what is available, or say what the target has (`--accelerator`)."""
    ACCELERATOR_UNKNOWN = """accelerator-unknown (note, first-screen):
    nobody looked into what a package does on this device
    The package is made for an accelerator. What it does on the device, which has none or another,
    is not known.
    → Try it on the device before you rely on it; `leanscaffold wheels PACKAGE` shows what is known.
    """
    OTHER_BOARD = """other-board (note, first-screen): a package works on some boards alone
    The package drives pins, buses or sensors of certain boards. The device is none of them and the
    sources do without it, or its board is not known.
    → Make sure that the device is one of those that the text names."""
    ACCELERATOR_UNUSED = """accelerator-unused (note, first-screen):
    the device's accelerator stays unused
    The image computes on the processor: the files that would use the accelerator are on no index or
    base that is configured.
    → Use the vendor's index, Python and base that the note names, with `--accelerator cuda` or the
    like once they are configured."""
    LIBRARY_REPLACED = """library-replaced (note, first-screen):
    a library that nothing calls is left out
    Machine code is linked with a library that the application's sources do not use. With `--trim
    max` a small library with the same symbols replaces it; each of its functions writes what is
    missing and ends the process.
    → Verify the image, or trace what it runs. `--trim safe` keeps the library."""
    ELF_UNREAD = """elf-unread (note): wheel contents not inspected
    Which libraries its compiled files load is not known, offline or for lack of a server that
    answers range requests.
    → Run it once with a network; what was read stays in the cache."""
    PYTHON_AFTER_PINS = """python-after-pins (note, first-screen): a pin is older than the Python
    The version was uploaded before this Python was released, has no wheel for it and does not name
    it in its classifiers: it may fail on import, as pydantic 1.10 does on 3.14. An sdist with code
    to compile, whose release has wheels for older Pythons only, may not compile at all.
    → Use a Python that existed when the pins were made (--python), or update the pins."""
    PYTHON_UNTRIED = """python-untried (note): the project's own Dockerfile runs an older Python
    The project names no Python itself (requires-python, .python-version), so the one that its
    people run it with is taken where it fits; this one is newer.
    → Say which Pythons the project works with in pyproject.toml (requires-python), or choose one
    (--python)."""
    ELF_ASSUMED = """elf-assumed (note): libraries assumed from a similar wheel
    This wheel was not inspected; the libraries are those that another wheel of the same package
    needs.
    → Run it once with a network and without --offline."""
    TRACED = """traced (check): a trace leaves out what no run opened
    The project has a keep-list that `leanscaffold trace` made. What no traced run opened is not in
    the image, unless something that is may need it: imports in any function of what stays, data
    beside it, libraries. The size is what was measured with the trace. As a check of `verify`: the
    scenarios of the trace run again in the image that holds only what they opened.
    → Commit the keep-list. Trace again after changes (`leanscaffold trace`), with commands and
    requests that use all there is; `--traced tight` keeps less, `--traced none` everything."""
    PRERELEASE_TAKEN = """prerelease-taken (note, first-screen): the image's Python is a pre-release
    --python names a Python of which only a pre-release is known as a base image. What is built
    stays on it: such a tag is no longer moved once the Python is released.
    → Use the Python before it, or a newer release of leanscaffold: `pip install --upgrade
    leanscaffold`."""
    FROM_REPOSITORY = """from-repository (note): a package is built from a repository
    A requirement or the lock names a repository. It is pinned to the commit that was there, and
    built in the build stage; what it asks for is in the lock like all else.
    → Plan again to move to a newer commit. A wheel on an index is smaller work for each build."""
    OWN_EXTENSION = """own-extension (note, first-screen): the project has machine code of its own
    Its build compiles C, C++, Cython, Rust or Fortran. That is done for the target, in a stage of
    its own, and emulated unless the build machine has the target's architecture.
    → Nothing. To leave compilers out of the build, publish wheels of it and ask for those."""
    TRACE_STALE = """trace-stale (note): packages changed since the trace
    Packages of other releases than the trace was made with may open other files, so they stay in
    the image whole; the same goes for the standard library of another Python.
    → `leanscaffold trace` with the same commands writes the list again."""
    TRACE_UNMEASURED = """trace-unmeasured (note): the trace was made for another image
    The trace was measured on another architecture, base or closure, so that the size is an estimate
    from there. What is kept is found for this image all the same.
    → `leanscaffold trace` for this target measures it."""
    ESTIMATED_SIZE = """estimated-size (note): the size is an estimate
    The wheel's contents are not known, so its unpacked size is estimated from its download size;
    the error bound is wider.
    → Run it once with a network and without --offline."""
    DIRECT_URL = """direct-url (note): a direct address
    The requirement names a file or a repository. No index knows its other files, so it serves only
    the targets that this file suits.
    → Publish it to an index, or give a wheel that suits the target."""
    FACTS_AGE = """facts-age (note, background): the facts may be out of date
    Offline, releases newer than the bundled snapshot are known only as far as the lock or the cache
    holds them.
    → Run it without --offline, or upgrade leanscaffold."""
    FACTS_OLD = """facts-old (note): facts that the plan rests on are more than 60 days old
    Publishers rebuild images every few weeks: sizes drift, Pythons are released and end.
    → A newer release of leanscaffold knows more: `pip install --upgrade leanscaffold`."""
    FILE_EDITED = """file-edited (note): a generated file was edited
    What leanscaffold wrote was changed since. It is the user's now and is built as it is.
    → Keep it, with `leanscaffold update --leave Dockerfile` for all later updates, or write it
    again with `leanscaffold generate --force`."""
    FILE_LEFT = """file-left (note): a file is left to you
    --leave names it: what leanscaffold would write there is left out, the rest is written.
    → Name it no longer, or run `leanscaffold update --force`, to have it written again."""
    LOCK_STALE = """lock-stale (note): the lock no longer matches the requirements
    A requirement file changed after the lock was made; the build installs what is locked.
    → Run `leanscaffold update`, with `--leave Dockerfile` where that is yours."""
    NO_BYTECODE = """no-bytecode (note): no Python here compiles for the image
    `build --to` compiles with a CPython of the image's minor version on this machine; that of
    another is not loaded. Without one the image has sources only, and starts more slowly.
    → Install that version, for instance with `uv python install`, or build with an engine."""
    FILE_STALE = """file-stale (note): a file of an earlier run is left over
    It was written for a target that is no longer asked for. Nothing reads it any more.
    → Delete it, or name its target again."""
    MEASURED_STALE = """measured-stale (note): what was measured is of another image
    The base, Python or packages changed since `leanscaffold verify --save` kept its figures, so
    they say nothing about what is chosen now.
    → Run `leanscaffold verify --save` again."""
    MEASURED_BY_HAND = """measured-by-hand (note):
    what was measured is the image of your own Dockerfile
    `leanscaffold verify --save` built a Dockerfile that you wrote or edited, so its figures say
    nothing about the plan.
    → `leanscaffold lint` uses them; `generate --force` writes the planned Dockerfile."""
    COMPRESSION_READERS = """compression-readers (note, first-screen):
    the device's engine must read zstd
    Layers compressed with zstd are smaller than with gzip, and older engines refuse to pull them.
    → Leave out --compression for devices with an older engine; `deploy` asks the engine itself."""
    TARGET_ASSUMED = """target-assumed (note): this machine's architecture was taken
    Neither --target nor --device was given.
    → Name the device or its architecture: --device raspberry-pi-4, --target arm64."""
    OPTIONS_RECORDED = """options-recorded (note): options of the last run apply
    leanscaffold.json keeps the options that the project's files were made with. They apply where
    the command line, the environment and pyproject.toml say nothing.
    → Nothing; name an option to change it, or give --anew to ignore all of them."""
    DEVICE_ARCH = """device-arch (note): the target is not the device's own
    --target names another architecture than the device's profile; the profile's memory and CPU
    still count.
    → Nothing, if the device runs another system, such as a 32-bit one on a 64-bit board."""
    WOULD_FIT = """would-fit (note): it fits another architecture, or another Python
    The same project fits the 64-bit architecture of the same family, or a Python that an option or
    a file (.python-version, runtime.txt) does not name.
    → Many boards with a 32-bit system can run a 64-bit one; then --target arm64. For a Python, the
    option that the note names."""
    MAY_HAVE_WHEELS = """may-have-wheels (note): another index may have wheels
    Packages would have to be compiled for this target, and an index is known that builds wheels for
    it. Whether it has these packages, and in which versions, was not asked.
    → Plan again with the `--extra-index-url` and `--python` that the note names."""
    SWAP = """swap (suggestion): a lighter package
    Another package does the same, or enough of it, and is smaller.
    → `--swap A=B` takes it; `--apply-swaps` takes all that keep the behaviour."""
    WITH = """with (suggestion): a smaller base with added programs
    A base that is cut to measure was refused only because it lacks programs that the app or its
    packages start. With those and their libraries it is smaller than the chosen one.
    → `--with PROGRAM` adds one. Programs that are started by other means than literal names in the
    sources have to be named as well."""
    SWAP_IDLE = """swap-idle (note): a swap that changed nothing
    --swap names a package that neither the project nor anything it installs asks for.
    → Correct the name before the = sign; a plan lists the packages that are installed."""
    BYTECODE = """bytecode (suggestion): compiled bytecode
    Bytecode beside the sources makes every start faster and the image larger.
    → `--bytecode none` omits it where size matters more than the time to start."""
    PRIVATE_IN_IMAGE = """private-in-image (note): a secret gets into the image
    The project's own ignore file lets a file that usually holds secrets into the image, where
    everybody who has the image can read it.
    → Name the file in the ignore file, and pass it to the container at run time."""
    ARGUMENT_MISSING = """argument-missing (note, first-screen): the start lacks an argument
    Its parser requires an option or a command that nothing in the project says, or its server
    listens on loopback, which nothing outside the container reaches.
    → Say how it starts with `--cmd 'python -m app --data-dir /data --host 0.0.0.0'`."""
    CHECKOUT_INCOMPLETE = """checkout-incomplete (note, first-screen):
    the project is not here in whole
    A file of the project is a pointer of Git LFS, or a submodule's folder is empty: the image would
    have it as it is.
    → Fetch it first: `git lfs pull`, `git submodule update --init --recursive`."""
    BUILD_STEP_LEFT = """build-step-left (note, first-screen): a step of the Dockerfile is not run
    The project's own Dockerfile runs a script of the project, or downloads files: models, data,
    sources of others. Such steps are not run in this image's build.
    → Run the step before the build, so that its files are in the project; download a single file
    with `--fetch-model PATH=URL#sha256=HASH`; or mount the files into the container."""
    PROJECT_NOTE = """project-note (note): something about the project
    Something unexpected was found in the project's files.
    → The text says what it is."""
    FILE_MISSING = """file-missing (stale): a generated file is gone
    The record names a file that leanscaffold wrote, and it is not there.
    → `leanscaffold update` writes it again; `--leave FILE` does without it."""
    INPUT_CHANGED = """input-changed (stale): an input changed
    A file that the plan was made from is not what it was.
    → `leanscaffold update` plans again and shows what changes."""
    INPUT_GONE = """input-gone (stale): an input is gone
    A file that the plan was made from is not there any more.
    → `leanscaffold update` plans from what is there."""
    INPUT_NEW = """input-new (stale): an input is new
    A file is there now that the plan would have read.
    → `leanscaffold update` plans with it."""
    OPTIONS_CHANGED = """options-changed (stale): the options changed
    The options asked for are not those that the files were made with.
    → `leanscaffold update` makes the files with the options of today."""


def _in(group: str) -> frozenset[Code]:
    return frozenset(code for code in Code if group in code.groups)


# Everything resolved, and only a limit that the user set, or would not wait for, is in the way.
LIMITS: Final = _in("limit")
# It rejects no base, and everybody has to read it: it is on the first screen.
NOTES: Final = _in("first-screen")
# It changes nothing for the user: only `plan -v` shows it.
BACKGROUND: Final = _in("background")
# No base helps.
HOPELESS: Final = _in("hopeless")
# It is about a base, before any package is looked at.
OF_BASES: Final = _in("of-bases")
# It holds for every Python on a base: it explains none.
OF_ANY_PYTHON: Final = _in("any-python")
# It is about the project or the target, so that it explains a choice of base.
DECIDING: Final = _in("deciding")
# A package has no file that installs as it is.
WITHOUT_WHEEL: Final = _in("without-wheel")
# A base with a shell or more programs would do.
PROGRAMS: Final = _in("programs")
# It is about where files come from.
OF_FILES: Final = _in("of-files")
# A fact about companions may say it.
COMPANIONS: Final = _in("companion")
