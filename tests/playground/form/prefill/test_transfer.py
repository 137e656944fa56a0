"""Taking a run's values and results over to another model."""

from collections.abc import Callable

import pytest

from catalog.models import Endpoint
from playground.form.prefill.transfer import Transfer, transfer
from runs.models import Run
from tests.runs.results_to_use import document, models, result_of

__all__ = ["models", "result_of"]

Make = Callable[..., Run]


def carry_over(run: Run, endpoint: Endpoint) -> Transfer:
    endpoint.refresh_from_db()
    return transfer(endpoint, run.arguments, run.endpoint, run)


def own_address(run: Run, position: int = 0) -> str:
    return f"/runs/{run.pk}/artifacts/{position}/"


def test_a_picture_becomes_the_start_frame_of_a_film(models, result_of):
    run = result_of(models["draw"], "image", "image", arguments={"prompt": "a fox", "loras": []})
    carried_over = carry_over(run, models["film"])
    assert carried_over.arguments == {"prompt": "a fox", "image_url": own_address(run)}
    fates = dict(carried_over.fates)
    assert fates["Taken over"] == "prompt"
    assert fates["From the result"] == "“Image” holds its picture"
    assert fates["Not in this model"] == "loras"


def test_another_model_of_the_same_task_gets_the_same_inputs(models, result_of):
    run = result_of(models["upscaler"], "image", arguments={"image_url": "https://x.test/a.png"})
    carried_over = carry_over(run, models["fill"])
    assert carried_over.arguments == {"image_url": "https://x.test/a.png"}
    assert carry_over(run, models["edit"]).arguments == {"image_urls": ["https://x.test/a.png"]}


def test_trained_weights_become_a_lora(models, result_of):
    run = result_of(
        models["trainer"],
        "file:config.json",
        "file:style.safetensors",
        arguments={"images_data_url": "https://x.test/a.zip", "steps": 2000},
    )
    carried_over = carry_over(run, models["draw"])
    assert carried_over.arguments == {"loras": [{"path": own_address(run, 1)}]}
    assert dict(carried_over.fates)["Not in this model"] == "images_data_url, steps"


def test_a_text_fills_the_prompt_of_a_next_step(models, result_of):
    run = result_of(models["listen"], output={"output": "what was said"})
    assert carry_over(run, models["draw"]).arguments == {"prompt": "what was said"}


def test_values_that_do_not_fit_are_named_with_why(models, result_of):
    run = result_of(models["trainer"], arguments={"prompt": {"a": [1]}, "steps": 3})
    carried_over = carry_over(run, models["draw"])
    assert carried_over.arguments == {}
    assert carried_over.unknown == ["steps"]
    assert [reason.startswith("prompt (") for reason in carried_over.unfit] == [True]


def test_values_in_another_notation_are_converted(models, result_of, flux, make_endpoint):
    ratio = {"type": "string", "enum": ["1:1", "16:9"], "default": "1:1"}
    other = make_endpoint("b/wide", document({"aspect_ratio": ratio}, "image"))
    run = result_of(flux, arguments={"image_size": "landscape_16_9"})
    carried_over = carry_over(run, other)
    assert carried_over.arguments == {"aspect_ratio": "16:9"}
    assert dict(carried_over.fates) == {"Changed": "image_size landscape_16_9 → aspect_ratio 16:9"}


@pytest.mark.parametrize("arguments", [[], "text", {}, {"prompt": None}])
def test_any_arguments_can_be_carried_over(models, result_of, arguments):
    run = result_of(models["trainer"], arguments=arguments)
    for endpoint in models.values():
        assert isinstance(carry_over(run, endpoint).arguments, dict)
