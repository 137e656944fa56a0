"""Search understands versions, joined names, misspelt words, synonyms and partial matches."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Endpoint, Favourite, Revision
from catalog.search import index as indexes
from catalog.search.engine import Answer, search
from catalog.search.query import Query
from tests.catalog.search.realistic import entries
from tests.tables import each_row

pytestmark = pytest.mark.both_databases

Make = Callable[..., Endpoint]


def ask(typed: str, **more: Any) -> Answer:
    return search(Query(q=typed, **more))


def ids(answer: Answer) -> list[str]:
    return [endpoint.endpoint_id for endpoint in answer.endpoints]


@pytest.fixture
def some(make_endpoint: Make) -> None:
    """A few models as upstream names them."""
    for place, (name, title, category, about) in enumerate(
        [
            ("fal-ai/flux-pro/v1.1", "FLUX1.1 [pro]", "text-to-image", "Pictures from words."),
            ("fal-ai/flux/dev", "FLUX.1 [dev]", "text-to-image", "Open weights."),
            ("fal-ai/flux-kontext/dev", "FLUX.1 Kontext [dev]", "image-to-image", "Edits."),
            (
                "fal-ai/kling-video/v2.1/master",
                "Kling 2.1 Master",
                "image-to-video",
                "Films from stills.",
            ),
            ("fal-ai/kling-video/v1.6/pro", "Kling 1.6", "text-to-video", "Films from words."),
            (
                "fal-ai/stable-diffusion-v35-large",
                "Stable Diffusion 3.5 Large",
                "text-to-image",
                "",
            ),
            ("fal-ai/nano-banana", "Nano Banana", "text-to-image", ""),
            ("fal-ai/whisper", "Whisper", "speech-to-text", "Writes down what is said."),
            ("bria/background/remove", "RMBG", "image-to-image", "Takes the background away."),
        ]
    ):
        make_endpoint(
            name, display_name=title, category=category, description=about, position=place
        )


@each_row(
    ("typed", "first"),
    [
        ("flux1.1pro", "fal-ai/flux-pro/v1.1"),
        ("flux 1.1 pro", "fal-ai/flux-pro/v1.1"),
        ("pro flux", "fal-ai/flux-pro/v1.1"),
        ("kling2.1", "fal-ai/kling-video/v2.1/master"),
        ("kling 2.1", "fal-ai/kling-video/v2.1/master"),
        ("kling 21", "fal-ai/kling-video/v2.1/master"),
        ("stable diffusion 3,5", "fal-ai/stable-diffusion-v35-large"),
        ("sd3.5", "fal-ai/stable-diffusion-v35-large"),
        ("nanobanana", "fal-ai/nano-banana"),
        ("nano bannana", "fal-ai/nano-banana"),
        ("klnig", "fal-ai/kling-video/v2.1/master"),
        ("i2v", "fal-ai/kling-video/v2.1/master"),
        ("img2video", "fal-ai/kling-video/v2.1/master"),
        ("asr", "fal-ai/whisper"),
        ("transcription", "fal-ai/whisper"),
        ("bg removal", "bria/background/remove"),
        ("rembg", "bria/background/remove"),
        ("texttovideo", "fal-ai/kling-video/v1.6/pro"),
        ("dev flux", "fal-ai/flux/dev"),
        ("open weight flux model", "fal-ai/flux/dev"),
        ("https://fal.ai/models/fal-ai/flux/dev/playground?share=1", "fal-ai/flux/dev"),
        ("https://queue.fal.run/fal-ai/nano-banana", "fal-ai/nano-banana"),
        ("fluxkontext", "fal-ai/flux-kontext/dev"),
        ("text-2-video", "fal-ai/kling-video/v1.6/pro"),
        ("a text into a video", "fal-ai/kling-video/v1.6/pro"),
    ],
)
def test_queries_find_the_intended_model(some, typed, first):
    assert ids(ask(typed))[:1] == [first]


def test_names_rank_before_synonyms(some, make_endpoint):
    make_endpoint("z/tts", display_name="TTS", category="json", position=99)
    make_endpoint("z/voice", display_name="Voice", category="text-to-speech", position=0)
    assert ids(ask("tts")) == ["z/tts", "z/voice"]


def test_whole_names_ignore_the_v_of_versions(make_endpoint):
    make_endpoint("z/ink/character", display_name="Ink V3 Character", position=0)
    make_endpoint("z/ink/v3", display_name="Ink V3 Image Maker", position=9)
    make_endpoint("z/quill", display_name="The Ink3 Quill", position=0)
    for typed in ("ink3", "ink v3"):
        assert ids(ask(typed))[0] == "z/ink/v3"
    assert ids(ask("ink 3 character"))[0] == "z/ink/character"


def test_every_word_counts_towards_the_rank(make_endpoint):
    make_endpoint("z/one", description="A prompt bends the tweak.", position=0)
    make_endpoint("z/tweak", description="By a prompt.", position=9)
    assert ids(ask("tweak prompt")) == ["z/tweak", "z/one"]


def test_words_after_a_preposition_are_dropped_first(make_endpoint):
    make_endpoint("z/shot", display_name="Packshot", category="json", position=0)
    for place in (1, 2):
        make_endpoint(f"z/blur-{place}", category="json", position=place)
    assert ids(ask("blur for a packshot")) == ["z/blur-1", "z/blur-2"]
    assert ids(ask("blur packshot")) == ["z/shot"]  # without a preposition, the rarer word counts


def test_tasks_are_dropped_last_and_near_results_may_lack_words(make_endpoint):
    make_endpoint("z/rare", description="Open source.", category="json", position=0)
    make_endpoint("z/odd", display_name="Rembg open thing", description="Source.", category="json")
    for place in range(3):
        make_endpoint(f"z/rembg-{place}", category="json", position=place)
    answer = ask("rembg open source")
    assert (ids(answer), answer.found and answer.found.missed) == (["z/odd"], ())
    near = [endpoint.endpoint_id for endpoint in answer.near]
    assert near[0] == "z/rare"  # it has two of the three words
    assert set(near[1:]) == {"z/rembg-0", "z/rembg-1", "z/rembg-2"}
    Endpoint.objects.filter(endpoint_id="z/odd").delete()
    assert ids(ask("rembg source"))[0] == "z/rembg-0"


def test_typing_errors_are_corrected_except_in_quotes(some):
    answer = ask("klnig video")
    assert answer.found is not None
    assert answer.found.corrected == (("klnig", "kling"),)
    assert ask('"klnig" video').found.corrected == ()  # type: ignore[union-attr]


def test_known_words_are_never_corrected(some, make_endpoint):
    make_endpoint("z/klang", display_name="Klang", description="A bell named king.")
    for typed in ("klang", "king"):
        understood = ask(typed).found
        assert understood is not None
        assert understood.corrected == ()


def test_results_with_most_words_are_shown_if_none_has_all(some):
    answer = ask("flux pro whisper")
    assert ids(answer)[0] == "fal-ai/flux-pro/v1.1"
    assert answer.found is not None
    assert answer.found.missed == ("whisper",)


def test_few_results_are_followed_by_near_ones(some):
    answer = ask("kling master")
    assert ids(answer) == ["fal-ai/kling-video/v2.1/master"]
    assert [near.endpoint_id for near in answer.near] == ["fal-ai/kling-video/v1.6/pro"]


def test_no_results_offer_similar_words_and_fewer_filters(some):
    (first, *_) = ask('"klang"').suggestions
    assert (first.title, first.count) == ("kling", 2)
    assert ids(search(first.query)) == ids(ask("kling"))
    relaxations = ask("flux license:commercial").relaxations
    assert ("Without “Licence: Commercial”", 3) in [
        (relaxation.title, relaxation.count) for relaxation in relaxations
    ]


def test_the_teams_use_decides_among_equals(make_endpoint, make_run, user):
    plain, starred, used = (make_endpoint(f"z/ink-{n}", position=n) for n in range(3))
    assert ids(ask("ink"))[0] == plain.endpoint_id
    Favourite.objects.create(user=user, endpoint=starred)
    assert ids(ask("ink"))[0] == starred.endpoint_id
    for _ in range(20):
        make_run(endpoint=used, billable_units=1)
    Endpoint.objects.filter(pk=used.pk).update(display_name="ink again")
    assert ids(ask("ink"))[0] == used.endpoint_id


def test_the_page_shows_how_a_query_was_interpreted(member, some):
    html = member.get("/models/?q=klnig+video").content.decode()
    assert "Showing results for <b>kling video</b>" in html
    assert 'href="/models/?q=%22klnig%22+video"' in html
    assert "<mark" not in html
    html = member.get("/models/?q=flux+whisper").content.decode()
    assert "Understood as" in html
    assert "Left out: <s>" in html
    html = member.get("/models/?q=%22klang%22").content.decode()
    assert '<a href="/models/?q=kling">kling</a>: 2 models' in html


def test_results_escape_html(member, make_endpoint):
    evil = "<img src=x onerror=alert(1)> ink"
    make_endpoint("z/ink", display_name=evil, description=evil * 9)
    for typed in ("ink", "%3Cimg", "src%3Dx+ink", "onerror"):
        html = member.get(f"/models/?q={typed}").content.decode()
        assert "<img src=x" not in html


@pytest.fixture
def crowd(db: None) -> None:
    """Invented endpoints of every kind."""
    now = timezone.now()
    Endpoint.objects.bulk_create(Endpoint(first_seen_at=now, **entry) for entry in entries(150))


TYPED = [
    "image", "video lora", "pro", "v2", "text to speech", "upscale", "smooth motion", "ra",
    "in:image", "ta turbo",
]  # fmt: skip


def test_a_search_takes_one_query_whatever_it_finds(crowd):
    index = indexes.current(Revision.current())
    for typed in TYPED:
        with CaptureQueriesContext(connection) as queries:
            search(Query(q=typed), index=index)
        assert len(queries) <= 1, typed
