"""Describes a result: its caption, its settings and its input files."""
