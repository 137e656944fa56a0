"""Tests of money: budgets, bills, prices."""
