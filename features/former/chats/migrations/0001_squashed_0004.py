import core.db.json_field
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('chats', '0001_squashed_0003'),
        ('chats', '0004_kept'),
    ]

    dependencies = [
        ('catalog', '0001_squashed_0016'),
        ('playground', '0001_squashed_0048'),
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Chat',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chats', to=settings.AUTH_USER_MODEL)),
                    ('title', models.CharField(blank=True, max_length=200)),
                    ('endpoint', models.ForeignKey(help_text='who answers next', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.endpoint')),
                    ('second', models.ForeignKey(help_text='who answers each message as well, side by side', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.endpoint')),
                    ('system', models.TextField(blank=True, help_text='the system prompt of the next turn')),
                    ('settings', core.db.json_field.ExactJSONField(default=dict, help_text="the model's other arguments for the next")),
                    ('draft', core.db.json_field.ExactJSONField(default=dict, help_text='the composer as it was posted, not yet sent')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('said_at', models.DateTimeField(help_text='the last turn; none: nothing was said', null=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'ordering': ['-said_at'],
                    'indexes': [models.Index(fields=['user', '-said_at'], name='chat_list'), models.Index(fields=['project', '-said_at'], name='chat_in_project')],
                },
            ),
            migrations.CreateModel(
                name='Turn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('chat', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='turns', to='chats.chat')),
                    ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='children', to='chats.turn')),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.endpoint')),
                    ('run', models.ForeignKey(help_text='the answer', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='turns', to='playground.run')),
                    ('beside', models.ForeignKey(help_text='the same message to a second model, shown side by side', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='others', to='chats.turn')),
                    ('form_token', models.CharField(help_text='one per drawn composer: a double click is one turn', max_length=64)),
                    ('text', models.TextField()),
                    ('system', models.TextField(blank=True)),
                    ('settings', core.db.json_field.ExactJSONField(default=dict, help_text="the model's other arguments")),
                    ('left_out', models.PositiveIntegerField(default=0, help_text='the oldest turns that the model was not given: they did not fit')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(fields=('chat', 'form_token'), name='turn_once_per_form')],
                },
            ),
        ),
    ]
