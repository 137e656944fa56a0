import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import AddTrigramIndex, CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_account_page'),
        ('accounts', '0003_session_digests'),
        ('accounts', '0004_audit_and_limits'),
        ('accounts', '0005_plain_help_texts'),
        ('accounts', '0006_allauth'),
        ('accounts', '0007_audit_log'),
        ('accounts', '0008_file_names'),
        ('accounts', '0009_index_of_audit_texts'),
    ]

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='SignInCounter',
                fields=[
                    ('key', models.CharField(help_text='SHA-256 of the account, address or pair', max_length=64, primary_key=True, serialize=False)),
                    ('failures', models.PositiveIntegerField(default=0)),
                    ('wait_until', models.DateTimeField(help_text='passwords are refused until then', null=True)),
                    ('signed_in_at', models.DateTimeField(help_text='last success of this account from this address', null=True)),
                    ('updated_at', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='LoginLink',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('digest', models.CharField(help_text='SHA-256 of the token', max_length=64, unique=True)),
                    ('auth_hash', models.CharField(help_text="of the person's password when the link was made", max_length=128)),
                    ('expires_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='SpentToken',
                fields=[
                    ('digest', models.CharField(help_text='SHA-256 of the token', max_length=64, primary_key=True, serialize=False)),
                    ('forget_at', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='Preferences',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('shares_runs', models.BooleanField(default=False, help_text='new runs are shown to the team as examples')),
                    ('file_names', models.CharField(blank=True, help_text="the template of saved results' names (`profile/name_template.py`)", max_length=200)),
                ],
                options={
                    'verbose_name_plural': 'preferences',
                },
            ),
            migrations.CreateModel(
                name='QueuedMail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('to', models.EmailField(max_length=254)),
                    ('subject', models.CharField(max_length=255)),
                    ('sealed', models.BinaryField(help_text='the text, sealed with SECRET_KEY (`accounts.mail`)')),
                    ('next_attempt_at', models.DateTimeField(db_index=True)),
                    ('attempts', models.PositiveIntegerField(default=0)),
                ],
            ),
            migrations.CreateModel(
                name='RateBucket',
                fields=[
                    ('key', models.CharField(help_text='SHA-256 of the limit and the client', max_length=64, primary_key=True, serialize=False)),
                    ('tokens', models.FloatField(help_text='requests left when they were counted')),
                    ('counted_at', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='AuditEntry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('serialized_data', models.JSONField(null=True)),
                    ('changes_text', models.TextField(blank=True, verbose_name='change message')),
                    ('changes', models.JSONField(null=True, verbose_name='change message')),
                    ('remote_addr', models.GenericIPAddressField(blank=True, null=True, verbose_name='remote address')),
                    ('remote_port', models.PositiveIntegerField(blank=True, null=True, verbose_name='remote port')),
                    ('additional_data', models.JSONField(blank=True, null=True, verbose_name='additional data')),
                    ('actor_email', models.CharField(blank=True, max_length=254, null=True, verbose_name='actor email')),
                    ('content_type', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contenttypes.contenttype')),
                    ('object_pk', models.CharField(blank=True, max_length=255)),
                    ('object_id', models.BigIntegerField(blank=True, null=True)),
                    ('object_repr', models.CharField(blank=True, max_length=255)),
                    ('action', models.PositiveSmallIntegerField(choices=[(0, 'create'), (1, 'update'), (2, 'delete'), (3, 'access')], default=3)),
                    ('actor', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('cid', models.CharField(blank=True, max_length=255, null=True)),
                    ('timestamp', models.DateTimeField(default=django.utils.timezone.now)),
                    ('actor_name', models.CharField(help_text='as it was when they acted', max_length=150)),
                    ('event', models.CharField(help_text='a past participle, such as blocked', max_length=60)),
                    ('kind', models.CharField(help_text="the row's model, such as playground.run", max_length=100)),
                    ('in_project', models.BigIntegerField(help_text="the project's key, if any", null=True)),
                    ('detail', models.TextField(blank=True)),
                ],
                options={
                    'verbose_name': 'audit entry',
                    'verbose_name_plural': 'audit entries',
                    'ordering': ['-timestamp', '-pk'],
                    'indexes': [models.Index(fields=['-timestamp', '-id'], name='audit_by_time'), models.Index(fields=['kind', 'object_pk', '-timestamp'], name='audit_of_object'), models.Index(fields=['kind', '-timestamp', '-id'], name='audit_of_kind'), models.Index(fields=['event', '-timestamp', '-id'], name='audit_of_event'), models.Index(fields=['actor_name', '-timestamp', '-id'], name='audit_of_name'), models.Index(fields=['actor'], name='audit_of_actor'), models.Index(condition=models.Q(('in_project__isnull', False)), fields=['in_project', '-timestamp', '-id'], name='audit_in_project'), models.Index(fields=['remote_addr', '-timestamp', '-id'], name='audit_from_address')],
                },
            ),
        ),
        AddTrigramIndex(
            'audit_text',
            'accounts_auditentry',
            ['UPPER(actor_name)', 'UPPER(event)', 'UPPER(object_repr)', 'UPPER(detail)'],
        ),
    ]
