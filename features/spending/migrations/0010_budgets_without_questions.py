from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("spending", "0009_requests_without_grants")]
    operations = [migrations.RemoveField("budget", "ask_above")]
