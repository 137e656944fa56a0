"""Requests for money lost what only granting needed; budgets what asked first, and who was told."""

from typing import Any


def make(apps: Any) -> None:
    """Make a budget that asks first, with a granted request, and a request of a press."""
    user = apps.get_model("auth", "User").objects.create(username="of-requests")
    budget = apps.get_model("spending", "Budget").objects.create(
        scope="person", person=user, period="month", limit=5, ask_above=1
    )
    budget.informed.add(user)
    requests = apps.get_model("spending", "BudgetRequest").objects
    requests.create(
        user=user, budget=budget, scope_key=user.pk, period="2026-11", amount=2, asked=3,
        sentence="The film is due", is_granted=True,
    )  # fmt: skip
    requests.create(user=user, amount=9, sentence="For the fair", is_granted=True, planned=4)


def check(apps: Any) -> None:
    """Look at the limit, which still includes what was granted, and at what is left."""
    of_user = {"user__username": "of-requests"}
    (request,) = apps.get_model("spending", "BudgetRequest").objects.filter(**of_user)
    assert (request.amount, request.sentence, request.is_granted) == (2, "The film is due", True)
    assert (request.budget.limit, request.budget.period) == (5, "month")
