"""Carries arguments from one model's schema to another's, and reports what happened to each."""

from schemas.carry.carry import Carried, Step, carry, missing
from schemas.carry.shared import counterparts, own_fields, shared_fields

__all__ = [
    "Carried",
    "Step",
    "carry",
    "counterparts",
    "missing",
    "own_fields",
    "shared_fields",
]
