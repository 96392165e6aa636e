"""A real Docker Engine for the tests, brought up from package registries where there is none."""
