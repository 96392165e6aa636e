"""Facts from an application's own sources, by parsing them."""

from scaffold.adapters.sources.start import SourceFacts, read_sources

__all__ = ["SourceFacts", "read_sources"]
