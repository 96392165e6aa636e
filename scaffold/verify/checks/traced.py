"""What was traced comes to the same in an image that leaves out the rest."""

from collections.abc import Iterator, Sequence

from scaffold.model.codes import Code
from scaffold.model.run import TracedRun, TraceResult, TraceScenario
from scaffold.model.verification import Check, Status

CODE = Code.TRACED


def check_traced(runs: Sequence[TracedRun], sightings: Sequence[TraceResult]) -> Check:
    """Return whether the runs of a trace end and answer as they did when they were traced."""
    differing = tuple(compare_runs(runs, sightings))
    if differing:
        return Check(
            code=CODE,
            status=Status.FAILED,
            text=differing[0],
            evidence=differing[1:],
            hint="trace again (leanscaffold trace), or keep more: --traced safe, --traced none",
        )
    requests = sum(len(run.answers) for run in runs)
    noun = "run comes" if len(runs) == 1 else "runs come"
    return Check(
        code=CODE,
        status=Status.PASSED,
        text=f"{len(runs)} traced {noun} to the same, with {requests} answers",
        evidence=tuple(name_exercise(run) for run in runs),
    )


def compare_runs(runs: Sequence[TracedRun], sightings: Sequence[TraceResult]) -> Iterator[str]:
    """Yield how runs ended otherwise than when they were traced."""
    for run, seen in zip(runs, sightings, strict=True):
        what = name_exercise(run)
        if seen.refused:
            yield f"{what}: {seen.refused}"
        elif (seen.code if seen.ended else None) != run.code:
            last = "; ".join(seen.log.strip().splitlines()[-1:])
            yield f"{what} ended with {seen.code}, traced it was {run.code}: {last}"
        elif seen.answers != run.answers:
            yield f"{what} answered {list(seen.answers)}, traced it was {list(run.answers)}"


def name_exercise(exercise: TraceScenario) -> str:
    """Return an exercise in a few words."""
    if exercise.source:
        return exercise.source
    return " ".join(exercise.command) or "the app's own start"
