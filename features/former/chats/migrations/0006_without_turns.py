from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("chats", "0005_chats_become_series")]
    operations = [log_rows("chats", "Turn"), migrations.DeleteModel("Turn")]
