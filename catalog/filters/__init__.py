"""Filters: facts about endpoints, and conditions on them, in one vocabulary."""
