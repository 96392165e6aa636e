"""What is said where nothing can satisfy the requirements: why, and what to do next."""

from dataclasses import replace

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.codes import Code
from scaffold.model.errors import UnresolvableError
from scaffold.model.knowledge import ModuleFact
from scaffold.model.resolution import Reason
from scaffold.model.verdict import Rejected
from scaffold.planner.decide import check_satisfiable
from tests.support.builders import CHECKED
from tests.support.dockerfiles import PROJECT
from tests.support.worlds import World
from tests.unit.planner.test_decide import decided, facts_of, slim
from tests.unit.resolver.test_versions import Foreign


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (Code.REQUIREMENTS_UNKNOWN, "--build-metadata"),
        (Code.VERSION_CONFLICT, "loosen"),
        (Code.UNKNOWN_PACKAGE, "correct the name"),
    ],
)
def test_the_hint_suits_why_nothing_can_be_resolved(code: Code, hint: str) -> None:
    reason = Reason(code=code, text="no", package="a")
    verdict = Rejected(base=slim(), python="3.13", reasons=(reason,))
    with pytest.raises(UnresolvableError) as caught:
        check_satisfiable(PROJECT, [[verdict]], offline=False)
    assert hint in caught.value.hint


def test_who_has_a_package_that_no_index_knows_is_named() -> None:
    made = ModuleFact(elsewhere="its maker builds it", source="none", checked=CHECKED)
    facts = replace(facts_of(slim()), modules={"vendor_kit": made})
    with pytest.raises(UnresolvableError) as caught:
        decided(World(), "vendor-kit", "other-kit", facts=facts)
    texts = [detail.text for detail in caught.value.details]
    assert [text for text in texts if "maker" in text] == ["vendor-kit: its maker builds it"]


@pytest.mark.parametrize(
    "name", ["onnxruntime-directml", "onnxruntime-silicon", "tensorflow-macos", "tensorflow-intel"]
)
def test_what_does_the_same_as_a_package_of_another_system_is_named(name: str) -> None:
    facts = replace(facts_of(slim()), packages=load_facts(knowledge()).packages)
    with pytest.raises(UnresolvableError) as caught:
        decided(Foreign(), name, facts=facts)
    swaps = [one.text for one in caught.value.details if "--swap" in one.text]
    assert len(swaps) == 1
    assert swaps[0].startswith(f"--swap {name}={name.partition('-')[0]}: keeps the same import")
