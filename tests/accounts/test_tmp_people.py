import pytest
from tests.accounts.test_access import World, world, Row, ACCESS, ROLES
pytestmark=[pytest.mark.django_db]
def test_x(world):
    declared = {n: r for n, r in ACCESS.items() if n.startswith(("people:", "admin:i", "projects:n"))}
    measured = {
        name: Row(
            " ".join(world.ask(role, "get", name, row.needs) for role in ROLES),
            " ".join(world.ask(role, "post", name, row.needs) for role in ROLES),
            row.needs,
        )
        for name, row in declared.items()
    }
    for n in declared:
        if declared[n]!=measured[n]: print(n, measured[n])
    assert measured == declared
