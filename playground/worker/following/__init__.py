"""Follows submitted runs to their end, also where answers were lost."""
