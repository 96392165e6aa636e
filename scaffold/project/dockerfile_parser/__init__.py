"""Reading Dockerfiles that somebody else wrote."""
