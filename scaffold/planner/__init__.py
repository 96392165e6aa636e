"""From a project and facts to a verdict on every base: decisions only, no IO."""
