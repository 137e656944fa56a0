"""Budgets: their pages, requests for more, and warnings."""
