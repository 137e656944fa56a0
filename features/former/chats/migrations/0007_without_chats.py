from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("chats", "0006_without_turns")]
    operations = [log_rows("chats", "Chat"), migrations.DeleteModel("Chat")]
