"""Pictures of meshes: shape, light and colours, within limits whatever the file contains."""

import io
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from PIL import Image

from runs.files.media import mesh_picture
from tests.sampling import sample

pytestmark = pytest.mark.any_database
MIDDLE = mesh_picture.SIDE // 2


def draw_mesh(mesh: Any, kind: str = "glb") -> NDArray[Any]:
    """Write a mesh to a file of this kind, read it again, and return its picture's pixels."""
    scene: Any = trimesh.Scene(mesh)
    data = scene.export(file_type=kind)
    content = data if isinstance(data, bytes) else data.encode()
    scene = trimesh.load_scene(io.BytesIO(content), file_type=kind)
    return np.asarray(mesh_picture.draw(scene)).astype(int)


@pytest.mark.parametrize("kind", sample(["glb", "obj", "ply", "stl"], 1, by_seed=0))
def test_a_box_shows_three_faces_in_different_light(kind):
    pixels = draw_mesh(trimesh.creation.box(), kind)
    top = pixels[MIDDLE // 3, MIDDLE]
    left, right = pixels[MIDDLE + 60, MIDDLE - 120], pixels[MIDDLE + 60, MIDDLE + 160]
    assert pixels[5, 5, 3] == 0
    assert top[3] == left[3] == right[3] == 255
    assert top[0] > left[0] > right[0] > 40


@pytest.mark.parametrize(
    "vertices",
    [[[0, 0, 0]] * 3, [[0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 0, 0], [1e30, 0, 0], [0, 1e30, 0]]],
    ids=["point", "line", "huge"],
)
def test_strange_meshes_are_drawn(vertices):
    mesh = trimesh.Trimesh(vertices, [[0, 1, 2]], process=False)
    assert mesh_picture.draw(trimesh.Scene(mesh)).size == (mesh_picture.SIDE, mesh_picture.SIDE)


@pytest.mark.parametrize("vertices", [[], [[np.nan] * 3] * 3], ids=["nothing", "no numbers"])
def test_a_scene_without_faces_has_no_picture(vertices):
    faces = [[0, 1, 2]] if vertices else []
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    with pytest.raises(ValueError, match="no faces"):
        mesh_picture.draw(trimesh.Scene(mesh))


def test_it_has_the_colours_of_corners_and_of_a_texture():
    painted = trimesh.creation.icosphere(4)
    painted.visual.vertex_colors = np.where(painted.vertices[:, :1] < 0, [255, 0, 0], [0, 255, 0])
    pixels = draw_mesh(painted)
    assert pixels[MIDDLE, 80, 0] > 100 > pixels[MIDDLE, 80, 1]
    assert pixels[MIDDLE, -80, 1] > 60 > pixels[MIDDLE, -80, 0]
    square = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    chequers = Image.new("RGB", (2, 2), "blue")
    chequers.putpixel((0, 0), (255, 255, 0))  # upper left
    visual: Any = trimesh.visual
    square.visual = visual.TextureVisuals(
        uv=[[0, 0], [1, 0], [1, 1], [0, 1]],
        material=visual.material.PBRMaterial(
            baseColorTexture=chequers, baseColorFactor=[255, 255, 255, 255]
        ),
    )
    pixels = draw_mesh(square)
    assert pixels[MIDDLE - 150, MIDDLE - 150, 0] > 100 > pixels[MIDDLE - 150, MIDDLE - 150, 2]
    assert pixels[MIDDLE + 150, MIDDLE + 150, 2] > 100 > pixels[MIDDLE + 150, MIDDLE + 150, 0]


def test_of_too_many_faces_some_are_left_out(monkeypatch):
    monkeypatch.setattr(mesh_picture, "_MOST_FACES", 3000)
    assert draw_mesh(trimesh.creation.icosphere(4))[MIDDLE, MIDDLE, 3] > 0
