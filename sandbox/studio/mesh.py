"""3D meshes: recorded GLB files."""

from typing import Any

from sandbox import recorded_files
from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context


def carve(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return a recorded vessel, planet or terrain, which depends on the prompt and the seed."""
    seed, shape = context.seed(arguments), arguments["shape"]
    data = recorded_files.choice(f"solids/{shape}-*.glb", arguments["prompt"], seed)
    context.step(1, 1, f"Carved a {shape}", 0.5)
    return {"model_mesh": context.save(data, "model/gltf-binary", f"{shape}.glb"), "seed": seed}
