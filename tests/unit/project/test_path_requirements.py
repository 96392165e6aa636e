from dataclasses import replace

from scaffold.project.path_requirements import list_indexed
from tests.support.builders import make_project
from tests.support.worlds import ask


def test_no_index_learns_the_name_of_a_package_that_lies_in_the_project() -> None:
    local = replace(ask("shared-core")[0], path="shared")
    project = replace(make_project(), asked=(*ask("flask", "shared-core>=1"), local))
    assert list_indexed(project) == ["flask"]
