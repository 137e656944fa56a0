"""Carries arguments from one model's schema to another's, and reports what happened to each."""

from schemas.carry.carry import NOT_HERE, Carried, Step, carry, missing
from schemas.carry.common_fields import counterparts, own_fields, shared_fields

__all__ = [
    "NOT_HERE",
    "Carried",
    "Step",
    "carry",
    "counterparts",
    "missing",
    "own_fields",
    "shared_fields",
]
