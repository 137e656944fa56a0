"""Pictures of meshes: shape, light and colours, within limits whatever the file contains."""

import io
import time
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
def test_a_box_shows_three_faces_in_different_light(kind: str) -> None:
    pixels = draw_mesh(trimesh.creation.box(), kind)
    top = pixels[MIDDLE // 3, MIDDLE]
    left, right = pixels[MIDDLE + 60, MIDDLE - 120], pixels[MIDDLE + 60, MIDDLE + 160]
    assert pixels[5, 5, 3] == 0
    assert top[3] == left[3] == right[3] == 255
    assert top[0] > left[0] > right[0] > 40


def test_a_ball_has_no_holes_and_is_round() -> None:
    solid = draw_mesh(trimesh.creation.icosphere(4))[:, :, 3] == 255
    rows, columns = np.indices(solid.shape) - (MIDDLE - 0.5)
    distance = np.hypot(rows, columns) / (MIDDLE * (1 - 2 * 0.04))
    assert solid[distance < 0.98].all()
    assert not solid[distance > 1.02].any()


@pytest.mark.exhaustive
def test_an_inside_out_mesh_looks_the_same() -> None:
    ball = trimesh.creation.icosphere(3)
    inverted = ball.copy()
    inverted.invert()
    assert np.abs(draw_mesh(ball) - draw_mesh(inverted)).mean() < 1


def test_the_nearer_of_two_meshes_hides_the_other() -> None:
    near, far = trimesh.creation.box([1, 1, 0.1]), trimesh.creation.box([1, 1, 0.1])
    near.visual.vertex_colors, far.visual.vertex_colors = [255, 0, 0], [0, 0, 255]
    far.apply_translation([0, 0, -0.05])
    pixels = draw_mesh([far, near.apply_translation([0, 0, 0.05])])
    red, _, blue, _ = pixels[MIDDLE, MIDDLE - 60]
    assert (red > 80, blue) == (True, 0)


def test_it_has_the_colours_of_corners_and_of_a_texture() -> None:
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


@pytest.mark.exhaustive
def test_a_mesh_of_many_faces_is_drawn_in_time() -> None:
    ball = trimesh.creation.icosphere(7)  # 327,680 faces
    began = time.process_time()
    mesh_picture.draw(trimesh.Scene(ball))
    assert time.process_time() - began < 5  # about one second on an idle machine


def test_of_too_many_faces_some_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_picture, "_MOST_FACES", 3000)
    assert draw_mesh(trimesh.creation.icosphere(4))[MIDDLE, MIDDLE, 3] > 0


@pytest.mark.parametrize(
    "vertices",
    [[[0, 0, 0]] * 3, [[0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 0, 0], [1e30, 0, 0], [0, 1e30, 0]]],
    ids=["point", "line", "huge"],
)
def test_strange_meshes_are_drawn(vertices: Any) -> None:
    mesh = trimesh.Trimesh(vertices, [[0, 1, 2]], process=False)
    assert mesh_picture.draw(trimesh.Scene(mesh)).size == (mesh_picture.SIDE, mesh_picture.SIDE)


@pytest.mark.parametrize("vertices", [[], [[np.nan] * 3] * 3], ids=["nothing", "no numbers"])
def test_a_scene_without_faces_has_no_picture(vertices: Any) -> None:
    faces = [[0, 1, 2]] if vertices else []
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    with pytest.raises(ValueError, match="no faces"):
        mesh_picture.draw(trimesh.Scene(mesh))
