"""Says hello, with nothing but the standard library."""

print("hello")
