"""What commands and the Python API do: a project's folder and a request in, results out."""
