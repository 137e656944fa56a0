"""Endpoint ids against the protocol and against fal's own client (C14)."""

import pytest
from fal_client.client import AppId
from hypothesis import given
from hypothesis import strategies as st

import fal

IDS = {
    "fal-ai/recraft-v3": ("", "fal-ai", "recraft-v3", ""),
    "fal-ai/flux/dev": ("", "fal-ai", "flux", "dev"),
    "fal-ai/kling-video/v2.1/pro/image-to-video": (
        "", "fal-ai", "kling-video", "v2.1/pro/image-to-video",
    ),
    "workflows/alice/my-flow": ("workflows", "alice", "my-flow", ""),
    "comfy/alice/graph/run": ("comfy", "alice", "graph", "run"),
    "123-abc": ("", "123", "abc", ""),
    "110602490-Shared-loras": ("", "110602490", "Shared-loras", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), IDS.items())
def test_c14_ids_are_parsed_into_their_parts(text, parts):
    endpoint_id = fal.EndpointId.parse(text)
    assert (endpoint_id.namespace, endpoint_id.owner, endpoint_id.alias, endpoint_id.path) == parts


@pytest.mark.parametrize("text", IDS)
def test_c14_ids_are_read_as_fal_client_reads_them(text):
    ours, theirs = fal.EndpointId.parse(text), AppId.from_endpoint_id(text)
    assert (ours.namespace or None, ours.owner) == (theirs.namespace, theirs.owner)
    assert (ours.alias, ours.path or None) == (theirs.alias, theirs.path)


@pytest.mark.parametrize(
    "text",
    [
        "", "flux", "fal-ai/", "/flux", "fal-ai//dev", "workflows/alice", "comfy", "abc-123",
        "fal-ai/flux?x=1", "fal-ai/flux#x", "fal-ai/../keys", "fal-ai/./x", "fal-ai/fl ux",
        "fal-ai/flux\n", "fal-ai/fl%2fux", "fal-ai\\flux", "a/b/", "\u2028/b",
    ],
)  # fmt: skip
def test_c14_an_invalid_id_is_refused_by_name(text):
    with pytest.raises(fal.InvalidEndpointId, match="not an endpoint id"):
        fal.EndpointId.parse(text)


def test_the_app_of_an_id_is_what_requests_belong_to():
    assert fal.EndpointId.parse("comfy/alice/graph/run").app == "comfy/alice/graph"
    assert str(fal.EndpointId.parse("comfy/alice/graph/run")) == "comfy/alice/graph/run"
    assert str(fal.EndpointId.parse("123-abc")) == "123/abc"


@given(st.text(max_size=40) | st.from_regex(r"\A[a-z0-9.-]{1,5}(/[a-z0-9.-]{1,5}){1,4}\Z"))
def test_any_text_is_an_id_that_round_trips_or_is_refused(text):
    try:
        endpoint_id = fal.EndpointId.parse(text)
    except fal.InvalidEndpointId:
        return
    assert fal.EndpointId.parse(str(endpoint_id)) == endpoint_id
