"""How the image says it wants to be run: user, command, architecture."""

import posixpath
from collections.abc import Iterator

from scaffold.docker.image_fs import real_path
from scaffold.model.codes import CheckCode
from scaffold.model.image import Contents
from scaffold.model.verification import Check, Expectation, Status

CODE = CheckCode("""config (check): user, architecture and command are the planned ones
    `verify` reads the image's configuration and compares it with the plan.
    → Generate again: the image was built from other files than those of the plan.""")
SECRETS_CODE = CheckCode("""secrets (check): no secret in layers, variables or history
    `verify` searches all layers, the configuration and the history for secret files, keys and
    passwords in addresses.
    → Name the file in the ignore file, and pass secrets when the container runs.""")
_PLAN_LABEL = "leanscaffold.plan"
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SHELLS = {"sh", "bash", "ash", "dash"}


def check_config(contents: Contents, promise: Expectation) -> Check:
    """Return whether the image's configuration is what a device can rely on."""
    problems = list(_problems(contents, promise))
    config = contents.config
    remarks = (
        ()
        if dict(config.labels).get(_PLAN_LABEL)
        else (f"no label {_PLAN_LABEL}: not built from a Dockerfile of ours",)
    )
    if problems:
        text, hint = problems[0]
        return Check(
            code=CODE,
            status=Status.FAILED,
            text=text,
            evidence=(*(other for other, _ in problems[1:]), *remarks),
            hint=hint,
        )
    text = f"user {config.user}, {config.arch}, {' '.join(config.argv)[:70]}"
    return Check(code=CODE, status=Status.PASSED, text=text, evidence=remarks)


def _problems(contents: Contents, promise: Expectation) -> Iterator[tuple[str, str]]:
    config = contents.config
    user = config.user.partition(":")[0]
    if config.arch != promise.arch:
        made = config.arch or "an unknown platform"
        yield f"the image is for {made}, the target is {promise.arch}", "build with --platform"
    if user in {"", "0", "root"}:
        yield "it runs as root", "end the Dockerfile with a line such as USER 10001:10001"
    elif not user.isdigit():
        yield (
            f"its user is {user!r}, a name: a cluster cannot tell that it is not root",
            "name the user by number: USER 10001:10001",
        )
    argv = config.argv
    if not argv:
        yield "it has neither CMD nor ENTRYPOINT", 'add CMD ["python", "-m", "your_app"]'
    elif not find_program(contents, argv[0]):
        yield (
            f"its command starts {argv[0]!r}, which is not in the image",
            "name a program in the image, with `leanscaffold plan --cmd`",
        )
    elif posixpath.basename(argv[0]) in _SHELLS and argv[1:2] == ("-c",):
        yield (
            "its command runs in a shell, which does not forward signals to the app",
            'write CMD as a list: CMD ["python", "-m", "your_app"]',
        )


def find_program(contents: Contents, name: str) -> str:
    """Return the path of a program as the engine looks it up, empty if there is none."""
    config = contents.config
    if "/" in name:
        places = [posixpath.normpath(posixpath.join(config.workdir, name))]
    else:
        path = dict(config.environment).get("PATH", _DEFAULT_PATH)
        places = [posixpath.join(folder, name) for folder in path.split(":") if folder]
    return next((place for place in places if real_path(contents.files, place)), "")


def check_secrets(contents: Contents) -> Check:
    """Return whether somebody who pulls the image gets a secret with it."""
    if contents.suspects:
        lines = tuple(f"{suspect.where}: {suspect.what}" for suspect in contents.suspects)
        return Check(
            code=SECRETS_CODE,
            status=Status.FAILED,
            text=lines[0],
            evidence=lines[1:],
            hint="remove the secret and replace it, as it is no longer secret; pass secrets to "
            "builds with RUN --mount=type=secret, apps from variables or files at run time",
        )
    count = len(contents.layers)
    text = f"none found in {count} layers, variables and history"
    return Check(code=SECRETS_CODE, status=Status.PASSED, text=text)
