"""Signing in and the account, in a browser."""
