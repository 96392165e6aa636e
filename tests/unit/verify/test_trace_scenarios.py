import pytest

from scaffold.model.errors import UsageError
from scaffold.model.run import Request
from scaffold.verify.trace import list_exercises, parse_script

JSON = (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("GET /items/3", Request(method="GET", path="/items/3")),
        (
            'POST /x {"json": [1]}',
            Request(method="POST", path="/x", headers=JSON, body=b'{"json": [1]}'),
        ),
        ("POST /x [1]", Request(method="POST", path="/x", headers=JSON, body=b"[1]")),
        (
            "GET /x Accept: text/html; X-Key: a b",
            Request(method="GET", path="/x", headers=(("Accept", "text/html"), ("X-Key", "a b"))),
        ),
        (
            "PUT /n Content-Type: text/plain | buy {milk}",
            Request(
                method="PUT",
                path="/n",
                headers=(("Content-Type", "text/plain"),),
                body=b"buy {milk}",
            ),
        ),
    ],
)
def test_a_line_is_a_request(line: str, request_: Request) -> None:
    assert parse_script(f"# first\n\n{line}\n", "a.http") == (request_,)


def test_every_bad_line_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        parse_script("GET /\nget /x\nPOST /x {bad\nGET /x what\n", "a.http")
    assert [(one.file, one.line) for one in caught.value.details] == [
        ("a.http", 2),
        ("a.http", 3),
        ("a.http", 4),
    ]


def test_a_script_without_requests_is_an_error() -> None:
    with pytest.raises(UsageError, match="holds no request"):
        parse_script("# nothing\n", "a.http")


def test_without_a_command_the_app_itself_is_run() -> None:
    (only,) = list_exercises([], [], port=8000, health="/health")
    assert (only.command, only.port, only.health) == ((), 8000, "/health")


def test_commands_are_split_into_words_and_scripts_ask_the_app() -> None:
    requests = (Request(method="GET", path="/"),)
    command, script = list_exercises(
        ["python report.py 'last week'"], [("a.http", requests)], port=80, health=""
    )
    assert command.command == ("python", "report.py", "last week")
    assert command.port is None
    assert (script.port, script.requests, script.source) == (80, requests, "a.http")


@pytest.mark.parametrize("command", ["", "python 'x"])
def test_what_is_no_command_is_an_error(command: str) -> None:
    with pytest.raises(UsageError):
        list_exercises([command], [], port=None, health="")


def test_requests_need_a_port() -> None:
    with pytest.raises(UsageError) as caught:
        list_exercises([], [("a.http", ())], port=None, health="")
    assert "--port" in caught.value.hint
