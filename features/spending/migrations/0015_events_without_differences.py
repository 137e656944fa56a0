from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("spending", "0014_rules_without_alarms")]
    operations = [
        migrations.RemoveIndex("billingevent", "billing_event_unknown"),
    ]
