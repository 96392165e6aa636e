"""Which bases a comparison builds: those named, or the best of each family that fits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.version import Version

from scaffold.model.verdict import Accepted, Decision, Evaluation, Rejected
from scaffold.planner.select import choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place in the line-up: a base that fits, or the reason why none does.

    ``asked`` is the family or id as the user wrote it, or the id of the base.
    """

    asked: str
    fits: Accepted | None
    refused: str = ""


def line_up(decision: Decision, names: Sequence[str], objective: str) -> tuple[Place, ...]:
    """Return one place per name, in order; each once, even where names mean the same base.

    Without names: the chosen base, then the best of every other family that fits, the smallest
    first. All have the chosen base's Python where that is possible.
    """
    if names:
        places = [_place(decision, name, objective) for name in dict.fromkeys(names)]
        return tuple({_key(place): place for place in reversed(places)}.values())[::-1]
    families = dict.fromkeys(verdict.base.family for verdict in decision.verdicts)
    best = [_best(decision, family, objective) for family in families]
    found = [fits for fits in best if fits is not None and fits.base != _chosen_base(decision)]
    if decision.chosen is not None:
        chosen = decision.chosen
        found = [one for one in found if one.base.family != chosen.base.family]
        found = [chosen, *sorted(found, key=lambda one: (one.size.on_disk, one.base.id))]
    return tuple(Place(asked=fits.base.id, fits=fits) for fits in found)


def pick_python(decision: Decision, asked: str) -> str:
    """Return the Python that a Dockerfile by hand would name, empty where there is none.

    The one asked for or chosen; else the newest that a base came furthest with.
    """
    if asked:
        return asked
    if decision.chosen is not None:
        return decision.chosen.python
    known = [v for v in decision.verdicts if v.python]
    far = [v for v in known if isinstance(v, Accepted) or v.candidate is not None] or known
    return max((verdict.python for verdict in far), key=Version, default="")


def _place(decision: Decision, name: str, objective: str) -> Place:
    fits = _best(decision, name, objective)
    if fits is not None:
        return Place(asked=name, fits=fits)
    rejected = [v for v in _named(decision.verdicts, name) if isinstance(v, Rejected)]
    python = pick_python(decision, "")
    rejected.sort(key=lambda v: (v.candidate is not None, v.python == python))
    reason = rejected[-1].reasons[0].text if rejected else "no such base is known for this target"
    return Place(asked=name, fits=None, refused=f"the plan refuses it: {reason}")


def _best(decision: Decision, name: str, objective: str) -> Accepted | None:
    named = [
        verdict for verdict in _named(decision.verdicts, name) if isinstance(verdict, Accepted)
    ]
    chosen = decision.chosen
    if chosen in named:
        return chosen
    same = [one for one in named if chosen is not None and one.python == chosen.python]
    (best,), _ = choose([same or named], objective)
    return best


def _named(verdicts: Iterable[Evaluation], name: str) -> tuple[Evaluation, ...]:
    return tuple(one for one in verdicts if name in {one.base.id, one.base.family})


def _chosen_base(decision: Decision) -> object:
    return decision.chosen.base if decision.chosen is not None else None


def _key(place: Place) -> object:
    return place.asked if place.fits is None else (place.fits.base.id, place.fits.python)
