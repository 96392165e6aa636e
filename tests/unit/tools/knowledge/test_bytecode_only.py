import sys
from pathlib import Path

from tests.support.elf_files import write
from tools.knowledge.bytecode_only import find_tops, try_sourceless


def test_a_module_that_needs_its_source_is_found(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(site, "odd/__init__.py", "")
    write(site, "odd/fine.py", "x = 1\n")
    write(site, "odd/reads.py", "text = open(__file__.replace('.pyc', '.py')).read()\n")
    write(site, "odd/broken.py", "import nothing_that_exists\n")
    write(site, "odd/looks.py", "import inspect\ndef f():\n    return inspect.getsource(f)\n")
    write(site, "odd-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    names = ("__init__", "fine", "reads", "broken", "looks")
    record = "".join(f"odd/{name}.py,,\n" for name in names)
    write(site, "odd-1.dist-info/RECORD", record)
    assert find_tops(site, "odd") == ("odd",)
    tried = try_sourceless("odd", ("odd",), site, tmp_path, sys.executable)
    assert tried.modules == len(names) - 1
    assert [module for module, _ in tried.lost] == ["odd.reads"]
    assert "odd/looks.py:3: return inspect.getsource(f)" in tried.asks
