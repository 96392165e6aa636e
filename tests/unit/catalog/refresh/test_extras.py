import pytest

from scaffold.catalog.refresh.extras import require
from scaffold.model.errors import UsageError


def test_what_is_not_installed_is_named_with_the_command_that_installs_it() -> None:
    require("json", "an export is read with json", lambda _: object())
    with pytest.raises(UsageError) as caught:
        require("duckdb", "an export is read with DuckDB", lambda _: None)
    assert caught.value.cause == "an export is read with DuckDB, which is not installed"
    assert "leanscaffold[knowledge]" in caught.value.hint
