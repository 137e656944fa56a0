"""Notifications of trials go: boards try no new models by themselves, and the pages are gone."""

import logging

from django.db import migrations
from django.db.models import Q

log = logging.getLogger(__name__)


def delete(apps, schema_editor):
    """Delete the notifications with their deliveries, and log how many there were."""
    notifications = apps.get_model("notifications", "Notification").objects
    of_trials = notifications.filter(Q(kind="trial_news") | Q(key__startswith="trials "))
    if number := of_trials.count():
        log.info("Deleting notifications of trials: %s", number)
        of_trials.delete()


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_squashed_0006")]
    operations = [migrations.RunPython(delete, migrations.RunPython.noop)]
