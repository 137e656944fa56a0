"""Endpoints for fal's own clients: their calls become runs, with responses in upstream's format.

No call is forwarded: the worker, which has the key, executes the run (ADR 54).
"""
