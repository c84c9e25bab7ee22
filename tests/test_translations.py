"""Dutch is what we write, English is complete: every sentence is in the catalogue, and every page uses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from flask import Flask, render_template_string
from flask_babel import force_locale, gettext, lazy_ngettext, ngettext
from sqlalchemy import select

from app.entities.base import db
from app.entities.users import User
from app.mail.login_code import login_code_text
from tests.factories import make_user
from tests.support.visitor import Visitor
from tests.support.wording import readable, untranslated_python, untranslated_template
from tools.messages import ENGLISH, as_text, extracted, forms, kept, merged, messages

pytestmark = pytest.mark.web

APP = Path(__file__).parent.parent / "app"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
# What needs no translation: names, units, and the words that the form macro chooses by.
LITERALS = {
    "Proeve",
    "Proeve ·",
    "kB MB",
    "pickerlistgroupchecksradiosselecttextarea",
    "SignInPage.choose_language",
}


def wrong(source: Catalog, english: Catalog) -> list[str]:
    """What keeps the English from being complete, a line each."""
    found = []
    have = {message.id: message for message in messages(english)}
    for message in messages(source):
        ours = have.pop(message.id, None)
        if ours is None or ours.fuzzy:
            found.append(f"no English: {message.id}")
            continue
        for dutch, text in forms(ours):
            if not text.strip():
                found.append(f"no English: {dutch}")
            elif sorted(PLACEHOLDER.findall(dutch)) != sorted(PLACEHOLDER.findall(text)):
                found.append(f"other placeholders: {dutch} -> {text}")
            elif dutch[:1].isspace() != text[:1].isspace() or dutch[-1:].isspace() != text[-1:].isspace():
                found.append(f"other spaces around: {dutch} -> {text}")
    return found + [f"no longer in the code: {left}" for left in have]


def test_every_dutch_sentence_has_its_english() -> None:
    source = extracted()
    assert len(source) > 1000
    assert wrong(source, kept()) == [], "run `make messages` and write the English"


# Of a thing, a code or a link, "hij" is right.
HIJ_OF_A_THING = (
    "Typ de code",
    "Kopieer de link",
    "Als dit account bestaat, is er een code",
    "Vul beide in: een code",
)
HIJ = re.compile(r"\bhij\b", re.I)


def him(dutch: str) -> bool:
    """Whether this sentence calls a person "hij": use words that fit everybody."""
    return bool(HIJ.search(dutch)) and not dutch.startswith(HIJ_OF_A_THING)


def test_no_dutch_sentence_calls_a_person_hij() -> None:
    assert [
        dutch for message in messages(extracted()) for dutch, _english in forms(message) if him(dutch)
    ] == []


def test_the_guard_of_hij_sees_one() -> None:
    assert him("De gebruiker krijgt een code, waarmee hij een wachtwoord kiest.")
    assert not him("Kopieer de link nu: hij is hierna niet meer te zien.")


def test_the_catalogue_is_as_make_messages_writes_it() -> None:
    assert ENGLISH.read_text(encoding="utf-8") == as_text(merged(extracted(), kept()))


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (None, "no English: %(n)s klaar"),
        ("", "no English: %(n)s klaar"),
        ("ready", "other placeholders: %(n)s klaar -> ready"),
        ("%(m)s ready", "other placeholders: %(n)s klaar -> %(m)s ready"),
        ("%(n)s ready ", "other spaces around: %(n)s klaar -> %(n)s ready "),
        ("%(n)s ready", None),
    ],
)
def test_a_message_without_good_english_is_named(english: str | None, said: str | None) -> None:
    source, planted = Catalog(), Catalog()
    source.add("%(n)s klaar")
    if english is not None:
        planted.add("%(n)s klaar", english)
    assert wrong(source, planted) == ([said] if said else [])


def test_a_doubtful_and_an_old_message_and_half_a_plural_are_named() -> None:
    source, planted = Catalog(), Catalog()
    source.add("Klaar")
    source.add(("%(num)s rij", "%(num)s rijen"))
    planted.add("Klaar", "Done", flags=["fuzzy"])
    planted.add(("%(num)s rij", "%(num)s rijen"), ("%(num)s row", ""))
    planted.add("Weg", "Gone")
    assert wrong(source, planted) == [
        "no English: Klaar",
        "no English: %(num)s rijen",
        "no longer in the code: Weg",
    ]


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = ENGLISH.with_suffix(".mo")
    assert compiled.exists(), "run `make translations`: the English is not compiled"
    with compiled.open("rb") as file:
        now = {english for message in messages(read_mo(file)) for english in forms(message)}
    written = {english for message in messages(kept()) for english in forms(message)}
    assert now == written, "run `make translations`: the compiled English is older than the written one"


def test_dutch_is_never_replaced(app: Flask) -> None:
    """Flask-AppBuilder brings a Dutch catalogue of its own; it must not touch our sentences."""
    with force_locale("nl"):
        for message in messages(kept()):
            dutch = forms(message)[0][0]
            assert gettext(dutch) == dutch


def test_code_tells_nothing_without_gettext() -> None:
    """The demo school's people and exams are Dutch data, not our words."""
    found = [
        f"{path.relative_to(APP)}:{line}: {text}"
        for path in sorted(APP.rglob("*.py"))
        if "demo" not in path.relative_to(APP).parts
        for line, text in untranslated_python(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_code_guard_sees_what_is_told_without_gettext() -> None:
    source = '''
"""Een docstring die er niet toe doet."""
tell("Opgeslagen", "success")
Button(_("Terug"), "/")
ListColumn("name", label="Naam", cell=lambda row: "aan" if row else "uit")
raise RuleBroken(f"Student {name} is al gekoppeld", field="student")
raise RuleBroken(N_("Dit is al gekozen."), field="student")
StringField(_l("Naam"), description="Zoals op het diploma")
Outcome(done=1, summary="Klaar" if done else _("Niets gedaan."))
hint = "Kies eerst een student"
'''
    assert list(untranslated_python(source)) == [
        (3, "Opgeslagen"),
        (5, "Naam"),
        (6, "Student "),
        (6, " is al gekoppeld"),
        (8, "Zoals op het diploma"),
        (9, "Klaar"),
        (10, "Kies eerst een student"),
    ]


def test_templates_tell_nothing_without_gettext(app: Flask) -> None:
    found = [
        f"{path.relative_to(APP)}: {text}"
        for path in sorted(APP.rglob("*.html"))
        for text in untranslated_template(path.read_text(encoding="utf-8"), app.jinja_env)
        if text not in LITERALS
    ]
    assert found == []


def test_the_template_guard_sees_what_is_told_without_gettext(app: Flask) -> None:
    source = """
<p class="Niets">{{ _("Terug") }} <b>Klaar</b> {{ name }}</p><script>const Niets = 1;</script>
<a title="Openen" aria-label="{{ _('Openen') }}" href="/Niets">{{ button("Opslaan", _("Bewaren")) }}</a>
{% if x %}<input placeholder="{{ 'Zoek' if y else _('Vind') }}">{% endif %}
"""
    assert sorted(untranslated_template(source, app.jinja_env)) == ["Klaar", "Openen", "Opslaan", "Zoek"]


def dutch_only() -> tuple[set[str], re.Pattern[str]]:
    """Our sentences that differ in English: the whole ones, and those with something filled in."""
    ours = {dutch for message in messages(kept()) for dutch, english in forms(message) if dutch != english}
    filled_in = {one for one in ours if PLACEHOLDER.search(one)}
    long = [one for one in filled_in if len(PLACEHOLDER.sub("", one)) > 10]  # "van" alone is also in a name
    shapes = (".+".join(map(re.escape, PLACEHOLDER.split(one))) for one in long)
    return ours - filled_in, re.compile("|".join(shapes))


OF_A_MAIL = "Uw inlogcode voor "  # the outbox shows a mail as its reader gets it
DUTCH_WHOLE, DUTCH_FILLED_IN = dutch_only()


def leaks(texts: list[str]) -> set[str]:
    """Texts that are a Dutch sentence of ours although there is English for it."""
    found = {text for text in texts if text in DUTCH_WHOLE or DUTCH_FILLED_IN.fullmatch(text)}
    return {text for text in found if not text.startswith(OF_A_MAIL)}


def english_pages(visitor: Visitor) -> dict[str, list[str]]:
    """Every kind of page this visitor reaches by links, one of each: its texts."""
    todo, found = ["/"], dict[str, list[str]]()
    asked: set[str] = set()
    while todo:
        path = todo.pop(0)
        kind = re.sub(r"\d+", "N", path.partition("?")[0])
        if kind in asked:
            continue
        asked.add(kind)
        answer = visitor.get(path)
        if answer.status_code in {301, 302, 303}:
            todo.insert(0, answer.location)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            found[path] = readable(answer.text)
            todo += [href.replace("&amp;", "&") for href in re.findall(r'href="(/[^"#]*)"', answer.text)]
    return found


@pytest.mark.parametrize(
    ("username", "tabs", "least"),
    [
        ("beheerder", {"Programmes", "Exam management", "Users", "Students", "Settings", "My profile"}, 50),
        ("schoolexaminator", {"To assess", "Library", "My profile"}, 10),
        ("student", {"My exams", "My study progress"}, 6),
    ],
)
def test_no_page_in_english_shows_dutch(demo: Flask, username: str, tabs: set[str], least: int) -> None:
    user = db.session.scalars(select(User).where(User.username == username)).one()
    visitor = Visitor(demo, user)
    with visitor.client.session_transaction() as session:
        session["locale"] = "en"
    pages = english_pages(visitor)
    assert len(pages) >= least
    assert tabs <= set(next(iter(pages.values())))
    assert {path: leaks(texts) for path, texts in pages.items() if leaks(texts)} == {}


def test_the_page_guard_sees_a_dutch_word() -> None:
    page = '<h1>Users</h1><button title="Filteren">Save</button><p>Voer uit</p><p>Van Dam</p>Welkom bij ROC.'
    assert leaks(readable(page)) == {"Filteren", "Voer uit", "Welkom bij ROC."}


@pytest.fixture
def speaker(app: Flask) -> Callable[[str], Visitor]:
    """speaker("en") -> a signed-in administrator who chose that language in the profile."""
    return lambda language: Visitor(app, make_user("administrator", language=language))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "You cannot deactivate your own account; ask another administrator."),
        ("nl", "U kunt uw eigen account niet deactiveren; vraag het een andere beheerder."),
        ("", "U kunt uw eigen account niet deactiveren; vraag het een andere beheerder."),
    ],
)
def test_a_rule_says_no_in_the_readers_language(
    speaker: Callable[[str], Visitor], language: str, said: str
) -> None:
    visitor = speaker(language)
    page = visitor.get(f"/gebruikers/do/deactivate_users?id={visitor.user_id}").text
    assert said in readable(page)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "This field is required."), ("nl", "Dit veld is verplicht.")]
)
def test_a_form_asks_for_an_empty_field_in_the_readers_language(
    speaker: Callable[[str], Visitor], language: str, said: str
) -> None:
    """With the word that the form itself has above its fields: "verplicht"."""
    page = speaker(language).post("/studentgroepen/do/add_group", {"name": ""}).text
    assert any(said in text for text in readable(page))


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "Your login code for ROC"), ("nl", "Uw inlogcode voor ROC")]
)
def test_a_mail_is_in_the_readers_language(app: Flask, language: str, subject: str) -> None:
    assert login_code_text(language, "ROC").subject == subject


