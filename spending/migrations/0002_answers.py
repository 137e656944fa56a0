"""What was asked for beside what was granted, and the sentence back."""

from django.db import migrations, models

import core.db.dollars_field


class Migration(migrations.Migration):
    dependencies = [("spending", "0001_budgets")]

    operations = [
        migrations.AddField(
            "budgetrequest",
            "asked",
            core.db.dollars_field.DollarsField(
                help_text="what was asked for; `amount` is what was granted", null=True
            ),
        ),
        migrations.AddField(
            "budgetrequest",
            "answer",
            models.CharField(
                blank=True, help_text="the sentence back of who decided", max_length=500
            ),
        ),
    ]
