"""Tests of one topic each, in the folders of the package."""
