from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("spending", "0015_events_without_differences")]
    operations = [
        migrations.RemoveField("billingstate", "unreadable"),
    ]
