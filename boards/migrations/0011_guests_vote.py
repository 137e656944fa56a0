"""Lets guests of a share vote: a vote is of a user or of a guest."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("boards", "0001_squashed_0010"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="vote",
            name="guest",
            field=models.CharField(
                blank=True, help_text="key of a guest; empty: a user's", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="vote",
            name="guest_name",
            field=models.CharField(
                blank=True, help_text="the name that the guest gave", max_length=80
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="voter",
            field=models.ForeignKey(
                blank=True,
                help_text="empty: a guest's",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="board_votes",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reset_at", None), models.Q(("guest", ""), _negated=True)),
                fields=("guest", "first", "second"),
                name="vote_once_per_pair_and_guest",
            ),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("guest", ""), ("voter__isnull", False)),
                    models.Q(models.Q(("voter", None)), models.Q(("guest", ""), _negated=True)),
                    _connector="OR",
                ),
                name="vote_of_user_or_guest",
            ),
        ),
    ]