# -- numbers in sentences


@pytest.mark.parametrize(("language", "read"), [("nl", "100.050 studenten"), ("en", "100,050 students")])
def test_every_counting_sentence_has_the_points_of_its_reader(app: Flask, language: str, read: str) -> None:
    one, more = "%(num)s student", "%(num)s studenten"
    template = '{{ ngettext("%(num)s student", "%(num)s studenten", number) }}'
    with force_locale(language):
        for number, said in ((100050, read), (1, "1 student")):
            assert ngettext(one, more, number) == said
            assert str(lazy_ngettext(one, more, number)) == said
            assert render_template_string(template, number=number) == said


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ('{{ ngettext("%(num)s opdracht van %(exam)s", "", 1, exam="<b>") }}', "1 opdracht van &lt;b&gt;"),
        ('{{ _("Wijzigen: %(title)s", title="<b>") }}', "Wijzigen: &lt;b&gt;"),
    ],
)
def test_a_sentence_in_a_template_escapes_what_it_names(app: Flask, template: str, shown: str) -> None:
    assert render_template_string(template) == shown


def test_every_value_in_a_sentence_has_a_name() -> None:
    sentences = [text for message in messages(extracted()) for text, _english in forms(message)]
    assert [text for text in sentences if re.search(r"%[^(]", text)] == []


