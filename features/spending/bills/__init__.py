"""Upstream's bills: read by the worker, held against our figures, and what the account has left."""
