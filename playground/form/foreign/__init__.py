"""Reads the recipes that other programs leave in their pictures. Pure functions over texts."""

from playground.form.foreign.recipe import ForeignRecipe, read, version

__all__ = ["ForeignRecipe", "read", "version"]
