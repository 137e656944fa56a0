"""Functions that one folder declares and another provides."""

from core.provided import Provided


@Provided
def price(model: str) -> str:
    return f"{model} is free"


def test_the_last_provided_function_answers():
    assert price("flux") == "flux is free"
    for _ in range(2):  # Django may call `ready` twice
        price.provide(lambda model: f"{model} costs a cent")
    assert price(model="flux") == "flux costs a cent"
