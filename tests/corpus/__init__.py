"""Projects as people have them: each test names where its kind of project was met."""
