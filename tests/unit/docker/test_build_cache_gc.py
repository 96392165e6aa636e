from scaffold.verify.compare import own_records

STEPS = ("[stage-0 4/5] RUN if x;   then pip install", "[stage-0 5/5] COPY . .")


def record(name: str, description: str, at: int) -> dict[str, object]:
    return {"ID": name, "Description": description, "CreatedAt": f"2026-11-24T13:0{at}:00Z"}


RECORDS = [
    record("theirs", "mount / from exec /bin/sh -c make", 1),
    record("old", "mount / from exec /bin/sh -c if x; then pip install", 1),
    record("run", "mount / from exec /bin/sh -c if x; then pip install", 2),
    record("copy", "[stage-0 5/5] COPY . .", 3),
    record("mount", 'cached mount /c from exec /bin/sh -c y with id "abc-0//c"', 4),
    record("base", "pulled from somewhere", 2),
]


def test_ours_are_new_and_of_our_steps_or_mounts_and_the_newest_goes_first() -> None:
    assert own_records(RECORDS, {"old"}, STEPS, "abc") == ("mount", "copy", "run")


def test_what_was_there_before_stays_though_it_is_the_same_step() -> None:
    known = {str(one["ID"]) for one in RECORDS}
    assert own_records(RECORDS, known, STEPS, "abc") == ()


def test_without_steps_only_mounts_are_ours() -> None:
    assert own_records(RECORDS, set(), (), "abc") == ("mount",)
