"""Stores a file that a program posts; what cannot be stored is refused as a Problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.http.problem import Problem
from runs.files import storage_limits, uploads

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from projects.models import Project
    from runs.models import Upload


def store(
    user_id: int,
    file: UploadedFile[Any],
    kind: str,
    project: Project,
    *,
    place: dict[str, str],
    status: int = 422,
) -> Upload:
    """Return the upload; raises Problem. `kind` is what the file must be, `place` names its part.

    `status` is that of a file which is too large or of another kind.
    """
    try:
        return uploads.store(user_id, file, kind, project=project)
    except uploads.NotStored as error:
        raise Problem(507, str(error)) from error
    except storage_limits.QuotaExceeded as error:
        raise Problem(413, str(error), slug="quota-exceeded") from error
    except ValueError as error:
        errors = [place | {"detail": str(error)}]
        raise Problem(status, str(error), errors=errors) from error
