"""Names of reviewers are compared as eyes compare them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_shares")]

    operations = [
        migrations.RemoveConstraint(model_name="reviewer", name="reviewer_name_once"),
        migrations.AddField(
            model_name="reviewer",
            name="name_key",
            field=models.CharField(
                default="",
                editable=False,
                help_text="equal for names that look the same",
                max_length=1080,
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="reviewer",
            constraint=models.UniqueConstraint(
                fields=("share", "name_key"), name="reviewer_name_once"
            ),
        ),
    ]
