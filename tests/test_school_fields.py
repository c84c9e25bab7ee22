"""Fields of a student in school.toml: what is wrong is named with its line, before anybody can use it."""

from __future__ import annotations

import pytest
from flask_babel import force_locale
from flask_babel import gettext as _

from app.documents.students import headings
from app.imports.students import Students
from app.rules.fields import FieldType
from app.rules.student_columns import STUDENT_COLUMNS
from app.school import current_school, load_school
from app.school_fields import _our_labels, _plain
from app.toml_file import DataFileError

SCHOOL = 'name = "Test"\n[supplier]\nname = "X"\nemail = "x@example.nl"\n'
GOOD = '[[student_field]]\nkey = "{key}"\nlabel = "{label}"\ntype = "text"\n'


def load(tmp_path, fields: str):
    (tmp_path / "school.toml").write_text(SCHOOL + fields, encoding="utf-8")
    return load_school(tmp_path)


def test_a_field_stands_everywhere_unless_it_says_otherwise(tmp_path):
    school = load(
        tmp_path,
        GOOD.format(key="slb", label="SLB'er") + "list = false\n"
        '[[student_field]]\nkey = "plek"\nlabel = "Plek"\ntype = "choice"\nchoices = ["A", "B"]\n',
    )
    text, choice = school.student_fields
    assert (text.name, text.type, text.required) == ("extra_slb", FieldType.TEXT, False)
    assert school.fields_in("list") == (choice,)
    assert school.fields_in("filter") == (choice,), "a text makes no filter"
    assert school.fields_in("import") == school.fields_in("export") == (text, choice)


@pytest.mark.parametrize(
    ("wrong", "line", "reason"),
    [
        ('type = "getal"', 7, '"getal"; toegestaan: choice, date, number, text, yes_no'),
        ('type = "choice"', 5, "student_field[1].choices” ontbreekt"),
        ('type = "choice"\nchoices = ["A", "a"]', 8, "elk anders"),
        ('type = "choice"\nchoices = ["A", "-"]', 8, "met een letter of cijfer"),
        ('type = "text"\nfilter = true', 8, "alleen bij een veld van het type choice of yes_no"),
        ('type = "text"\nrequired = true\nimport = false', 9, "ook bij het importeren"),
        ('type = "text"\nrequired = "ja"', 8, "toegestaan: true of false"),
        ('type = "text"\nverplicht = true', 8, "bestaat niet"),
    ],
)
def test_a_wrong_field_is_told_with_its_line(tmp_path, wrong, line, reason):
    with pytest.raises(DataFileError) as refused:
        load(tmp_path, f'[[student_field]]\nlabel = "Een"\n{wrong}\nkey = "een"\n'.replace("\nkey", "\nkey"))
    assert f"school.toml, regel {line}: " in str(refused.value)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("second", "line", "reason"),
    [
        (GOOD.format(key="een", label="Twee"), 10, "staat al bij een ander veld"),
        (GOOD.format(key="twee", label="Een"), 11, "staat al bij een ander veld"),
        (GOOD.format(key="Twee", label="Twee"), 10, "kleine letters"),
        ("[student_field]\n", 0, ""),
    ],
)
def test_two_fields_are_told_apart(tmp_path, second, line, reason):
    with pytest.raises(DataFileError) as refused:
        load(tmp_path, GOOD.format(key="een", label="Een") + second)
    assert reason in str(refused.value)
    assert not line or f", regel {line}: " in str(refused.value)


@pytest.mark.parametrize(
    "label", ["Naam", "Studentnummer", "E-mailadres", "e-mail adres", "Email address", "OPLEIDING"]
)
def test_a_label_of_ours_is_refused(tmp_path, label):
    with pytest.raises(DataFileError) as refused:
        load(tmp_path, GOOD.format(key="een", label=label))
    assert "regel 7: " in str(refused.value)
    assert "zo heet een kolom van Proeve al" in str(refused.value)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_heading_of_ours_is_refused(app, language):
    """Of the list, the file that is exported and the file that is imported."""
    with force_locale(language):
        own = {field.label for field in current_school().student_fields}
        ours = {
            *(_(label) for label in STUDENT_COLUMNS.values()),
            *headings(),
            *(_(column.label) for column in Students().columns),
        } - own
    assert len(ours) > 12
    taken = {_plain(heading) for heading in ours}
    assert taken <= _our_labels(), taken - _our_labels()
