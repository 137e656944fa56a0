"""Finds the settings that made a file: by its content, or by a recipe in it or beside it."""
