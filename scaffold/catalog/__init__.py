"""What is known of bases, libraries, packages and devices: schema, loading, invariants."""
