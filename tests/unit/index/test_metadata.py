from scaffold.index.metadata import parse_requires_txt


def test_sections_become_markers_and_extras() -> None:
    text = """
requests>=2
six

[:python_version < "3.8"]
typing; sys_platform == "linux"

[fast]
orjson

[fast:platform_machine == "x86_64"]
simd
"""
    requires, extras = parse_requires_txt(text)
    assert requires == (
        "requests>=2",
        "six",
        'typing ; (sys_platform == "linux") and (python_version < "3.8")',
        'orjson ; extra == "fast"',
        'simd ; (platform_machine == "x86_64") and extra == "fast"',
    )
    assert extras == ("fast",)