def test_every_counting_sentence_counts_with_num() -> None:
    """A number of another name would be written without its points."""
    plurals = [message.id for message in messages(extracted()) if isinstance(message.id, tuple)]
    assert len(plurals) > 50
    assert [plural for _one, plural in plurals if "%(num)s" not in plural] == []


# What a number in a sentence may stand before, when it is never one: limits, and what a school has many of.
NEVER_ONE = {"all", "most", "least", "maximum", "limit", "subject", "minutes"}
NEVER_ONE_THERE = (
    "%(done)s van %(total)s",  # under way: of more than one
    "Alle %(count)s regels",
    "Criterium ",  # more than a maximum
    "Alle %(count)s selecteren",
    "Database: ",
    "De database is ouder",
    "De duur is te kort",
    "De laatste %(missing)s regels",
    "Demoschool geladen",
    "Deze opmerking is te lang",
    "Geef een reden",
    "Het anker ",
    "Logboek: ",
    "Opgeslagen om ",
)
OTHER_PLURALS = {
    "accounts",
    "apps",
    "bestanden",
    "criteria",
    "dagen",
    "genodigden",
    "kansen",
    "keuzedelen",
    "minuten",
    "onderdelen",
    "opleidingen",
    "punten",
    "regels",
    "rollen",
    "seconden",
    "tekens",
    "verschillen",
}


