"""Modules that the apps share and that import none of them."""
