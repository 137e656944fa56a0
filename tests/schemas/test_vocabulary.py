"""The table of words has what the code asks for, and nothing else."""

import re
from pathlib import Path

import pytest

from schemas import vocabulary

SOURCES = "\n".join(path.read_text() for path in sorted(Path("schemas").rglob("*.py")))


@pytest.mark.parametrize("table", ["WORDS", "WHOLE_NAMES", "ROLES", "SPELLING"])
def test_each_key_of_the_table_is_used_and_each_used_key_is_there(table):
    used = set(re.findall(rf'\b{table}\["([a-z-]+)"\]', SOURCES))
    assert used == getattr(vocabulary, table).keys()


def test_words_are_lower_case_so_that_they_can_equal_words_of_a_name():
    tables = [vocabulary.WORDS, vocabulary.ROLES, vocabulary.KINDS, vocabulary.GROUPS]
    operations = vocabulary.OPERATIONS.values()
    words = {word for table in tables for group in table.values() for word in group}
    words |= {
        word for operation in operations for word in operation.words.union(*operation.together)
    }
    assert not {word for word in words if not re.fullmatch("[a-z0-9]+", word)}
