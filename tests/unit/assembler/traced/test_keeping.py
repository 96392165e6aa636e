from collections.abc import Iterable

from scaffold.assembler.traced.keeping import Files, Keeping

LAZY = """
import importlib
def __getattr__(name):
    return importlib.import_module(f"lab.{name}")
"""
TREE = {
    "stdlib/os.py": "",
    "stdlib/json/__init__.py": "",
    "stdlib/decimal.py": "",
    "stdlib/pydoc.py": "",
    "stdlib/pdb.py": "",
    "stdlib/shelve.py": "import pydoc",
    "site/web/__init__.py": "",
    "site/web/app.py": "def route():\n    from web.late import page",
    "site/web/late.py": "import decimal",
    "site/web/never.py": "",
    "site/web/page.html": "",
    "site/web/plugins/__init__.py": "import importlib\nimportlib.import_module(name)",
    "site/web/plugins/one.py": "",
    "site/web/icons/a/b.svg": "",
    "site/web/admin/__init__.py": "",
    "site/web/admin/logo.svg": "",
    "site/lab/__init__.py": LAZY,
    "site/lab/stats/__init__.py": "",
    "site/lab/plot.py": "",
    "site/fast/__init__.py": "",
    "site/fast/core.so": "\0decimal\0fast._help\0",
    "site/fast/_help.py": "",
}


def close(
    *opened: str,
    closed: bool = True,
    names: Iterable[str] = (),
    whole: Iterable[str] = (),
    **more: str,
) -> frozenset[str]:
    tree = TREE | more
    files = Files.of({path: text.encode for path, text in tree.items()})
    return Keeping(files, opened, closed=closed).close(names, whole)


def test_what_a_function_of_a_kept_module_imports_stays_with_all_it_imports() -> None:
    kept = close("site/web/app.py")
    assert {"site/web/__init__.py", "site/web/late.py", "stdlib/decimal.py"} <= kept
    assert "site/web/never.py" not in kept


def test_data_stays_beside_modules_that_stay() -> None:
    kept = close("site/web/app.py")
    assert {"site/web/page.html", "site/web/icons/a/b.svg"} <= kept
    assert "site/web/admin/logo.svg" not in kept


def test_a_package_that_imports_what_it_computes_stays_whole() -> None:
    assert "site/web/plugins/one.py" in close("site/web/plugins/__init__.py")


def test_a_lazy_package_keeps_what_somebody_names() -> None:
    kept = close("site/lab/__init__.py", names=["lab.stats.mean"])
    assert "site/lab/stats/__init__.py" in kept
    assert "site/lab/plot.py" not in kept


def test_a_name_that_a_lazy_package_does_not_explain_keeps_it_whole() -> None:
    kept = close("site/lab/__init__.py", names=["lab.Estimator"])
    assert {"site/lab/stats/__init__.py", "site/lab/plot.py"} <= kept


def test_machine_code_keeps_the_modules_that_it_names() -> None:
    kept = close("site/fast/core.so")
    assert {"site/fast/__init__.py", "site/fast/_help.py", "stdlib/decimal.py"} <= kept


def test_the_standard_library_does_not_bring_the_tools_of_a_desk() -> None:
    assert "stdlib/pydoc.py" not in close("stdlib/shelve.py")
    assert "stdlib/pydoc.py" in close("site/web/app.py", names=["pydoc"])


def test_a_tight_closure_is_what_was_opened_and_what_a_proof_asks_with() -> None:
    kept = close("site/web/app.py", "site/web/__init__.py", closed=False)
    assert kept == {
        "site/web/app.py",
        "site/web/__init__.py",
        "stdlib/os.py",
        "stdlib/json/__init__.py",
    }


def test_what_is_whole_stays_and_so_does_what_it_names() -> None:
    assert "stdlib/decimal.py" in close(whole=["site/web/late.py"])
