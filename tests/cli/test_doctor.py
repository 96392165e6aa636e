import json

from scaffold.docker.doctor import Finding, Health
from tests.cli.outside import make_outside, run

WELL = Finding(part="engine", health=Health.WELL, text="Docker Engine 29.0")
WEAK = Finding(part="disk", health=Health.WEAK, text="3 GB free", remedy="docker builder prune")
BROKEN = Finding(part="buildx", health=Health.BROKEN, text="none", remedy="apt-get install it")


def test_what_is_broken_is_shown_with_what_mends_it_and_ends_with_one() -> None:
    outside = make_outside(check_up=lambda _: (WELL, WEAK, BROKEN))
    result = run("doctor", outside=outside)
    assert result.exit_code == 1
    for said in ("✓", "✗", "apt-get install it", "docker builder prune", "Broken: buildx"):
        assert said in result.stdout
    document = json.loads(run("doctor", "--json", outside=outside).stdout)
    assert document["well"] is False
    assert [one["health"] for one in document["findings"]] == ["well", "weak", "broken"]


def test_what_only_gets_in_the_way_is_no_failure() -> None:
    outside = make_outside(check_up=lambda _: (WELL, WEAK))
    result = run("doctor", outside=outside)
    assert (result.exit_code, "All is well" in result.stdout) == (0, True)
    assert json.loads(run("doctor", "--json", outside=outside).stdout)["well"] is True
