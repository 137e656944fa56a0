"""The transports a model offers, and partial results: pure functions, without a database."""

import json

from catalog.models import Endpoint
from runs.start import transport_choices
from runs.worker.transports import direct, partial_updates


def test_long_data_uris_are_left_out_of_partial_results():
    long = "data:image/png;base64," + "A" * partial_updates.LONGEST_DATA_URI
    value = {"images": [{"url": long}, {"url": "data:image/png;base64,AA"}], "text": "data"}
    shortened = partial_updates.without_long_data_uris(value)
    assert json.loads(json.dumps(shortened)) == {
        "images": [{"url": ""}, {"url": "data:image/png;base64,AA"}],
        "text": "data",
    }


def test_a_model_offers_the_queue_first_and_a_stream_where_it_has_one():
    plain = Endpoint(endpoint_id="fal-ai/flux")
    streaming = Endpoint(endpoint_id="fal-ai/any-llm", stream_url="https://fal.ai/x/stream")
    named = Endpoint(endpoint_id="fal-ai/any-llm/stream")
    assert [choice.value for choice in transport_choices.offered(plain)] == [
        "queue",
        "sync",
        "websocket",
    ]
    for endpoint in (streaming, named):
        offered = [choice.value for choice in transport_choices.offered(endpoint)]
        assert offered == ["queue", "stream", "sync", "websocket"]
    workflow = Endpoint(endpoint_id="workflows/ana/two", stream_url="https://fal.ai/x/stream")
    assert transport_choices.chosen(workflow, {}) == "stream"  # which names its steps
    assert transport_choices.chosen(plain, {"~transport": ["stream"]}) == "queue"
    assert transport_choices.chosen(streaming, {"~transport": ["stream"]}) == "stream"
    assert set(direct.CONNECTIONS) == {"sync", "stream", "websocket"}
