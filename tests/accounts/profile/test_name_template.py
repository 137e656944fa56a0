"""A template of file names: the words that it knows, and words without a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Preferences
from accounts.profile import name_template
from accounts.profile.name_template import DEFAULT, EXAMPLE, WORDS, fill
from core.file_names import MAX_PORTABLE_BYTES, slug

LONG = slug("Eine Mühle in der Dämmerung, Öl auf Leinwand, weiches Licht " * 3)
HAN = slug("水車小屋の夕暮れ、油彩、柔らかな光、とても長い説明文" * 5)


@pytest.mark.parametrize(
    ("template", "without", "name"),
    [
        ("", [], "2026-11-27-a-mill-at-dusk-flux-dev-1234-1.png"),
        (DEFAULT, ["seed"], "2026-11-27-a-mill-at-dusk-flux-dev-1.png"),
        ("{model} ({seed}) {n}", ["seed"], "flux-dev 1.png"),
        ("{project}/{date} {time} {run}", [], "spring-campaign-2026-11-27 14-05-09 0b54c1e2.png"),
        ("{seed}", ["seed"], "image.png"),
    ],
)
def test_a_word_without_a_value_goes_with_its_separator(template, without, name):
    assert fill(template, EXAMPLE | dict.fromkeys(without, ""), ".png", "image") == name


@pytest.mark.parametrize("prompt", [LONG, HAN, "x" * 500])
def test_a_long_prompt_leaves_room_for_seed_and_number(prompt):
    values = EXAMPLE | {"prompt": prompt, "seed": str(2**64 - 1), "model": "a" * 30, "n": "4999"}
    for template in (DEFAULT, "{prompt} {prompt} {seed} {n}"):
        name = fill(template, values, ".safetensors")
        assert len(name.encode()) <= MAX_PORTABLE_BYTES
        assert name.endswith(f"{values['seed']}{template[-4]}4999.safetensors")


TEMPLATES = st.lists(
    st.one_of(st.sampled_from([f"{{{word}}}" for word in WORDS]), st.text("-_. ()ab🦊", max_size=4))
).map("".join)


@given(TEMPLATES, st.fixed_dictionaries({word: st.text(max_size=80).map(slug) for word in WORDS}))
def test_a_filled_template_has_every_value_that_fits(template, values):
    assert name_template.problem(template) == ""
    name = fill(template, values, ".png")
    assert name.endswith(".png")
    assert "{" not in name
    if len(name.encode()) < MAX_PORTABLE_BYTES // 2:
        for word, value in values.items():
            assert f"{{{word}}}" not in template or value.strip("\u200c\u200d") in name


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{promt}-{n}", "“{promt}” is not a placeholder."),
        ("{seed.__class__}", "“{seed.__class__}” is not a placeholder."),
        ("{seed", "A placeholder needs both of its braces."),
    ],
)
@pytest.mark.django_db
def test_an_unknown_word_is_named_beside_the_field(member, user, template, problem):
    page = member.post("/account/file-names/", {"file_names": template})
    html = page.content.decode()
    assert page.status_code == 422
    assert f'value="{template}"' in html
    assert problem in html.partition('id="id_file_names_error"')[2].partition("</p>")[0]
    assert not Preferences.objects.exclude(file_names="").exists()
