"""The tables of money, besides the ledger's."""

from spending.models.budget import Budget, BudgetRequest
from spending.models.rollup import ChangedDay, RolledUpDay, Rollup
from spending.models.rules import SpendingRules

__all__ = [
    "Budget",
    "BudgetRequest",
    "ChangedDay",
    "RolledUpDay",
    "Rollup",
    "SpendingRules",
]
