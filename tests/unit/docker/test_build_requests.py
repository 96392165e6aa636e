import pytest

from scaffold.docker.build import apart, make_orders, split_tag
from scaffold.model.build import BuildOptions, BuildRequest
from scaffold.model.errors import UsageError
from scaffold.model.plan import default_name
from scaffold.model.target import Arch

BOTH = (Arch.AMD64, Arch.ARM_V7)


def order(wishes: BuildOptions, *arches: Arch, project: str = "My App") -> tuple[BuildRequest, ...]:
    return make_orders(
        wishes, arches or BOTH, project=project, context="/p", dockerfile="/p/Dockerfile"
    )


@pytest.mark.parametrize(
    ("tag", "arches", "push", "tags"),
    [
        ("", (Arch.ARM64,), False, ["my-app:latest"]),
        ("", BOTH, False, ["my-app:amd64", "my-app:armv7"]),
        ("app:1.2", BOTH, False, ["app:1.2-amd64", "app:1.2-armv7"]),
        (
            "r.example:5000/app",
            BOTH,
            False,
            ["r.example:5000/app:amd64", "r.example:5000/app:armv7"],
        ),
        ("r.example:5000/t/app", BOTH, True, ["r.example:5000/t/app:latest"] * 2),
        ("me/app:1.2", (Arch.ARM64,), True, ["me/app:1.2"]),
    ],
)
def test_several_images_have_their_architecture_in_the_tag_unless_they_share_a_list(
    tag: str, arches: tuple[Arch, ...], *, push: bool, tags: list[str]
) -> None:
    made = order(BuildOptions(tag=tag, push=push), *arches)
    assert [one.tag for one in made] == tags
    assert [one.arch for one in made] == list(arches)


def test_an_image_that_is_pushed_names_where_to() -> None:
    with pytest.raises(UsageError, match="my-app cannot be pushed") as raised:
        order(BuildOptions(push=True))
    assert "registry.example/team/my-app" in raised.value.hint


def test_a_cache_of_several_images_has_a_place_for_each() -> None:
    wishes = BuildOptions(
        cache_to=("type=local,dest=c/{arch}",), cache_from=("type=local,src=c/{arch}",)
    )
    amd64, armv7 = order(wishes)
    assert amd64.cache_to == ("type=local,dest=c/amd64",)
    assert armv7.cache_from == ("type=local,src=c/armv7",)


def test_a_cache_that_several_images_would_overwrite_is_refused() -> None:
    wishes = BuildOptions(cache_to=("type=local,dest=c",))
    with pytest.raises(UsageError, match="overwrite") as raised:
        order(wishes)
    assert "{arch}" in raised.value.hint
    assert order(wishes, Arch.ARM64)[0].cache_to == ("type=local,dest=c",)
    pushed = BuildOptions(tag="me/app", cache_to=("type=registry,ref=r.example/c",), push=True)
    assert order(pushed)[0].cache_to == pushed.cache_to


@pytest.mark.parametrize(
    "tag", ["", "App", "a b", "app:", "app:a b", "-app", "app:" + "x" * 129, "a//b", "app\n", "--x"]
)
def test_a_name_that_no_engine_takes_is_refused(tag: str) -> None:
    with pytest.raises(UsageError, match="invalid image name"):
        split_tag(tag)


@pytest.mark.parametrize(
    ("project", "name"),
    [("My App", "my-app"), ("a_b.C--d", "a-b-c-d"), ("Überwachung", "berwachung"), ("---", "app")],
)
def test_a_project_of_any_name_gives_a_name_of_an_image(project: str, name: str) -> None:
    assert default_name(project) == name
    assert split_tag(name) == (name, "")


def test_orders_set_apart_have_tags_of_their_own() -> None:
    shared = order(BuildOptions(tag="r.example/a:1", push=True))
    assert [one.tag for one in apart(shared)] == ["r.example/a:1-amd64", "r.example/a:1-armv7"]
