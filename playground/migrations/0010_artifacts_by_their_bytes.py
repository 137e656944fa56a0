"""What was copied before its bytes were asked what it is: kinds that they prove, and files without any."""

from typing import Any

from django.db import migrations
from django.db.models import Q

# Types that no file has but by its first bytes. mp4, webm and ogg may hold a sound alone: where a film
# or a sound was expected, they say nothing against it.
IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]
SOUNDS = ["audio/mp4", "audio/wav", "audio/mpeg", "audio/flac"]
EITHER = ["video/mp4", "video/webm", "video/quicktime", "audio/ogg"]


def correct(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("playground", "Artifact").objects.filter(state="stored")
    rows.filter(content_type__in=IMAGES).exclude(kind="image").update(kind="image")
    rows.filter(content_type__in=SOUNDS).exclude(kind="audio").update(kind="audio")
    rows.filter(content_type="model/gltf-binary").exclude(kind="mesh").update(kind="mesh")
    unexpected = rows.filter(content_type__in=EITHER).exclude(kind__in=["video", "audio"])
    has_pictures = Q(poster__gt="")
    unexpected.filter(has_pictures | Q(duration_s=None)).update(kind="video")
    unexpected.update(kind="audio")
    told = "Upstream gave an empty file (0 bytes)."
    rows.filter(size_bytes=0).update(state="lost", error=told)


class Migration(migrations.Migration):
    dependencies = [("playground", "0009_late_looks")]
    operations = [migrations.RunPython(correct, migrations.RunPython.noop)]
