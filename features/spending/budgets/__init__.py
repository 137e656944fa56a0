"""Budgets: which hold for a run, what they refuse, in which words, and who asks for more."""
