"""Money: budgets, what was spent, and what models really cost."""

from django.apps import AppConfig


class SpendingConfig(AppConfig):
    """Refuses what a budget forbids, and shows what runs have cost; the sums are the ledger's."""

    name = "spending"
    verbose_name = "Spending"

    def ready(self) -> None:
        """Register what the app promises to runs, and its kinds of notifications."""
        from notifications import kinds
        from runs import owners
        from spending.alarms import detection
        from spending.bills import balance
        from spending.owner import SpendingOwner
        from spending.prices import keeping
        from spending.requests.asking import KIND
        from spending.sums import monthly

        alarm = "a run of yours has cost far more than estimated; admins hear of everybody's"
        kinds.register(kinds.Kind(detection.KIND, "Cost alarm", alarm))
        short = "for admins: the fal account's balance lasts less than a week, or two days"
        kinds.register(kinds.Kind(balance.KIND, "Balance", short))
        month = "on the first of a month: what was spent in the last one, in five lines"
        kinds.register(kinds.Kind(monthly.KIND, "Monthly spend", month))
        dearer = "for admins: a model seems to cost more than twice its list price"
        kinds.register(kinds.Kind(keeping.KIND, "Measured price", dearer))
        owners.register(SpendingOwner())
        kinds.register(
            kinds.Kind(
                KIND,
                "Requests for more",
                "somebody asks for more than a budget has left, or you were answered",
            )
        )
