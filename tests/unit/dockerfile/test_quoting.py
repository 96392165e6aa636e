import pytest
import yaml

from scaffold.dockerfile.quoting import yaml_key


@pytest.mark.parametrize(
    "name",
    ["109", "1e3", "0x1f", "null", "yes", "no", "on", "true", "1.5", "2026-11-29", "y"],
)
def test_a_name_stays_a_text_in_yaml(name: str) -> None:
    assert yaml.safe_load(f"{yaml_key(name)}:\n  image: x\n") == {name: {"image": "x"}}
