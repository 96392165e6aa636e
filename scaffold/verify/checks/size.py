"""What the image weighs, against budget and prediction, and which part is off."""

from collections.abc import Iterator, Sequence

from scaffold.docker.installed_packages import Installed
from scaffold.model.codes import CheckCode
from scaffold.model.image import Contents
from scaffold.model.target import mega
from scaffold.model.verification import Check, Expectation, Layer, Status, Stored

CODE = CheckCode("""size (check): the image is as large as predicted, and within the limit
    `verify` adds up what the layers hold and compares it with prediction, bound and limit.
    → A size outside of the bound is a bug of leanscaffold: report it with `plan --json`.""")
# What a prediction has to keep, whatever narrower bound it gave itself.
ON_DISK_BOUND = 0.02
DOWNLOAD_BOUND = 0.08
CONTAINERD_BOUND = 0.04
# How far the engine's own count may be from ours: it may round, or count what belongs to no layer.
_ENGINE_BOUND = 0.01
_PACKAGE_BOUND = 0.02
_PACKAGE_SLACK = 20_000  # what installers add: RECORD's bytes, scripts
_MEGA = 1e6
_OFF_SHOWN = 5


def check_size(
    contents: Contents,
    packages: Sequence[Installed],
    promise: Expectation,
    stored: Stored | None = None,
) -> Check:
    """Return whether budget and prediction hold, by the engine's size ``stored``, too, if any."""
    on_disk = sum(layer.on_disk for layer in contents.layers)
    download = sum(layer.download for layer in contents.layers)
    in_blocks = sum(layer.in_blocks for layer in contents.layers)
    problems = [
        *_over_budget(on_disk, download, promise),
        *_off_prediction(on_disk, download, in_blocks, promise),
        *_off_engine(on_disk, download + in_blocks, stored),
    ]
    measured = _measure_parts(contents, packages)
    evidence = (
        *_spell_meanings(on_disk, download, in_blocks, stored),
        *(_spell_layer(number, layer) for number, layer in enumerate(contents.layers)),
        *(_compare_parts(measured, promise) if problems else ()),
        *list(_off_packages(packages, promise))[:_OFF_SHOWN],
        *_compare_trimming(packages, promise),
    )
    figures = (
        ("on_disk_bytes", float(on_disk)),
        ("download_bytes", float(download)),
        ("in_blocks_bytes", float(in_blocks)),
        ("containerd_bytes", float(in_blocks + download)),
        *((("engine_bytes", float(stored.bytes)),) if stored else ()),
        *((f"{label}_bytes", float(size)) for label, size in measured),
        ("trimmed_bytes", float(sum(size for p in packages for _, size in p.taken))),
        *_predicted_figures(promise),
    )
    text = f"{mega(on_disk)} on disk, {mega(download)} to download"
    if promise.size is not None and not problems:
        text += (
            f" (predicted {mega(promise.size.on_disk)}, {mega(promise.size.download)}: "
            f"{_percent(on_disk, promise.size.on_disk)}, "
            f"{_percent(download, promise.size.download)})"
        )
    if not problems:
        return Check(code=CODE, status=Status.PASSED, text=text, evidence=evidence, figures=figures)
    return Check(
        code=CODE,
        status=Status.FAILED,
        text="; ".join(problems),
        evidence=evidence,
        figures=figures,
        hint=_hint(on_disk, download, promise),
    )


def _hint(on_disk: int, download: int, promise: Expectation) -> str:
    if list(_over_budget(on_disk, download, promise)):
        return "`leanscaffold plan --max-size …` lists what would make it smaller"
    return (
        "the facts about the base or a package are not those of what was built: `leanscaffold "
        "generate` again, and `--knowledge` for a base of your own"
    )


def _over_budget(on_disk: int, download: int, promise: Expectation) -> Iterator[str]:
    for what, size, bound in (
        ("on disk", on_disk, promise.budget.on_disk),
        ("to download", download, promise.budget.download),
    ):
        if bound is not None and size > bound:
            yield f"{mega(size)} {what}, {mega(size - bound)} over the budget of {mega(bound)}"


def _off_prediction(
    on_disk: int, download: int, in_blocks: int, promise: Expectation
) -> Iterator[str]:
    size = promise.size
    if size is None:
        return
    both = ("in containerd's store", in_blocks + download, size.containerd, size.containerd_error)
    for what, measured, predicted, error, share in (
        ("on disk", on_disk, size.on_disk, size.error, ON_DISK_BOUND),
        ("to download", download, size.download, size.download_error, DOWNLOAD_BOUND),
        *(((*both, CONTAINERD_BOUND),) if size.in_blocks else ()),
    ):
        if abs(measured - predicted) > max(error, share * predicted):
            yield (
                f"{mega(measured)} {what}, predicted {mega(predicted)} "
                f"({_percent(measured, predicted)})"
            )


