"""A school's own mail texts: taken when they are right, refused at start with file and reason when not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.mail.invitation import Invited, Told, invitation_text
from app.mail.login_code import login_code_text
from app.mail.own_texts import EXTENSION, WORDS, load_own_texts
from app.mail.texts import ADDRESS, CODE
from app.permissions import Role
from app.rules.invitations import ADDED
from app.school import LANGUAGES
from app.toml_file import DataFileError
from config import ROOT

GOOD = "Onderwerp: Code van {school}\n\nDag {naam}, 100% zeker: {inlogcode} op {adres} ({gebruikersnaam}).\n"


@pytest.fixture
def own(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """own("login_code.nl.txt", text): the school has written this."""

    def written(name: str, text: str) -> Any:
        (tmp_path / name).write_text(text, encoding="utf-8")
        texts = load_own_texts(tmp_path)
        monkeypatch.setitem(app.extensions, EXTENSION, texts)
        return texts

    return written


def body_of(language: str, role: str = "", school: str = "Het 100% College") -> str:
    text = login_code_text(language, school, role)
    return text.body_for(name="Fleur %s {adres}", username="fleur", until=datetime(2026, 12, 1, tzinfo=UTC))


def test_the_school_s_text_takes_the_place_of_ours(own: Callable[..., Any]) -> None:
    own("login_code.nl.txt", GOOD)
    assert login_code_text("nl", "ROC 50%").subject == "Code van ROC 50%"
    assert body_of("nl") == f"Dag Fleur %s {{adres}}, 100% zeker: {CODE} op {ADDRESS} (fleur).\n"
    assert "Your username" in body_of("en")


def test_a_text_for_one_role_is_for_that_role(own: Callable[..., Any]) -> None:
    own("login_code.nl.txt", GOOD)
    own("login_code.student.nl.txt", GOOD.replace("Dag", "Hallo"))
    assert body_of("nl", "student").startswith("Hallo")
    assert body_of("nl", "school_examiner").startswith("Dag")


def test_the_invitation_can_be_written_too(own: Callable[..., Any]) -> None:
    own("invitation.nl.txt", "Subject: Kom\n\n{naam}: {wanneer}, {waar}. {inlogcode} op {adres}")
    mail = Invited("An", [Told("EX1 Examen", "Opdracht 1", "1-12-2026", "A1")], "Jo (jo@roc.nl)")
    assert invitation_text("nl", "ROC", mail) == ("Kom", f"An: 1-12-2026, A1. {CODE} op {ADDRESS}\n")


def test_an_invitation_of_before_fits_several_moments_and_a_new_one_can_list_them(
    own: Callable[..., Any],
) -> None:
    moments = [
        Told("EX1 Examen", "Opdracht 1", "1-12-2026 09:00", "A1"),
        Told("EX1 Examen", "Opdracht 2", "2-12-2026 09:00", "A1", news=ADDED),
    ]
    mail = Invited("An", moments, "Jo (jo@roc.nl)", heard=True)
    own("invitation.nl.txt", "Subject: Kom\n\n{wanneer}, {waar}. {inlogcode} op {adres}")
    subject, body = invitation_text("nl", "ROC", mail)
    news, _nothing, text = body.partition("1-12-2026 09:00; 2-12-2026 09:00, A1. ")
    assert (subject, text) == ("Aangevuld: Kom", f"{CODE} op {ADDRESS}\n")
    assert "bijgekomen:\n2-12-2026 09:00, A1: EX1 Examen, Opdracht 2" in news
    assert "eerdere mail blijven werken" in news
    own("invitation.nl.txt", "Subject: Kom\n\n{examen}\n{momenten}\n{contact} {inlogcode} {adres}")
    body = invitation_text("nl", "ROC", replace(mail, heard=False))[1]
    assert body == (
        "EX1 Examen\n1-12-2026 09:00, A1: EX1 Examen, Opdracht 1\n"
        f"2-12-2026 09:00, A1: EX1 Examen, Opdracht 2\nJo (jo@roc.nl) {CODE} {ADDRESS}\n"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["", *Role])
def test_without_one_every_role_has_a_text_of_ours(
    app: Flask, monkeypatch: pytest.MonkeyPatch, role: str, language: str
) -> None:
    monkeypatch.setitem(app.extensions, EXTENSION, {})
    body = body_of(language, role)
    assert CODE in body
    assert ADDRESS in body
    assert "Het 100% College" in body


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("login_code.txt", GOOD, "toegestaan: <mail>.<taal>.txt"),
        ("login_code.nl.html", GOOD, "toegestaan: <mail>.<taal>.txt"),
        (
            "logincode.nl.txt",
            GOOD,
            "“logincode” bestaat niet; toegestaan: login_code, invitation; misschien bedoelt u “login_code”",
        ),
        ("login_code.leerling.nl.txt", GOOD, "de rol “leerling” bestaat niet; toegestaan: "),
        ("login_code.de.txt", GOOD, "de taal “de” bestaat niet; toegestaan: nl, en"),
        ("login_code.nl.txt", GOOD.replace("Onderwerp: ", ""), "regel 1: hier hoort het onderwerp"),
        (
            "login_code.nl.txt",
            GOOD.replace("{naam}", "{naamm}"),
            "{naamm} bestaat niet; toegestaan: {adres}, ",
        ),
        ("login_code.nl.txt", GOOD.replace("{naam}", "{naam"), "een accolade mist haar andere helft"),
        ("login_code.nl.txt", GOOD.replace("{inlogcode}", "x"), "in de tekst ontbreekt {inlogcode}"),
        (
            "login_code.nl.txt",
            GOOD.replace("{school}", "{inlogcode}"),
            "niet in het onderwerp; toegestaan: {school}",
        ),
        ("login_code.nl.txt", GOOD + "x" * 5000, "te lang"),
        ("login_code.nl.txt", "", "regel 1: hier hoort het onderwerp"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_reason(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError) as refused:
        load_own_texts(tmp_path)
    assert str(tmp_path / name) in str(refused.value)
    assert reason in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "login_code.nl.txt").write_bytes(b"Onderwerp: \xff\xfe")
    with pytest.raises(DataFileError):
        load_own_texts(tmp_path)


def test_a_school_without_a_folder_has_no_texts_of_its_own(tmp_path: Path) -> None:
    assert load_own_texts(tmp_path / "mail") == {}


def test_the_readme_beside_the_example_names_every_mail_and_every_word() -> None:
    readme = (ROOT / "schools" / "demo" / "mail" / "README.md").read_text(encoding="utf-8")
    for purpose, (known, needed) in WORDS.items():
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{purpose}`"))
        assert all(f"`{{{word}}}`" in row for word in known)
        assert all(f"**`{{{word}}}`**" in row for word in needed)
    assert all(f"`{role}`" in readme for role in Role)


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "._login_code.nl.txt",
        ".login_code.nl.txt.swp",
        ".#login_code.nl.txt",
        "login_code.nl.txt~",
        "login_code.nl.txt.bak",
        "login_code.nl.txt.orig",
        "#login_code.nl.txt#",
        "~$gin_code.nl.txt",
        "~WRL0001.tmp",
        "Thumbs.db",
        "desktop.ini",
        "readme.md",
    ],
)
def test_what_an_editor_or_a_system_leaves_stops_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\x00 no text of a mail")
    assert load_own_texts(tmp_path) == {}


@pytest.mark.parametrize("name", ["login_code.nl.text", "login-code.nl.txt", "inlogcode.txt"])
def test_a_text_with_a_wrong_name_is_still_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Onderwerp: x")
    with pytest.raises(DataFileError):
        load_own_texts(tmp_path)