def plurals() -> set[str]:
    """The words that our counting sentences use for more than one."""
    known = set(OTHER_PLURALS)
    for message in messages(extracted()):
        if isinstance(message.id, tuple):
            one, many = (re.search(r"%\(num\)s ([a-z]+)", text) for text in message.id)
            known |= {many[1]} if one and many and one[1] != many[1] else set()
    return known - {"zijn", "waren", "gaan", "kregen"}


def miscounted(sentence: str, known: set[str], others: set[str]) -> bool:
    """Whether a sentence puts a word for more than one behind a number that can be one: "1 documenten"."""
    if sentence.startswith(NEVER_ONE_THERE):
        return False
    for name, word in re.findall(r"%\((\w+)\)s ([a-z]+)", sentence):
        # A sentence of its own for one says it otherwise: "1 punt behaald".
        twin = re.compile(re.escape(sentence[: sentence.index(f"%({name})s")]) + r"(1 |een )")
        if word in known and name not in NEVER_ONE and not any(twin.match(other) for other in others):
            return True
    return False


def test_a_word_for_many_never_stands_behind_a_number_that_can_be_one() -> None:
    single = {str(message.id) for message in messages(extracted()) if isinstance(message.id, str)}
    known = plurals()
    assert sorted(text for text in single if miscounted(text, known, single)) == []


def test_the_guard_of_counts_sees_one_documents() -> None:
    known = plurals()
    assert miscounted("%(documents)s documenten staan klaar.", known, set())
    assert not miscounted("%(points)s punten behaald.", known, {"1 punt behaald."})
    assert not miscounted("Hoogstens %(most)s tekens.", known, set())
