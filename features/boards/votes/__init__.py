"""Judging a board: marks, winners of rows, blind votes, and their evaluation."""
