"""Upstream's bills: read by the worker, compared with our figures; and the account's balance."""
