"""Reading a project: what it asks for, in whatever form it says so."""
