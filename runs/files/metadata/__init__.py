"""Reads the texts and marks in media files, and adds texts to some formats.

Pure functions over bytes, without models. Files are untrusted, so each reads a bounded part.
"""
