"""Whole names taken apart as Dutch schools write them."""

from __future__ import annotations

import pytest

from app.rules.names import split_name, split_surname
from app.rules.people import full_name, sort_name

SURE = {
    # as people say it
    "Fleur Jansen": ("Fleur", "", "Jansen"),
    "Fleur van der Berg": ("Fleur", "van der", "Berg"),
    "  Fleur   van  der Berg ": ("Fleur", "van der", "Berg"),
    "Anna Maria van den Heuvel": ("Anna Maria", "van den", "Heuvel"),
    "Jan-Willem van 't Hof": ("Jan-Willem", "van 't", "Hof"),
    "Piet in 't Veld": ("Piet", "in 't", "Veld"),
    "Piet in ’t Veld": ("Piet", "in ’t", "Veld"),
    "Truus 't Hart": ("Truus", "'t", "Hart"),
    "Willem 's-Gravesande": ("Willem", "", "'s-Gravesande"),
    "Mees op den Kelder": ("Mees", "op den", "Kelder"),
    "Sara uit de Weerd": ("Sara", "uit de", "Weerd"),
    "Jip Ter Horst": ("Jip", "Ter", "Horst"),
    "FLEUR VAN DER BERG": ("FLEUR", "VAN DER", "BERG"),
    "Penélope de la Cruz": ("Penélope", "de la", "Cruz"),
    "João dos Santos": ("João", "dos", "Santos"),
    "Zoë Çelik": ("Zoë", "", "Çelik"),
    "Ludwig von Trapp": ("Ludwig", "von", "Trapp"),
    "Marie d'Ancona": ("Marie", "", "d'Ancona"),
    "Fatima El Amrani": ("Fatima", "", "El Amrani"),
    "Mohamed Ben Haddou": ("Mohamed", "", "Ben Haddou"),
    "Ben de Vries": ("Ben", "de", "Vries"),
    # double names
    "Fleur Jansen-de Vries": ("Fleur", "", "Jansen-de Vries"),
    "Fleur van den Berg-van der Veen": ("Fleur", "van den", "Berg-van der Veen"),
    "Fleur Jansen - de Vries": ("Fleur", "", "Jansen - de Vries"),
    "Fleur Bakker–Smit": ("Fleur", "", "Bakker–Smit"),
    # initials
    "A. Jansen": ("A.", "", "Jansen"),
    "J.P. de Boer": ("J.P.", "de", "Boer"),
    "A. B. Th. Jansen": ("A. B. Th.", "", "Jansen"),
    "J P Balk": ("J P", "", "Balk"),
    # as lists write it
    "Jansen, Fleur": ("Fleur", "", "Jansen"),
    "Berg, Fleur van der": ("Fleur", "van der", "Berg"),
    "van der Berg, Fleur": ("Fleur", "van der", "Berg"),
    "Berg, van der, Fleur": ("Fleur", "van der", "Berg"),
    "Berg, Fleur, van der": ("Fleur", "van der", "Berg"),
    "Berg , Fleur  van der": ("Fleur", "van der", "Berg"),
    "Jansen-de Vries, A.": ("A.", "", "Jansen-de Vries"),
    "de Vries-van den Berg, Anna": ("Anna", "de", "Vries-van den Berg"),
    "El Amrani, Fatima": ("Fatima", "", "El Amrani"),
    "Cruz, Penélope de la": ("Penélope", "de la", "Cruz"),
    "Garcia Lopez, Maria": ("Maria", "", "Garcia Lopez"),
    "Hart, Truus 't": ("Truus", "'t", "Hart"),
    "'s-Gravesande, Willem": ("Willem", "", "'s-Gravesande"),
    "BERG, FLEUR VAN DER": ("FLEUR", "VAN DER", "BERG"),
    "Nguyễn, Thị Hoa": ("Thị Hoa", "", "Nguyễn"),
    # the infix behind the surname
    "Berg van den, Piet": ("Piet", "van den", "Berg"),
    "Jansen-de Vries van, Piet": ("Piet", "van", "Jansen-de Vries"),
    # as letters address people
    "Dhr. P. Jansen": ("P.", "", "Jansen"),
    "Mevr. A. de Boer": ("A.", "de", "Boer"),
    "Boer, mw. A. de": ("A.", "de", "Boer"),
    "Jan de Heer": ("Jan", "de", "Heer"),
}
DOUBTFUL = {
    "Maria Garcia Lopez": ("Maria Garcia", "", "Lopez"),
    "Anna Maria Jansen": ("Anna Maria", "", "Jansen"),
    "Fleur van der Berg Smit": ("Fleur", "van der", "Berg Smit"),
    "van der Berg Fleur": ("Fleur", "van der", "Berg"),
    "de Vries": ("", "de", "Vries"),
    "Jansen": ("", "", "Jansen"),
    "Jansen,": ("", "", "Jansen"),
    "Berg, van der": ("", "van der", "Berg"),
    "Jansen, Fleur, Anna": ("Fleur Anna", "", "Jansen"),
    "de Vries, Anna van": ("Anna", "van de", "Vries"),
    " , ": ("", "", ""),
    # what people are called, in brackets
    "Jansen, P. (Piet)": ("Piet", "", "Jansen"),
    "Berg, P. van den (Piet)": ("Piet", "van den", "Berg"),
    "P.J. (Piet) van den Berg": ("Piet", "van den", "Berg"),
    "Jansen (Piet)": ("Piet", "", "Jansen"),
    "Jansen, Piet (Petrus Johannes)": ("Piet (Petrus Johannes)", "", "Jansen"),
    "(Piet)": ("", "", "(Piet)"),
}


@pytest.mark.parametrize("text", SURE)
def test_a_name_is_split_where_its_words_say_so(text):
    assert split_name(text) == (*SURE[text], False)


@pytest.mark.parametrize("text", DOUBTFUL)
def test_a_name_that_does_not_say_where_its_surname_begins_is_split_with_doubt(text):
    assert split_name(text) == (*DOUBTFUL[text], True)


def test_what_our_own_lists_write_comes_back_as_it_was():
    people = [parts for text, parts in SURE.items() if "," in text or " van " in text]
    assert len(people) > 10
    for parts in people:
        assert split_name(sort_name(*parts))[:3] == parts
        if not parts[2].count(" "):
            assert split_name(full_name(*parts))[:3] == parts


@pytest.mark.parametrize(
    ("text", "infix", "last", "doubtful"),
    [
        ("van der Berg", "van der", "Berg", False),
        ("Berg, van der", "van der", "Berg", False),
        ("Berg van der", "van der", "Berg", False),
        ("VAN DEN BERG", "VAN DEN", "BERG", False),
        ("'t Hart", "'t", "Hart", False),
        ("Jansen", "", "Jansen", False),
        ("Jansen Smit", "", "Jansen Smit", False),
        ("van den Berg-van der Veen", "van den", "Berg-van der Veen", False),
        ("El Amrani", "", "El Amrani", False),
        ("Van", "", "Van", False),
        ("Berg, Piet", "", "Berg, Piet", True),
    ],
)
def test_a_surname_with_its_infix_is_taken_apart_and_nothing_of_it_is_lost(text, infix, last, doubtful):
    assert split_surname(text) == ("", infix, last, doubtful)
