from pathlib import Path

from scaffold.index.cache import Cache, find_cache_folder
from scaffold.model.index import WheelFacts

FACTS = WheelFacts(installed=3, files=1, kinds=(("py", 3),), glibc=(2, 28), needs=("libz.so.1",))


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_saved_value_comes_back_as_it_was(tmp_path: Path) -> None:
    Cache(tmp_path).save("wheels", "key", FACTS)
    assert Cache(tmp_path).load("wheels", "key", WheelFacts) == FACTS
    assert Cache(tmp_path).load("wheels", "other", WheelFacts) is None


def test_a_corrupted_entry_counts_as_absent_and_can_be_rewritten(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.save("wheels", "key", FACTS)
    (entry,) = entries(tmp_path)
    entry.write_bytes(entry.read_bytes()[:5])
    assert cache.load("wheels", "key", WheelFacts) is None
    entry.write_bytes(b"\x81\xa4\xff\xff\xff\xff\x01")  # no UTF-8
    assert cache.load("wheels", "key", WheelFacts) is None
    cache.save("wheels", "key", FACTS)
    assert cache.load("wheels", "key", WheelFacts) == FACTS
    assert len(entries(tmp_path)) == 1


def test_a_value_of_another_form_counts_as_absent(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.save("wheels", "key", ["text"])
    assert cache.load("wheels", "key", WheelFacts) is None


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    cache = Cache(blocked)
    cache.save("wheels", "key", FACTS)
    assert cache.load("wheels", "key", WheelFacts) is None


def test_the_folder_follows_the_variables() -> None:
    env = {"LEANSCAFFOLD_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}
    assert find_cache_folder(env) == Path("/a")
    del env["LEANSCAFFOLD_CACHE_DIR"]
    assert find_cache_folder(env) == Path("/b/leanscaffold")
    env["XDG_CACHE_HOME"] = "relative"
    assert find_cache_folder(env) == Path("/c/.cache/leanscaffold")
