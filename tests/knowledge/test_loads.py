"""Every load that somebody wrote down is tried in an image, without the fact and with it."""

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from tests.engine.test_loads import OTHERS, SMALL


def test_each_library_opened_by_name_and_each_program_has_a_test_image() -> None:
    facts = load_facts(knowledge()).packages
    noted = {name for name, fact in facts.items() if fact.dlopens or fact.programs}
    assert noted == {*SMALL, *OTHERS}
