"""The Docker Engine, through its SDK: finding it, and what is done with images and containers."""
