"""Estimates what a run will cost from its price per unit and arguments: a range and its basis.

Pure functions: no I/O, no Django.

price = Price(Decimal("0.05"), "seconds", "USD")
estimate(price, {"duration": "5"}, Model(root)).words      # "about $0.25"

`units` parses a price's unit, `settings` reads the values that a run will use, `counts`, `lengths`
and `areas` measure them, and `cost` multiplies. `typical` estimates a run with an unchanged form
from stored facts only.
"""

from schemas.estimate.amounts import Amount
from schemas.estimate.cost import History, Model, cost, estimate
from schemas.estimate.prices import NOTHING, Estimate, Price, unknown
from schemas.estimate.settings import Media
from schemas.estimate.typical import Typical, Usual, read_usual, typical
from schemas.estimate.units import Unit, parse_unit

__all__ = [
    "NOTHING",
    "Amount",
    "Estimate",
    "History",
    "Media",
    "Model",
    "Price",
    "Typical",
    "Unit",
    "Usual",
    "cost",
    "estimate",
    "parse_unit",
    "read_usual",
    "typical",
    "unknown",
]
