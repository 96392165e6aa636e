"""What every exit code means; the classes in ``scaffold.model.errors`` carry them."""

FITS = 0
NOTHING_FITS = 3
INTERNAL = 70
INTERRUPTED = 130

EXIT_CODES = {
    FITS: "done; a base image fits",
    1: "a check failed or was not tried, or an error without a code",
    2: "an option, an argument or a setting makes no sense",
    NOTHING_FITS: "no base image fits the project, the target and the budget",
    4: "requirement or lock files cannot be read",
    5: "the requirements contradict each other, or a package does not exist",
    6: "the knowledge is invalid or missing",
    7: "no container engine that can be used",
    8: "the build failed",
    9: "a file that you wrote or edited is in the way (--force overwrites it)",
    10: "a folder or file cannot be read or written",
    INTERNAL: "a mistake in leanscaffold itself",
    75: "the index cannot be reached; a later try may work",
    INTERRUPTED: "interrupted",
}
