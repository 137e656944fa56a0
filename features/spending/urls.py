"""The addresses of money: below /spend/, and the price list."""

from django.urls import path

from features.spending.views import alarms, budgets, prices, requests, spend

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
    path("differences/", prices.differing, name="differences"),
    path("alarms/", alarms.index, name="alarms"),
    path("alarms/<int:pk>/", alarms.alarm, name="alarm"),
    path("alarms/<int:pk>/look/", alarms.look, name="alarm-look"),
]
PRICES = (
    [
        path("", prices.prices, name="prices"),
        path("<int:pk>/agree/", prices.agree, name="agree"),
    ],
    "prices",
)
