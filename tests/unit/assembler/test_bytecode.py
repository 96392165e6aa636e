"""Bytecode of many sources: the same however many processes make it."""

from pathlib import Path

from scaffold.assembler.bytecode import compile_folder

SHOWN = "/usr/local/lib/python3/site-packages"
COUNT = 120  # more than one process gets


def test_many_sources_compile_to_what_each_compiles_to_alone(tmp_path: Path) -> None:
    together, alone = tmp_path / "together", tmp_path / "alone"
    together.mkdir()
    for number in range(COUNT):
        text = f"NAME = 'module {number}'\ndef call(name):\n    return [name, NAME, {number}]\n"
        (together / f"m{number}.py").write_text(text)
        own = alone / f"m{number}"
        own.mkdir(parents=True)
        (own / f"m{number}.py").write_text(text)
        compile_folder(own, SHOWN, every=True)
    (together / "broken.py").write_text("def :\n")
    compile_folder(together, SHOWN, every=True)
    assert [one.name for one in together.glob("*.py")] == ["broken.py"]
    for number in range(COUNT):
        name = f"m{number}.pyc"
        made = (together / name).read_bytes()
        assert made == (alone / f"m{number}" / name).read_bytes()
        assert f"{SHOWN}/m{number}.py".encode() in made
