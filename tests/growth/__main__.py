"""Prints how long each entry point takes for half of its largest input, and for all of it."""

import os

import django

from tests.bench.figures import table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.growth.measuring import measure  # noqa: E402 - the ways in import models
from tests.growth.ways import WAYS  # noqa: E402

HEAD = ["way in", "size", "s", "size x 2", "s", "ratio", ""]
rows = []
for way in WAYS:
    growth = measure(way)
    sizes = [
        f"{way.limit // 2:,}",
        f"{growth.half_s:.3f}",
        f"{way.limit:,}",
        f"{growth.whole_s:.3f}",
    ]
    rows.append([way.name, *sizes, f"{growth.ratio:.1f}", "" if growth.is_linear else "NOT LINEAR"])
print(table(HEAD, rows))
