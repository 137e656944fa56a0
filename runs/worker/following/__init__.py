"""Follows submitted runs to their end, also when answers were lost."""
