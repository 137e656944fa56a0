"""Reads the texts and marks in media files, and adds texts to some formats.

Pure functions over bytes that know no rows. Anybody may send a file, so each function reads a
bounded part of it.
"""
