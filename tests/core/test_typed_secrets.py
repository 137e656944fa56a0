"""A secret is the same in every way in which keyboards send it."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password

from core.typed_secrets import PasswordHasher, code_of
from house.operations.backup import sealing

COMPOSED, DECOMPOSED, WIDE = "f\u00fcr 1", "fu\u0308r 1", "f\u00fcr\u3000\uff11"


@pytest.fixture(autouse=True)
def _hashers(settings: object) -> None:
    settings.PASSWORD_HASHERS = ["core.typed_secrets.PasswordHasher"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("chosen", [COMPOSED, DECOMPOSED, WIDE])
def test_each_spelling_of_a_secret_is_taken(chosen, monkeypatch):
    monkeypatch.setattr(PasswordHasher, "iterations", 1)
    # hashed before secrets were normalized
    former = PBKDF2PasswordHasher().encode(chosen, "salt", 1)
    assert check_password(chosen, former)
    for typed in (COMPOSED, DECOMPOSED, WIDE):
        assert check_password(typed, make_password(chosen))
        assert sealing.unseal(sealing.seal({"a": "b"}, chosen), typed) == {"a": "b"}
    assert not check_password("fur 1", make_password(chosen))
    assert (
        check_password(DECOMPOSED, former) == check_password(COMPOSED, former) == (chosen != WIDE)
    )


def test_a_code_has_its_digits_and_letters():
    assert code_of("\uff11\uff12\uff13\u00a0\u0664\u201056") == "123456"  # an Arabic 4
    assert code_of("AB12-cd34") == "AB12cd34"
