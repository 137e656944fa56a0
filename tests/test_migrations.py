"""The migrations that `make lint` refuses."""

from tests.migrations import altered, check

HERE = "sqlite://:memory:"


def test_what_only_adds_is_taken():
    assert check(HERE, "operations.0003_processes").returncode == 0


def test_what_a_former_version_cannot_fill_is_refused(capfd):
    assert check(HERE, "sharing.0007_fewer_kinds").returncode == 1
    output = capfd.readouterr().out
    assert "(sharing, 0007_fewer_kinds)... ERR\n\tNOT NULL constraint" in output


def test_each_migration_alters_one_table_beside_those_that_it_creates():
    new = [
        'CREATE TABLE "boards_note" ("id" bigint);',
        'ALTER TABLE "boards_note" ADD CONSTRAINT x;',
    ]
    assert altered([*new, 'ALTER TABLE "boards_board" ADD COLUMN "a" int;']) == {"boards_board"}
    two = [
        'ALTER TABLE "boards_board" ADD COLUMN "a" int;',
        'ALTER TABLE "boards_row" ADD "b" int;',
    ]
    assert altered(two) == {"boards_board", "boards_row"}
