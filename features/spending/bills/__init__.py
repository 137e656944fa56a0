"""Upstream's bills: read by the worker, compared with estimates; and the account's balance."""
