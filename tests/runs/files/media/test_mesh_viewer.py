"""Meshes: rendered by a program that can be killed, shown in a sandboxed frame, or downloaded."""

import base64
import io
import json
from typing import Any

import pytest
import trimesh
from django.core.files.storage import default_storage
from PIL import Image

from runs.files.media import mesh_program, mesh_viewer
from runs.models import Artifact
from tests.runs.copying import copy, glb

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]


def mesh_that_claims(count: int) -> bytes:
    """Return a file of a few hundred bytes that claims this many corners and contains none."""
    corners = {"componentType": 5126, "count": count, "type": "VEC3"}
    content = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 4}]}],
        "accessors": [corners],
        "buffers": [{"byteLength": 0}],
        "bufferViews": [{"buffer": 0, "byteLength": 0}],
    }
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    chunk = len(text).to_bytes(4, "little") + b"JSON" + text
    chunk += bytes(4) + b"BIN\0"
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunk)).to_bytes(4, "little") + chunk


def viewer_of(row: Artifact) -> str:
    return f"{row.get_absolute_url()}viewer/"


@pytest.mark.any_database
def test_a_mesh_preview_comes_with_its_copy_in_a_sealed_frame(member, artifact):
    row = copy(artifact("mesh"), glb())
    assert (row.state, row.kind, row.error) == ("stored", "mesh", "")
    assert row.poster
    assert row.thumbnail
    assert viewer_of(row) in member.get(row.run.get_absolute_url()).content.decode()
    response: Any = member.get(viewer_of(row))
    page = b"".join(response.streaming_content)
    assert b"GLTFLoader" in page
    assert page.endswith(mesh_viewer.CAMERA_SCRIPT)
    # messages of other windows do not move the camera
    assert b"source === parent" in mesh_viewer.CAMERA_SCRIPT
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.headers["Content-Security-Policy"] == mesh_viewer.POLICY
    assert "sandbox allow-scripts; default-src 'none'" in mesh_viewer.POLICY


@pytest.mark.any_database
@pytest.mark.parametrize("data", [mesh_that_claims(3_000_000), mesh_that_claims(2**31), b"glTF"])
def test_a_mesh_that_cannot_be_shown_says_so_and_can_be_downloaded(member, artifact, data):
    row = copy(artifact("mesh"), data)
    assert (row.state, row.kind, row.error) == ("stored", "mesh", mesh_viewer.UNSHOWN)
    assert (row.poster, row.thumbnail) == ("", "")
    page = member.get(row.run.get_absolute_url()).content.decode()
    assert mesh_viewer.UNSHOWN in page
    assert viewer_of(row) not in page
    assert f'href="{row.get_absolute_url()}?download"' in page
    assert member.get(viewer_of(row)).status_code == 404
    assert not default_storage.exists(mesh_viewer.page_name(row.file))


@pytest.mark.parametrize("kind", ["glb", "ply"])
def test_a_mesh_and_a_point_cloud_have_a_viewer_and_a_picture(kind, tmp_path):
    mesh: Any = trimesh.creation.box()
    if kind == "ply":
        cloud: Any = trimesh.PointCloud  # formats without a content type
        mesh = cloud(mesh.vertices)
    path, page = tmp_path / f"mesh.{kind}", tmp_path / "page.html"
    path.write_bytes(mesh.export(file_type=kind))
    assert mesh_program.render(str(path), kind, str(page)) == {}
    assert page.stat().st_size > 1000
    poster = base64.b64decode(mesh_program.draw(str(path), kind)["poster"])
    assert Image.open(io.BytesIO(poster)).getbbox()
