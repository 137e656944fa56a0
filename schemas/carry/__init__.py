"""Carries arguments from one model's schema to another's, and lists what became of each."""

from schemas.carry.carry import Carried, Step, carry, missing

__all__ = ["Carried", "Step", "carry", "missing"]
