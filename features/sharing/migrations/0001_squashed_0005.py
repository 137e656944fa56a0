import core.db.encrypted_field
import core.db.json_field
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('sharing', '0001_shares'),
        ('sharing', '0002_reviewers_name_key'),
        ('sharing', '0003_reports'),
        ('sharing', '0004_share_item_inputs'),
        ('sharing', '0005_news_of_reviews'),
    ]

    dependencies = [
        ('boards', '0001_squashed_0019'),
        ('playground', '0001_squashed_0048'),
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Share',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('token', core.db.encrypted_field.EncryptedTextField(editable=False)),
                    ('token_digest', models.CharField(editable=False, max_length=64, unique=True)),
                    ('kind', models.CharField(choices=[('results', 'Results'), ('series', 'Series'), ('view', 'View'), ('board', 'Board'), ('collection', 'Collection'), ('preset', 'Preset'), ('prompt', 'Prompt'), ('flow', 'Flow'), ('report', 'Report')], default='results', max_length=12)),
                    ('source', models.CharField(blank=True, help_text='the key of what is shown', max_length=64)),
                    ('title', models.CharField(blank=True, max_length=120)),
                    ('note', models.TextField(blank=True, help_text='said to its visitors', max_length=2000)),
                    ('audience', models.CharField(choices=[('project', 'Members of a project'), ('house', 'Everybody who logs in'), ('link', 'Whoever has the link'), ('public', 'Everybody, search engines too')], default='link', max_length=8)),
                    ('for_project', models.ForeignKey(blank=True, help_text='whose members may open it, with the audience “project”', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                    ('password', models.CharField(blank=True, help_text='hashed; empty: none', max_length=200)),
                    ('expires_at', models.DateTimeField(blank=True, null=True)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('follows', models.BooleanField(default=False, help_text='shows what is there when it is opened')),
                    ('frozen', core.db.json_field.ExactJSONField(blank=True, help_text='what was there when it was made', null=True)),
                    ('shows_models', models.BooleanField(default=True)),
                    ('shows_settings', models.BooleanField(default=True, help_text='prompt, arguments, seed')),
                    ('shows_prices', models.BooleanField(default=False)),
                    ('allows_download', models.BooleanField(default=True)),
                    ('picks', models.CharField(blank=True, choices=[('', 'No picks'), ('one', 'One'), ('some', 'Up to a number'), ('ranked', 'In order, best first')], default='', max_length=8)),
                    ('most_picks', models.PositiveSmallIntegerField(default=0, help_text='0: as many as one likes')),
                    ('takes_ratings', models.BooleanField(default=False)),
                    ('takes_comments', models.BooleanField(default=False)),
                    ('takes_votes', models.BooleanField(default=False, help_text='of a board: blind votes')),
                    ('takes_rows', models.BooleanField(default=False, help_text='of a board: rows to be tried')),
                    ('closed_at', models.DateTimeField(blank=True, help_text='takes nothing more since', null=True)),
                    ('version', models.PositiveBigIntegerField(default=0, help_text='raised by all that is said')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('views', models.PositiveIntegerField(default=0, help_text='by others than its makers')),
                    ('viewed_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['-created_at', 'pk'],
                    'permissions': [('see_all_shares', "Can see and end everybody's shares")],
                    'indexes': [models.Index(fields=['user', '-created_at'], name='share_of_user'), models.Index(fields=['kind', 'source'], name='share_of_source')],
                },
            ),
            migrations.CreateModel(
                name='Reviewer',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('share', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviewers', to='sharing.share')),
                    ('user', models.ForeignKey(blank=True, help_text='empty: a guest', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('name', models.CharField(max_length=60)),
                    ('name_key', models.CharField(editable=False, help_text='equal for names that look the same', max_length=1080)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('finished_at', models.DateTimeField(blank=True, help_text='when they said that they are done', null=True)),
                    ('news_due_at', models.DateTimeField(blank=True, db_index=True, help_text="when the share's user hears what they said", null=True)),
                    ('told_at', models.DateTimeField(blank=True, help_text="until when the share's user has heard", null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('share', 'name_key'), name='reviewer_name_once'), models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('share', 'user'), name='reviewer_once_per_user')],
                },
            ),
            migrations.CreateModel(
                name='Report',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='boards.board')),
                    ('question', models.CharField(max_length=300)),
                    ('sentences', core.db.json_field.ExactJSONField(default=dict, help_text="the maker's own texts, by section")),
                    ('snapshot', core.db.json_field.ExactJSONField(default=dict, help_text="the board's content when it was kept last")),
                    ('snapshot_at', models.DateTimeField()),
                    ('frozen_at', models.DateTimeField(blank=True, help_text='shows the snapshot since; empty: follows the board', null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'ordering': ['-created_at'],
                    'indexes': [models.Index(fields=['project', '-created_at'], name='report_in_project')],
                },
            ),
            migrations.CreateModel(
                name='Comment',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('share', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='sharing.share')),
                    ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='sharing.shareitem')),
                    ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='sharing.reviewer')),
                    ('parent', models.ForeignKey(blank=True, help_text='the comment that it answers; empty: it begins a thread', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='sharing.comment')),
                    ('text', models.TextField(max_length=5000)),
                    ('x', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('y', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('from_ms', models.PositiveIntegerField(blank=True, null=True)),
                    ('to_ms', models.PositiveIntegerField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('changed_at', models.DateTimeField(blank=True, null=True)),
                    ('resolved_at', models.DateTimeField(blank=True, help_text="of a thread's first one", null=True)),
                    ('resolved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sharing.reviewer')),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                    ('mentioned', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['created_at', 'pk'],
                    'indexes': [models.Index(fields=['share', 'created_at'], name='comments_of_share')],
                },
            ),
            migrations.CreateModel(
                name='ShareItem',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('share', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='sharing.share')),
                    ('number', models.PositiveIntegerField(help_text='in addresses, from 1; for good')),
                    ('place', models.PositiveIntegerField(help_text="in the share's order; there may be gaps")),
                    ('run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='playground.run')),
                    ('position', models.PositiveIntegerField(default=0, help_text="of the file among the run's; 0 where the run has none")),
                    ('upload', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='playground.upload')),
                    ('is_input', models.BooleanField(default=False, help_text='what results were made from: shown with the settings, not judged')),
                    ('is_gone', models.BooleanField(default=False, help_text='no longer in what the share follows: shown to nobody')),
                    ('previous', models.ForeignKey(blank=True, help_text='the version before this one', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='later', to='sharing.shareitem')),
                    ('answers', models.ForeignKey(blank=True, help_text='the comment that this version answers', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='answers', to='sharing.comment')),
                    ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['place', 'number'],
                    'indexes': [models.Index(fields=['run', 'position'], name='shares_of_result')],
                    'constraints': [models.UniqueConstraint(fields=('share', 'number'), name='share_item_number_once'), models.UniqueConstraint(condition=models.Q(('run__isnull', False)), fields=('share', 'run', 'position'), name='result_once_in_share'), models.UniqueConstraint(condition=models.Q(('upload__isnull', False)), fields=('share', 'upload'), name='upload_once_in_share')],
                },
            ),
            migrations.CreateModel(
                name='Pick',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='picks', to='sharing.reviewer')),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='picks', to='sharing.shareitem')),
                    ('rank', models.PositiveSmallIntegerField(default=0)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['rank', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('reviewer', 'item'), name='pick_once_per_item')],
                },
            ),
            migrations.CreateModel(
                name='Rating',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ratings', to='sharing.reviewer')),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ratings', to='sharing.shareitem')),
                    ('stars', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)])),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('reviewer', 'item'), name='rating_once_per_item')],
                },
            ),
        ),
    ]
