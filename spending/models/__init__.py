"""The tables of money, besides the ledger's."""

from spending.models.alarm import Alarm
from spending.models.bill import BillingEvent, BillingState
from spending.models.budget import Budget, BudgetRequest
from spending.models.price import MeasuredPrice, UnmeasuredRun
from spending.models.rules import SpendingRules

__all__ = [
    "Alarm",
    "BillingEvent",
    "BillingState",
    "Budget",
    "BudgetRequest",
    "MeasuredPrice",
    "SpendingRules",
    "UnmeasuredRun",
]
