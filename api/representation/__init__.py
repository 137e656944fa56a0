"""Represents our objects as the API's JSON (`api/contract/components.py` has the schemas)."""
