from tools.audit import list_dependencies


def test_what_is_asked_for_is_listed_once_with_its_licence() -> None:
    listed = list(list_dependencies())
    known = {one.name: one for one in listed}
    assert len(known) == len(listed)
    assert known["click"].by == "leanscaffold"
    assert known["click"].licence == "BSD-3-Clause"
    assert {one.name for one in listed if one.copyleft} == {"text-unidecode"}
