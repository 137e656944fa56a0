from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_nano_dollars"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="about",
            field=models.CharField(
                blank=True, help_text="the model's label, boards.board", max_length=60
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="thing",
            field=models.UUIDField(help_text="the key of that row", null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="number",
            field=models.BigIntegerField(help_text="the key, where it is a number", null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="seen_at",
            field=models.DateTimeField(help_text="empty: new", null=True),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                fields=["user"], name="notification_new", condition=models.Q(seen_at=None)
            ),
        ),
    ]
