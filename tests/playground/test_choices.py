"""Which ways a model offers, and what is told on the way: pure, without a database."""

from __future__ import annotations

import json

from catalog.models import Endpoint
from playground.transports import choices, direct, telling


def test_long_data_uris_are_left_out_of_what_is_shown_on_the_way() -> None:
    long = "data:image/png;base64," + "A" * telling.LONGEST_DATA_URI
    value = {"images": [{"url": long}, {"url": "data:image/png;base64,AA"}], "text": "data"}
    kept = telling.trimmed(value)
    assert json.loads(json.dumps(kept)) == {
        "images": [{"url": ""}, {"url": "data:image/png;base64,AA"}],
        "text": "data",
    }


def test_a_model_offers_the_queue_first_and_a_stream_where_it_has_one() -> None:
    plain = Endpoint(endpoint_id="fal-ai/flux")
    streaming = Endpoint(endpoint_id="fal-ai/any-llm", stream_url="https://fal.ai/x/stream")
    named = Endpoint(endpoint_id="fal-ai/any-llm/stream")
    assert [one.value for one in choices.offered(plain)] == ["queue", "sync", "websocket"]
    for endpoint in (streaming, named):
        offered = [one.value for one in choices.offered(endpoint)]
        assert offered == ["queue", "stream", "sync", "websocket"]
    assert choices.chosen(plain, {"~transport": ["stream"]}) == "queue"
    assert choices.chosen(streaming, {"~transport": ["stream"]}) == "stream"
    assert set(direct.OPENED) == {"sync", "stream", "websocket"}
