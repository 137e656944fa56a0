"""The tables of money, besides the ledger's."""

from features.spending.models.bill import BillingEvent, BillingState
from features.spending.models.budget import Budget, BudgetRequest, SpendingRules
from features.spending.models.price import MeasuredPrice, UnmeasuredRun

__all__ = [
    "BillingEvent",
    "BillingState",
    "Budget",
    "BudgetRequest",
    "MeasuredPrice",
    "SpendingRules",
    "UnmeasuredRun",
]
