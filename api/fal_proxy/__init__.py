"""The address for fal's own clients: their calls become runs, answered in upstream's shapes.

No call is passed on: the worker, which has the key, carries the run out (ADR 54).
"""
