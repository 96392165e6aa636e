"""``leanscaffold init``: a few questions, a preview, then what ``generate`` writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from scaffold.cli.init_run import run_init
from scaffold.cli.init_session import InitOptions, Session
from scaffold.cli.request import with_given
from scaffold.cli.services import Services
from scaffold.config.option_sources import Given
from scaffold.model.errors import UsageError


@with_given
def init(
    outside: Services,
    given: Mapping[str, Given],
    path: Path,
    *,
    template: str | None,
    answer: tuple[str, ...],
    trust: bool,
    yes: bool,
    force: bool,
    quiet: bool,
) -> int:
    """Set up the project in PATH, or begin one where PATH is empty."""
    wishes = InitOptions(
        template=template or "",
        answers=_read_answers(answer),
        trusted=trust,
        yes=yes,
        force=force,
        quiet=quiet,
    )
    return run_init(Session(outside=outside, path=path, given=given, wishes=wishes))


def _read_answers(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--answer: {name!r} has no value", hint="--answer NAME=VALUE")
    return {name: value for name, _, value in pairs}
