"""Notifications by e-mail, Slack and webhooks."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notifies users and programs, once for each event."""

    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Register the worker's delivery job and the hooks for the end of runs."""
        from asgiref.sync import sync_to_async

        from notifications import budgets, run_ends
        from notifications.delivery import sending
        from runs import final_hooks
        from runs.live import shown_ends
        from runs.worker import jobs

        final_hooks.register(run_ends.note_end)
        shown_ends.register(run_ends.note_watched)
        decide = sync_to_async(run_ends.process_due)
        jobs.register(jobs.Job("ended runs", decide, wakes_on_change=True))
        jobs.register(jobs.Job("notifications", sending.send_due, wakes_on_change=True))
        check_limits = sync_to_async(budgets.check_daily_limits)
        jobs.register(jobs.Job("budget warnings", check_limits))
        jobs.register(jobs.Job("notification upkeep", sync_to_async(sending.maintain)))
