"""What to run after ``plan`` and ``generate``."""

import posixpath
import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from scaffold.config.request import to_argv, value_of, without_secrets
from scaffold.dockerfile.extras import FILES
from scaffold.model.codes import BACKGROUND, Code
from scaffold.model.options import DOCKERFILE, SETTINGS, Request
from scaffold.model.plan import BESIDE, file_option
from scaffold.report.plan_result import (
    PlanResult,
    best_per_base,
    find_nearest,
    find_rescue,
    find_shortfall,
)
from scaffold.report.terminal import Content, indented, styled

_MEGABYTE = 10**6
_TELLING = (
    *(Code.NO_WHEEL, Code.LOCKED_VERSION_NO_WHEEL, Code.VERSION_CONFLICT, Code.UNKNOWN_PACKAGE),
    *(
        Code.OVER_BUDGET,
        Code.OVER_DOWNLOAD,
        Code.NO_ROOM_TO_UPDATE,
        Code.GLIBC_TOO_OLD,
        Code.LIBRARY_UNAVAILABLE,
        Code.COMPILE_TOO_SLOW,
    ),
    *(
        Code.COMPILE_NEEDED,
        Code.COMPILE_UNKNOWN,
        Code.NEEDS_LIBRARY,
        Code.NEEDS_PROGRAM,
        Code.NEEDS_SHELL,
        Code.MEMORY_TIGHT,
    ),
    *(Code.PYTHON_NOT_ADMISSIBLE, Code.ARCH_UNSUPPORTED),
)


def show_next(outcome: PlanResult, folder: str) -> Content:
    """Yield what to run next."""
    yield styled("Next", "bold")
    for step in _next_steps(outcome, folder):
        yield indented(step, 2)


def _next_steps(outcome: PlanResult, folder: str) -> Iterator[str]:
    platforms = ",".join(target.arch.platform for target in outcome.targets)
    here = shlex.quote(folder)
    if outcome.fits and all(outcome.files.values()):
        yield f"leanscaffold build {here}"
        image, options = _image_name(outcome), outcome.request.options
        file = file_option(replace(options, dockerfile=posixpath.join(folder, options.dockerfile)))
        file = file if options.dockerfile != DOCKERFILE else ""
        yield f"or: docker buildx build --platform {platforms} -t {image} {file}{here}"
        yield f"leanscaffold verify {here}  # builds and runs it within the device's limits"
    elif outcome.fits:
        yield generate_command(outcome.request, folder)
    elif rescue := rescue_options(outcome):
        yield generate_command(outcome.request, folder, rescue)
    elif wider := _widen_limits(outcome):
        reason = "if an update may fail half-way" if wider.remove_old else "with larger limits"
        yield f"{generate_command(wider, folder)}  # {reason}"
    if outcome.fits:
        return
    if code := _telling_code(outcome):
        yield f"leanscaffold explain {code}"
    else:
        yield "leanscaffold devices lists what other devices offer"


def _widen_limits(outcome: PlanResult) -> Request | None:
    """Return the request with limits that admit what misses them least, if any limits do."""
    request = outcome.request
    for target, decision in zip(outcome.targets, outcome.decisions, strict=True):
        nearest, budget = find_nearest(decision), target.budget
        if decision.chosen:
            continue
        if nearest is None or nearest.size is None:
            return None
        size, codes = nearest.size, {reason.code for reason in nearest.reasons}
        if Code.OVER_BUDGET in codes:
            most = max(request.max_size or 0, _round_up(size.on_disk + size.error))
            request = replace(request, max_size=most)
        if Code.OVER_DOWNLOAD in codes:
            most = max(request.max_download or 0, _round_up(size.download + size.download_error))
            request = replace(request, max_download=most)
        if Code.NO_ROOM_TO_UPDATE in codes and size.containerd <= (budget.storage or 0):
            request = replace(request, remove_old=True)
        elif codes - {Code.OVER_BUDGET, Code.OVER_DOWNLOAD}:
            return None
    return request


def _round_up(size: int) -> int:
    return -(-size // _MEGABYTE) * _MEGABYTE


def rescue_options(outcome: PlanResult) -> tuple[str, ...]:
    """Return the options with which something fits, such as ``--swap a=b``; none if none would."""
    if outcome.fits:
        return ()
    rescues = [
        find_rescue(decision.savings, find_shortfall(decision, target))
        for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
        if not decision.chosen
    ]
    if not all(rescues):
        return ()
    return tuple(dict.fromkeys(saving.option for rescue in rescues for saving in rescue))


def generate_command(request: Request, folder: str, more: Iterable[str] = ()) -> str:
    """Return the command that writes the files; what held something secret is only named."""
    added = [word for option in more for word in option.split(" ", 1)]
    open_ = without_secrets(request)
    hidden = [s.flag for s in SETTINGS if value_of(request, s) != value_of(open_, s)]
    told = [word for word in to_argv(open_) if word.partition("=")[0] not in hidden]
    command = shlex.join(["leanscaffold", "generate", folder, *told, *added])
    return f"{command} with the same {', '.join(hidden)}" if hidden else command


def beside_command(names: Collection[str], request: Request, folder: str) -> str:
    """Return the command that writes beside the user's files of these names, if one does."""
    taken = {request.options.dockerfile, *(file for _, file in FILES.values())}
    plain = {name.format(name="", suffix="") for name in taken if "{name}" not in name}
    if request.options.dockerfile != DOCKERFILE or not plain.issuperset(names):
        return ""
    beside = replace(request, options=replace(request.options, dockerfile=BESIDE))
    return generate_command(beside, folder)


def _telling_code(outcome: PlanResult) -> str:
    """Return the reason code that is most worth an explanation: of the nearest, of every base."""
    nearest = next(filter(None, map(find_nearest, outcome.decisions)), None)
    if nearest:
        return nearest.reasons[0].code
    found = [
        [reason.code for reason in verdict.reasons if reason.code not in BACKGROUND]
        for decision in outcome.decisions
        if not decision.chosen
        for verdict in best_per_base(decision)
    ]
    told = [codes for codes in found if codes]
    if not told:
        return ""
    everywhere = [code for code in told[0] if all(code in codes for codes in told)]
    codes = everywhere or [code for codes in told for code in codes]
    return next((code for code in _TELLING if code in codes), codes[0])


def _image_name(outcome: PlanResult) -> str:
    name = "".join(
        letter if letter.isalnum() and letter.isascii() else "-"
        for letter in outcome.project.name.value.lower()
    )
    return name.strip("-") or "app"
