import re
from dataclasses import replace

from scaffold.dockerfile.baseline_dockerfile import pulled_images
from tools.paper.variants import Lever, PaperVariant, Stack, paper_variants

STACK = Stack(
    full="python:3.13",
    slim="python:3.13-slim",
    alpine="python:3.13-alpine",
    requirements=("requirements.txt",),
    system=("libgl1", "libxcb1"),
    command=("python", "main.py"),
)
BY_NAME = {variant.name: variant for variant in paper_variants(STACK)}


def steps(name: str) -> list[str]:
    """Return the instructions, each on one line."""
    text = re.sub(r"\\\n\s*", "", BY_NAME[name].dockerfile)
    return text.splitlines()


def shown(lever: Lever) -> list[str]:
    variants: list[PaperVariant] = sorted(BY_NAME.values(), key=lambda one: one.name)
    return [one.name for one in variants for own, _, _ in one.rows if own is lever]


def test_every_lever_has_what_it_is_compared_with() -> None:
    assert {lever: shown(lever) for lever in Lever} == {
        Lever.ORDER: ["order-bad", "slim"],
        Lever.BASE: ["alpine", "full", "slim"],
        Lever.LAYERS: ["runs-apart", "runs-merged"],
        Lever.LISTS: ["lists-kept", "runs-merged"],
        Lever.STAGES: ["slim", "two-stages"],
    }


def test_the_two_orders_have_the_same_steps_in_another_order() -> None:
    bad, good = steps("order-bad"), steps("slim")
    assert bad.index("COPY . .") < next(n for n, step in enumerate(bad) if "pip install" in step)
    assert good.index("COPY . .") > next(n for n, step in enumerate(good) if "pip install" in step)
    assert set(good) - set(bad) == {'COPY ["requirements.txt", "/app/requirements.txt"]'}


def test_the_bases_differ_in_nothing_else() -> None:
    assert len({tuple(steps(name)[1:]) for name in ("slim", "full", "alpine")}) == 1
    assert {steps(name)[0] for name in ("slim", "full", "alpine")} == {
        "FROM python:3.13-slim",
        "FROM python:3.13",
        "FROM python:3.13-alpine",
    }


def test_steps_are_apart_or_in_one_and_clean_up_alike() -> None:
    apart = [step for step in steps("runs-apart") if step.startswith("RUN")]
    merged = [step for step in steps("runs-merged") if step.startswith("RUN")]
    assert (len(apart), len(merged)) == (4, 1)
    assert "rm -rf /var/lib/apt/lists" in apart[-1]
    assert "install -y --no-install-recommends libgl1 libxcb1" in apart[1]
    for command in ("update", "libgl1 libxcb1", "pip install", "rm -rf"):
        assert command in merged[0]


def test_lists_are_the_only_thing_that_the_lists_are_about() -> None:
    kept, removed = BY_NAME["lists-kept"].dockerfile, BY_NAME["runs-merged"].dockerfile
    assert removed.replace(" \\\n && rm -rf /var/lib/apt/lists/*", "") == kept


def test_the_second_stage_copies_the_folder_that_the_paper_copies() -> None:
    lines = steps("two-stages")
    second = lines[lines.index("FROM python:3.13-slim") :]
    assert [line for line in second if "--from" in line] == [
        "COPY --from=builder /usr/local/bin /usr/local/bin"
    ]
    assert pulled_images(BY_NAME["two-stages"].dockerfile) == (("python:3.13-slim", ""),)


def test_where_packages_need_nothing_apt_still_installs_something() -> None:
    variants = paper_variants(replace(STACK, system=()))
    assert all("recommends curl" in v.dockerfile for v in variants if "apt-get" in v.dockerfile)


def test_the_papers_own_figures_are_where_they_belong() -> None:
    figures = {
        (lever, published.on_disk, published.build_seconds)
        for variant in BY_NAME.values()
        for lever, _, published in variant.rows
        if published.on_disk
    }
    assert figures == {
        (Lever.BASE, 700_000_000, 2423.0),
        (Lever.LAYERS, 2_500_000_000, None),
        (Lever.LAYERS, 2_430_000_000, None),
        (Lever.LISTS, 2_550_000_000, None),
        (Lever.LISTS, 2_530_000_000, None),
        (Lever.STAGES, 209_000_000, None),
    }


def test_names_from_a_project_cannot_add_words_to_a_command() -> None:
    variants = paper_variants(replace(STACK, requirements=("a b;c.txt",)))
    assert all("-r 'a b;c.txt'" in variant.dockerfile for variant in variants)
