"""The addresses of money: below /spend/, and the price list."""

from django.urls import path

from spending.views import budgets, prices, requests, spend

app_name = "spending"
urlpatterns = [
    path("", spend.spend, name="spend"),
    path("budgets/", budgets.index, name="budgets"),
    path("budgets/new/", budgets.new, name="new-budget"),
    path("budgets/<int:pk>/", budgets.budget, name="budget"),
    path("budgets/<int:pk>/end/", budgets.end, name="budget-end"),
    path("budgets/<int:pk>/recovery/", budgets.recovery, name="budget-recovery"),
    path("rules/", budgets.rules, name="rules"),
    path("requests/", requests.index, name="requests"),
    path("requests/new/", requests.new, name="new-request"),
    path("requests/<uuid:pk>/", requests.request_page, name="request"),
    path("requests/<uuid:pk>/decision/", requests.decide, name="request-decision"),
]
PRICES = ([path("", prices.prices, name="prices")], "prices")
