"""The addresses of money, below /spend/."""

from django.urls import path

from features.spending.views import budgets, prices, requests, spend

app_name = "spending"
urlpatterns = [
    path("", spend.spend, name="spend"),
    path("runs/", spend.runs, name="spend-runs"),
    path("export.csv", spend.table, name="spend-table"),
    *budgets.BUDGETS.urls(),
    path("budgets/new/", budgets.new, name="new-budget"),
    path("budgets/<int:pk>/", budgets.budget, name="budget"),
    path("rules/", budgets.spending_rules, name="rules"),
    path("requests/new/", requests.new, name="new-request"),
    path("requests/<uuid:pk>/", requests.request_page, name="request"),
    path("requests/<uuid:pk>/decision/", requests.decide, name="request-decision"),
    path("prices/<int:pk>/agreement/", prices.agreement, name="price-agreement"),
]
