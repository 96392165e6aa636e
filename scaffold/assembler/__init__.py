"""Puts the final file system together. Runs inside a build, on the machine that builds.

Only the standard library is at hand there, and nothing of the target can be started: it may be for
another processor. So everything is decided by reading: ELF headers, symbolic links, file names.
"""


class MissingProgramError(Exception):
    """A program was asked for that the base does not have."""


class FetchError(Exception):
    """A file was not there, or had another hash."""
