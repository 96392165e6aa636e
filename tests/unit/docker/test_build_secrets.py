import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from scaffold.docker.build import (
    build_secrets,
    proxy_arguments,
    read_certificates,
    spell_settings,
)
from scaffold.index.configuration import IndexConfig, read_pip_settings
from scaffold.model.errors import ConfigInvalidError

ONE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
TWO = "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----\nCCCC\n-----END PRIVATE KEY-----"


def nobody(_: str) -> None:
    """Know no password."""


def config(url: str = "https://index.example/simple", **more: object) -> IndexConfig:
    origin = more.pop("origin", "pip's configuration")
    values = {"index_url": url, "origins": ((url, origin),), **more}
    return IndexConfig(**values)  # type: ignore[arg-type]


def test_secrets_are_files_for_this_user_only_and_gone_afterwards(tmp_path: Path) -> None:
    cert = tmp_path / "ca.pem"
    cert.write_text(ONE)
    with build_secrets(config(cert=str(cert)), credentials=nobody) as secrets:
        assert [secret.id for secret in secrets] == ["ca", "pip_conf"]
        for secret in secrets:
            assert stat.S_IMODE(Path(secret.path).stat().st_mode) == 0o600
            assert stat.S_IMODE(Path(secret.path).parent.stat().st_mode) == 0o700
    assert not any(Path(secret.path).exists() for secret in secrets)


def test_secrets_are_gone_after_an_interrupt_too() -> None:
    stack = ExitStack()
    secrets = stack.enter_context(build_secrets(config(), credentials=nobody))
    with pytest.raises(KeyboardInterrupt), stack:
        raise KeyboardInterrupt
    assert not Path(secrets[0].path).parent.exists()


def test_pips_own_default_needs_no_settings_and_no_certificates_no_secret() -> None:
    with build_secrets(config(origin="pip's default"), credentials=nobody) as secrets:
        assert secrets == ()


def test_settings_name_everything_that_the_build_needs() -> None:
    settings = config(
        extra_index_urls=("https://a.example/s", "https://b.example/s"),
        trusted_hosts=("a.example",),
        proxy="http://proxy.example:3128",
        timeout=60.0,
    )
    assert spell_settings(settings, nobody) == (
        "[global]\n"
        "index-url = https://index.example/simple\n"
        "extra-index-url = https://a.example/s\n    https://b.example/s\n"
        "trusted-host = a.example\n"
        "proxy = http://proxy.example:3128\n"
        "timeout = 60\n"
    )


def test_pip_itself_reads_back_what_was_written(tmp_path: Path) -> None:
    urls = ("https://u:50%25@a.example/s", "https://b.example/s")
    file = tmp_path / "pip.conf"
    file.write_text(spell_settings(config(extra_index_urls=urls), nobody))
    read = read_pip_settings({"PIP_CONFIG_FILE": str(file), "HOME": str(tmp_path)})
    assert tuple(read["global.extra-index-url"].split()) == urls
    assert read["global.index-url"] == "https://index.example/simple"


def test_a_password_from_elsewhere_is_added_and_quoted() -> None:
    text = spell_settings(config(), lambda _: ("me@work", "p/a:s s%"))
    assert "index-url = https://me%40work:p%2Fa%3As%20s%25@index.example/simple\n" in text


def test_an_address_that_has_a_password_keeps_it() -> None:
    url = "https://u:p@index.example/simple"
    assert url in spell_settings(config(url), lambda _: ("other", "word"))


@pytest.mark.parametrize("url", ["https://index.example/a b", "https://x.example/\ntrusted-host=*"])
def test_an_address_that_would_add_a_setting_is_refused(url: str) -> None:
    with pytest.raises(ConfigInvalidError, match="blank or line break"):
        spell_settings(config(extra_index_urls=(url,)), nobody)


def test_a_bundle_keeps_each_certificate_once_and_no_private_key(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(f"# A\n{ONE}\n{KEY}\n{TWO}\n{ONE}\n")
    assert read_certificates(file) == f"{ONE}\n{TWO}\n"


def test_a_folder_of_certificates_is_joined(tmp_path: Path) -> None:
    (tmp_path / "b.pem").write_text(TWO)
    (tmp_path / "a.pem").write_text(ONE)
    (tmp_path / "sub").mkdir()
    assert read_certificates(tmp_path) == f"{ONE}\n{TWO}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("no certificate", "there is no certificate"),
        (KEY, "there is no certificate"),
    ],
)
def test_a_file_without_certificates_is_an_error(
    tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigInvalidError, match=words):
        read_certificates(file)


def test_more_than_a_build_can_be_given_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("\n".join(ONE.replace("AAAA", f"{n:060}") for n in range(5000)))
    with pytest.raises(ConfigInvalidError, match="a build secret holds 512000"):
        read_certificates(file)


def test_only_proxies_that_are_set_are_handed_on() -> None:
    environ = {"https_proxy": "http://p.example", "HTTP_PROXY": "", "NO_PROXY": "a", "PATH": "/"}
    assert proxy_arguments(environ) == ("https_proxy", "NO_PROXY")
