"""Money: budgets, what was spent, and what models really cost."""

from django.apps import AppConfig


class SpendingConfig(AppConfig):
    """Refuses runs that a budget forbids, and shows costs; the ledger keeps the sums."""

    name = "features.spending"
    verbose_name = "Spending"

    def ready(self) -> None:
        """Register what the app promises to runs, and its kinds of notifications."""
        from features.spending import notification_kinds
        from features.spending.owner import SpendingOwner
        from runs.promises import registry

        notification_kinds.connect()
        registry.register(SpendingOwner())
