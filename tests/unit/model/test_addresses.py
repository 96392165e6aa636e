import pytest

from scaffold.model.addresses import has_token, mask_credentials, without_credentials

_I = "https://index.example"
_PLAIN = (  # revisions, hashes, numbers of projects, names
    "0123456789abcdef0123456789abcdef01234567",
    "api/v4/projects/123456789/packages/pypi",
    "7c9e6679-7425-40de-944b-e07fc1f90ae7/_packaging/feed/pypi",
    "whl/manylinux2014-x86-64-cu121-torch2.3.0",
    "ArtifactoryProductionReleases",
)


@pytest.mark.parametrize(
    ("url", "bare", "token"),
    [
        ("https://index.example/simple", "https://index.example/simple", False),
        ("https://me:pw@index.example/simple", "https://index.example/simple", False),
        ("https://index.example/simple?token=abc", "https://index.example/simple", True),
        (
            "https://index.example/a.whl?x=1&api_key=k#egg=a",
            "https://index.example/a.whl?x=1#egg=a",
            True,
        ),
        ("https://files.example/a.whl?X-Amz-Signature=s", "https://files.example/a.whl", True),
        ("https://index.example/a.whl?download=1", "https://index.example/a.whl?download=1", False),
        ("https://index.example/aB3dE6gH9jK2mN5p/own/simple/", f"{_I}/***/own/simple/", True),
        ("https://index.example/t/x7f9k2m4p8q1w3e5r6t0/simple", f"{_I}/t/***/simple", True),
        ("https://index.example/glpat-aaaaaaaaaaaaaaaaaaaa/simple", f"{_I}/***/simple", True),
        *((f"{_I}/{path}/simple", f"{_I}/{path}/simple", False) for path in _PLAIN),
    ],
)
def test_what_is_secret_in_an_address_goes(url: str, bare: str, token: bool) -> None:  # noqa: FBT001
    assert without_credentials(url) == bare
    assert has_token(url) is token


def test_the_secrets_of_a_text_are_masked() -> None:
    text = "see https://me:pw@index.example/simple and https://index.example/a?token=a&key=b#c"
    text += " https://index.example/aB3dE6gH9jK2mN5p/simple"
    masked = "see https://***@index.example/simple and https://index.example/a?token=***&key=***#c"
    masked += " https://index.example/***/simple"
    assert mask_credentials(text) == masked
