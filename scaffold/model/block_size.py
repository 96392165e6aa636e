"""What files take on a real file system: whole blocks, and one more for every folder."""

from collections.abc import Iterable

from scaffold.model.resolution import Weighed

# ext4, and nearly every flash file system of a device, give out 4 KiB at a time.
BLOCK = 4096
# A wheel of which only the number of files is known. 21 wheels, from click to onnxruntime: the last
# block of a file wastes 2081 to 2874 bytes on average, but for two with a handful of files; there
# are 0.04 to 0.19 folders per file, but for three; 0.67 in Django, which has one per language
# (central directories, 2026-11-25).
WASTE = 2300
FOLDERS = 0.12
WASTE_SPREAD = 0.35
# What was counted in the central directory moves only by what trimming leaves.
COUNTED_SPREAD = 0.1


def in_blocks(size: int) -> int:
    """Return the bytes that a file of this size takes."""
    return -(-size // BLOCK) * BLOCK


def count_blocks(files: Iterable[tuple[str, int]]) -> int:
    """Return what files, pairs of (path, size), take in blocks, with the folders they are in."""
    total = 0
    folders: set[str] = set()
    for path, size in files:
        total += in_blocks(size)
        parts = path.split("/")[:-1]
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return total + len(folders) * BLOCK


def predict_waste(weighed: Weighed, *, bytecode: bool) -> tuple[float, float]:
    """Return what blocks add to the bytes of a package and its bytecode, and how far it may be off.

    Trimmed files are counted out by the bytes they had of all that is no machine code: a package
    has few libraries and many small files. Folders stay: most hold something else as well.
    """
    facts = weighed.facts
    whole = facts.installed + weighed.trimmed
    small = max(whole - facts.kind("so"), 1)
    # Sources that give way to bytecode, and stripped symbols, are less bytes, but not fewer files.
    replaced = max(sum(size for _, size in facts.kinds) - facts.installed, 0)
    left = min(max(1 - (weighed.trimmed - replaced) / small, 0.0), 1.0)
    if facts.blocks is None:
        all_waste, spread = _waste_of(facts.files), WASTE_SPREAD
    else:
        all_waste, spread = float(max(facts.blocks - whole, 0)), COUNTED_SPREAD
    in_files = min(facts.files * WASTE, all_waste)
    waste = all_waste - in_files + left * in_files
    # Nobody counted how many files are trimmed: in Django, large catalogues beside small sources.
    error = waste * spread + in_files * (1 - left) * WASTE_SPREAD
    if bytecode and not weighed.sourceless:
        beside = facts.files * min(facts.kind("py") / small, 1.0)
        waste += _waste_of(beside)
        error += _waste_of(beside) * WASTE_SPREAD
    return waste, error


def _waste_of(files: float) -> float:
    return files * (WASTE + FOLDERS * BLOCK)
