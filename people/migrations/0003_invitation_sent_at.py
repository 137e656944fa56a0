"""When the link of an invitation was mailed; those of before were all shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_existing_people")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="sent_at",
            field=models.DateTimeField(
                help_text="when its link was mailed, and shown to nobody; empty: it was shown",
                null=True,
            ),
        ),
    ]
