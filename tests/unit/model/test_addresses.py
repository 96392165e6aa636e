import pytest

from scaffold.model.addresses import has_token, mask_credentials, without_credentials


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
    ],
)
def test_what_is_secret_in_an_address_goes(url: str, bare: str, token: bool) -> None:  # noqa: FBT001
    assert without_credentials(url) == bare
    assert has_token(url) is token


def test_the_secrets_of_a_text_are_masked() -> None:
    text = "see https://me:pw@index.example/simple and https://index.example/a?token=a&key=b#c"
    masked = "see https://***@index.example/simple and https://index.example/a?token=***&key=***#c"
    assert mask_credentials(text) == masked
