import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('people', '0001_initial'),
        ('people', '0002_existing_people'),
        ('people', '0003_invitation_sent_at'),
    ]

    dependencies = [
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='GivenPermission',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(max_length=16)),
                    ('permission', models.CharField(help_text='such as projects.add_project', max_length=160)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('role', 'permission'), name='permission_given_once')],
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('digest', models.CharField(help_text='SHA-256 of the token', max_length=64, unique=True)),
                    ('role', models.CharField(choices=[('member', 'Member'), ('curator', 'Curator'), ('admin', 'Admin')], default='member', max_length=8)),
                    ('email', models.EmailField(blank=True, help_text='whom it is for; empty: whoever has the link', max_length=254)),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('made_at', models.DateTimeField(auto_now_add=True)),
                    ('expires_at', models.DateTimeField()),
                    ('sent_at', models.DateTimeField(help_text='when its link was mailed, and shown to nobody; empty: it was shown', null=True)),
                    ('max_uses', models.PositiveIntegerField(blank=True, help_text='empty: any number', null=True)),
                    ('uses', models.PositiveIntegerField(default=0)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['-made_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='InvitedProject',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='people.invitation')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                    ('role', models.CharField(choices=[('viewer', 'Viewer'), ('maker', 'Maker'), ('manager', 'Manager')], default='maker', max_length=8)),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(fields=('invitation', 'project'), name='project_once_per_invitation')],
                },
            ),
            migrations.CreateModel(
                name='Joining',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='joinings', to='people.invitation')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='joinings', to=settings.AUTH_USER_MODEL)),
                    ('joined_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['-joined_at', '-pk'],
                    'constraints': [models.UniqueConstraint(fields=('invitation', 'user'), name='joined_once_by_each')],
                },
            ),
        ),
    ]
