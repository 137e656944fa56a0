import core.db.dollars_field
import core.db.encrypted_field
import core.db.json_field
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('notifications', '0001_squashed_0003'),
        ('notifications', '0004_nano_dollars'),
        ('notifications', '0005_inbox'),
        ('notifications', '0006_earlier_notifications'),
    ]

    dependencies = [
        ('playground', '0001_squashed_0048'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Notification',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                    ('kind', models.CharField(max_length=40)),
                    ('key', models.CharField(help_text='identifies the event, which is notified once', max_length=160)),
                    ('subject', models.CharField(max_length=200)),
                    ('text', models.TextField(blank=True)),
                    ('path', models.CharField(blank=True, help_text='our page about it', max_length=500)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('about', models.CharField(blank=True, help_text="the model's label, boards.board", max_length=60)),
                    ('thing', models.UUIDField(help_text='the key of that row', null=True)),
                    ('number', models.BigIntegerField(help_text='the key, where it is a number', null=True)),
                    ('seen_at', models.DateTimeField(help_text='empty: new', null=True)),
                ],
                options={
                    'ordering': ['-created_at', '-pk'],
                    'indexes': [models.Index(fields=['user', '-created_at'], name='notification_list'), models.Index(condition=models.Q(('seen_at', None)), fields=['user'], name='notification_new')],
                    'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='notification_once_per_key')],
                },
            ),
            migrations.CreateModel(
                name='Channel',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='channels', to=settings.AUTH_USER_MODEL)),
                    ('method', models.CharField(choices=[('email', 'E-mail'), ('slack', 'Slack'), ('webhook', 'Webhook'), ('runs', 'Webhook for runs')], max_length=16)),
                    ('name', models.CharField(max_length=80)),
                    ('address', core.db.encrypted_field.EncryptedTextField(blank=True, help_text="a secret; empty for the account's e-mail address")),
                    ('kinds', core.db.json_field.ExactJSONField(default=list, help_text='names of `features.notifications.kinds`')),
                    ('is_paused', models.BooleanField(default=False)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('deleted_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['created_at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Delivery',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('method', models.CharField(choices=[('email', 'E-mail'), ('slack', 'Slack'), ('webhook', 'Webhook'), ('runs', 'Webhook for runs')], max_length=16)),
                    ('address', core.db.encrypted_field.EncryptedTextField(help_text='a secret')),
                    ('channel', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='notifications.channel')),
                    ('notification', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notifications.notification')),
                    ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playground.run')),
                    ('state', models.CharField(choices=[('waiting', 'Waits for the run'), ('pending', 'On its way'), ('delivered', 'Delivered'), ('failed', 'Failed')], default='pending', max_length=16)),
                    ('attempts', models.PositiveIntegerField(default=0)),
                    ('next_attempt_at', models.DateTimeField(null=True)),
                    ('log', core.db.json_field.ExactJSONField(default=list, help_text='[{at, status, error}]: each attempt, written before it is made')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                ],
                options={
                    'verbose_name_plural': 'deliveries',
                    'ordering': ['-created_at', '-pk'],
                    'indexes': [models.Index(fields=['user', '-created_at'], name='delivery_list'), models.Index(condition=models.Q(('state', 'pending')), fields=['next_attempt_at'], name='delivery_due')],
                    'constraints': [models.UniqueConstraint(fields=('channel', 'notification'), name='notification_once_per_channel'), models.UniqueConstraint(fields=('channel', 'run'), name='run_once_per_channel'), models.UniqueConstraint(condition=models.Q(('channel', None)), fields=('run',), name='own_webhook_of_run')],
                },
            ),
            migrations.CreateModel(
                name='RunEnd',
                fields=[
                    ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='playground.run')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('is_watched', models.BooleanField(default=False, help_text="its owner's page showed the end")),
                    ('is_by_api', models.BooleanField(default=False)),
                    ('due_at', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='NotificationPreferences',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='notification_preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('long_run_minutes', models.PositiveIntegerField(default=5, help_text='notify of runs that took at least this long')),
                    ('daily_limit', core.db.dollars_field.DollarsField(help_text="warn when a day's runs have cost 80 % and 100 % of it", null=True)),
                ],
                options={
                    'verbose_name_plural': 'notification preferences',
                },
            ),
            migrations.CreateModel(
                name='SigningKey',
                fields=[
                    ('kid', models.CharField(max_length=32, primary_key=True, serialize=False)),
                    ('public', models.CharField(help_text="the JWK's `x`", max_length=64)),
                    ('private', models.TextField(help_text='encrypted with SECRET_KEY')),
                    ('created_at', models.DateTimeField()),
                ],
            ),
        ),
    ]
