"""The check of retired words reads the texts that people read, and no others."""

from tests import words


def test_sentences_labels_and_texts_are_read_and_names_are_not(tmp_path):
    template, module = tmp_path / "a.html", tmp_path / "a.py"
    template.write_text('<p class="favourite" title="A favourite">\n{# a favourite #}One</p>')
    module.write_text('"""A favourite."""\nX: list["Favourite"] = []\nY = "A saved search."\n')
    read = [*words._of_template(template), *words._of_python(module)]
    assert [(text.line, text.words.strip()) for text in read] == [
        (1, "A favourite"),
        (2, "One"),
        (3, "A saved search."),
    ]
