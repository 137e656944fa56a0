"""Models that create and edit 3D meshes."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import boolean, choice, integer, media, number, record, ref, text
from sandbox.models.common import PICTURE, SEED, SOLID, USED_SEED, output

FACES = integer("How many faces the mesh has.")

MODELS = [
    Model(
        "sandbox/relief",
        "Relief",
        "image-to-3d",
        "A picture as a relief you can turn: what is bright stands out.",
        record(
            "ReliefInput",
            {
                "image_url": media("image", "The picture to raise.", examples=[PICTURE]),
                "detail": choice(
                    ["64", "128", "192"], "Points along the longer side.", default="128"
                ),
                "depth": number("How far it stands out.", 0.02, 0.6, default=0.22),
                "invert": boolean("Dark stands out instead.", default=False),
            },
            ["image_url"],
        ),
        output("MeshOutput", ["model_mesh"], model_mesh=ref("File"), faces=FACES),
        "mesh:relief",
        group=("relief", "Image to 3D"),
        price=0.04,
        unit="models",
        date="2026-07-01T08:00:00.000Z",
        tags=("glb",),
    ),
    Model(
        "sandbox/relief/text-to-3d",
        "Kiln",
        "text-to-3d",
        "A recorded vessel, planet or piece of land, glazed in the colours of your words.",
        record(
            "TextTo3DInput",
            {
                "prompt": text(
                    "Words for form and glaze.", examples=["A coral vase from a tropical market"]
                ),
                "shape": choice(["vessel", "planet", "terrain"], "What to make.", default="vessel"),
                "seed": SEED,
            },
            ["prompt"],
        ),
        output(
            "MeshOutput",
            ["model_mesh", "seed"],
            model_mesh=ref("File"),
            seed=USED_SEED,
            faces=FACES,
        ),
        "mesh:carve",
        group=("relief", "Text to 3D"),
        price=0.05,
        unit="models",
        date="2026-07-02T08:00:00.000Z",
        tags=("glb", "new"),
    ),
    Model(
        "sandbox/relief/remesh",
        "Remesh",
        "3d-to-3d",
        "Makes a mesh smoother or finer.",
        record(
            "RemeshInput",
            {
                "model_url": media("file", "The GLB file.", examples=[SOLID]),
                "operation": choice(["smooth", "subdivide"], "What to do.", default="smooth"),
                "iterations": integer("How often to smooth.", 1, 60, default=12),
            },
            ["model_url"],
        ),
        output("RemeshOutput", ["model_glb"], model_glb=ref("File"), faces=FACES),
        "mesh:remesh",
        group=("relief", "3D to 3D"),
        price=0.01,
        unit="models",
        date="2026-07-03T08:00:00.000Z",
    ),
]
