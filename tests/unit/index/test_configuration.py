import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.index.configuration import read_index_config, redact
from scaffold.model.errors import ConfigInvalidError
from scaffold.model.project import IndexOptions

PIP = {
    "global.index-url": "https://global.index.example/simple",
    ":env:.index-url": "https://env.index.example/simple",
    "global.extra-index-url": "https://one.index.example/simple\nfile:///opt/more",
}


def test_options_win_over_uv_and_uv_over_pip(tmp_path: Path) -> None:
    env = {"UV_DEFAULT_INDEX": "https://uv.index.example/simple"}
    options = IndexOptions(index_url="https://option.index.example/simple")
    chosen = read_index_config(env, project=tmp_path, options=options, pip_settings=lambda _: PIP)
    assert chosen.index_url == "https://option.index.example/simple"
    by_uv = read_index_config(env, pip_settings=lambda _: PIP)
    assert by_uv.index_url == "https://uv.index.example/simple"
    assert by_uv.origins[0] == ("https://uv.index.example/simple", "uv's environment variables")


def test_pips_variable_wins_over_pips_file() -> None:
    config = read_index_config({}, pip_settings=lambda _: PIP)
    assert config.index_url == "https://env.index.example/simple"


def test_an_index_in_a_folder_is_left_out_with_a_remark() -> None:
    config = read_index_config({}, pip_settings=lambda _: PIP)
    assert config.extra_index_urls == ("https://one.index.example/simple",)
    assert any("file:///opt/more" in remark for remark in config.remarks)


def test_the_projects_uv_settings_name_default_and_additional_indexes(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.uv.index]]\nname = "a"\nurl = "https://a.index.example/simple"\n'
        '[[tool.uv.index]]\nurl = "https://b.index.example/simple"\ndefault = true\n'
        '[[tool.uv.index]]\nurl = "https://c.index.example/simple"\nexplicit = true\n'
    )
    config = read_index_config({}, project=tmp_path, pip_settings=lambda _: {})
    assert config.urls == ("https://b.index.example/simple", "https://a.index.example/simple")


def test_named_indexes_in_uvs_variable_lose_their_names() -> None:
    env = {"UV_INDEX": "mine=https://a.index.example/simple https://b.index.example/?x=1"}
    config = read_index_config(env, pip_settings=lambda _: PIP)
    assert config.extra_index_urls == (
        "https://a.index.example/simple",
        "https://b.index.example/?x=1",
    )


def test_without_any_setting_the_index_is_pips_own_default() -> None:
    config = read_index_config({}, pip_settings=lambda _: {})
    assert config.index_url.startswith("https://")
    assert config.origins[0][1] == "pip's default"


def test_no_index_leaves_nothing_to_ask() -> None:
    config = read_index_config({}, options=IndexOptions(no_index=True), pip_settings=lambda _: PIP)
    assert config.urls == ()


def test_credentials_show_nowhere_but_in_the_urls() -> None:
    settings = {"global.index-url": "https://me:s3cret@index.example/simple?token=s3cret"}
    config = read_index_config({}, pip_settings=lambda _: settings)
    assert "s3cret" in config.index_url
    assert "s3cret" not in str(config.origins + config.remarks)
    assert redact(config.index_url) == "https://index.example/simple"


def test_an_address_of_the_project_gets_the_credentials_that_the_user_has_for_it() -> None:
    settings = {":env:.index-url": "https://me:s3cret@index.example/simple"}
    for url, asked in (
        ("https://index.example/simple", settings[":env:.index-url"]),
        ("https://you@index.example/simple", "https://you@index.example/simple"),
        ("https://index.example/other", "https://index.example/other"),
        ("https://another.example/simple", "https://another.example/simple"),
    ):
        options = IndexOptions(index_url=url, extra_index_urls=(url,))
        config = read_index_config({}, options=options, pip_settings=lambda _: settings)
        assert config.urls == (asked,)
        assert config.origins[0] == (redact(url), "options")


def test_certificates_come_from_pip_then_requests_then_openssl() -> None:
    env = {"SSL_CERT_FILE": "/c", "REQUESTS_CA_BUNDLE": "/b"}
    assert read_index_config(env, pip_settings=lambda _: {}).cert == "/b"
    assert read_index_config({**env, "PIP_CERT": "/a"}, pip_settings=lambda _: {}).cert == "/a"
    assert read_index_config({"SSL_CERT_FILE": "/c"}, pip_settings=lambda _: {}).cert == "/c"


def test_a_broken_uv_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text("index-url = [")
    with pytest.raises(ConfigInvalidError) as caught:
        read_index_config({}, project=tmp_path, pip_settings=lambda _: {})
    assert caught.value.details[0].file == "uv.toml"


def test_a_timeout_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ConfigInvalidError, match="soon"):
        read_index_config({}, pip_settings=lambda _: {"global.timeout": "soon"})


def test_pips_configuration_file_is_read_by_pip_itself(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file.index.example/simple\n")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    program = (
        "import os; from scaffold.index.configuration import read_index_config as read;"
        "print(read(os.environ).index_url)"
    )
    for extra, expected in (
        ({}, "https://file.index.example/simple"),
        ({"PIP_INDEX_URL": "https://env.index.example/simple"}, "https://env.index.example/simple"),
    ):
        env = {**clean, "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), **extra}
        done = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


def test_an_address_without_its_token_is_the_one_that_the_user_has_with_it() -> None:
    full = "https://index.example/aB3dE6gH9jK2mN5p/simple"
    options = IndexOptions(index_url=redact(full))
    config = read_index_config({"PIP_INDEX_URL": full}, options=options)
    assert (config.index_url, config.origins[0][0]) == (full, redact(full))
    assert "aB3d" not in redact(full)