def _off_engine(on_disk: int, containerd: int, stored: Stored | None) -> Iterator[str]:
    if stored is None:
        return
    counted = containerd if stored.containerd else on_disk
    if abs(stored.bytes - counted) > _ENGINE_BOUND * counted:
        yield (
            f"the engine says {mega(stored.bytes)} ({stored.name}), its layers make {mega(counted)}"
        )


def _spell_meanings(
    on_disk: int, download: int, in_blocks: int, stored: Stored | None
) -> Iterator[str]:
    """Yield what the size is in each meaning of the word."""
    yield f"classic store: {mega(on_disk)}, the files of all layers"
    yield (
        f"containerd's store: {mega(in_blocks + download)}, layers unpacked in blocks "
        f"({mega(in_blocks)}) and compressed"
    )
    if stored is not None:
        yield f"this engine ({stored.name}) shows {mega(stored.bytes)}"


def _predicted_figures(promise: Expectation) -> Iterator[tuple[str, float]]:
    if promise.size is not None:
        yield "predicted_on_disk_bytes", float(promise.size.on_disk)
        yield "predicted_download_bytes", float(promise.size.download)
        if promise.size.in_blocks:
            yield "predicted_containerd_bytes", float(promise.size.containerd)


def _measure_parts(
    contents: Contents, packages: Sequence[Installed]
) -> tuple[tuple[str, int], ...]:
    """Split the image the way predictions do; the base has what is nobody else's."""
    brought = sum(package.on_disk for package in packages)
    bytecode = sum(package.bytecode for package in packages)
    app = contents.config.workdir.rstrip("/") + "/"
    own = sum(
        file.size for path, file in contents.files.items() if app != "/" and path.startswith(app)
    )
    everything = sum(layer.on_disk for layer in contents.layers)
    return (
        ("base", everything - brought - bytecode - own),
        ("packages", brought),
        ("bytecode", bytecode),
        ("application", own),
    )


def _compare_parts(measured: Sequence[tuple[str, int]], promise: Expectation) -> Iterator[str]:
    if promise.size is None:
        return
    predicted: dict[str, int] = {}
    for label, on_disk, _ in promise.size.parts:
        name = "base" if label == "system packages" else label
        predicted[name] = predicted.get(name, 0) + on_disk
    for label, size in measured:
        if size or predicted.get(label):
            yield f"{label}: {mega(size)}, predicted {mega(predicted.get(label, 0))}"


def _off_packages(packages: Sequence[Installed], promise: Expectation) -> Iterator[str]:
    """Yield the packages that weigh something else than their wheel said, the furthest first.

    Where files were trimmed or sources dropped there is nothing to compare here.
    """
    off = []
    for package in packages:
        predicted = promise.weights.get(package.name)
        whole = (
            not package.trimmed
            and not package.taken
            and any(file.path.endswith(".py") for file in package.files)
        )
        if predicted is None or not whole:
            continue
        difference = package.on_disk - predicted
        if abs(difference) > _PACKAGE_SLACK + _PACKAGE_BOUND * predicted:
            off.append((abs(difference), package.name, package.on_disk, predicted))
    for _, name, size, predicted in sorted(off, reverse=True):
        yield f"{name}: {mega(size)} in the image, {mega(predicted)} by its wheel"


def _compare_trimming(packages: Sequence[Installed], promise: Expectation) -> Iterator[str]:
    """Yield what each rule took out of all packages, beside what was predicted."""
    taken: dict[str, int] = {}
    predicted: dict[str, int] = {}
    for package in packages:
        for rule, size in package.taken:
            taken[rule] = taken.get(rule, 0) + size
        for rule, size in promise.trimmed.get(package.name, {}).items():
            predicted[rule] = predicted.get(rule, 0) + size
    for rule in sorted({*taken, *predicted}, key=lambda rule: (-taken.get(rule, 0), rule)):
        yield (
            f"trimmed {rule}: {mega(taken.get(rule, 0))}, predicted {mega(predicted.get(rule, 0))}"
        )


def _spell_layer(number: int, layer: Layer) -> str:
    return (
        f"layer {number}: {mega(layer.on_disk)} on disk, {mega(layer.download)} to download  "
        f"{layer.made_by}"
    ).rstrip()


def _percent(measured: int, predicted: int) -> str:
    return f"{100 * (measured - predicted) / predicted:+.1f} %" if predicted else "none predicted"
