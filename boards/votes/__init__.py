"""Judging a board: marks, winners of rows, blind votes and what they say."""
