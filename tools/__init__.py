"""What only a checkout needs: knowledge is made here, documents, figures and benchmarks."""

from shutil import ignore_patterns

# What `generate` writes: a copy of an example starts without it.
WRITTEN = ignore_patterns(
    "Dockerfile", ".dockerignore", ".leanscaffold", "requirements.*.lock", "leanscaffold.json"
)
