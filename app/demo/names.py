"""What the demo school's people, companies and places are called; the people's names are in names.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Family:
    infix: str
    name: str


@dataclass(frozen=True, slots=True)
class Origin:
    """First names and family names that often go together; `weight` is its share in percent."""

    name: str
    weight: int
    female: tuple[str, ...]
    male: tuple[str, ...]
    families: tuple[Family, ...]


def family(whole: str) -> Family:
    """`van den Berg` -> infix `van den`, name `Berg`: words in small letters in front are the infix."""
    words = whole.split()
    at = next(index for index, word in enumerate(words) if word.lstrip("'")[0].isupper())
    return Family(" ".join(words[:at]), " ".join(words[at:]))


def _origin(data: dict[str, Any]) -> Origin:
    families = tuple(family(whole) for whole in data["families"])
    return Origin(data["name"], data["weight"], tuple(data["female"]), tuple(data["male"]), families)


_DATA = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
ORIGINS = tuple(_origin(one) for one in _DATA["origins"])
UNISEX: tuple[str, ...] = tuple(_DATA["unisex"])
DOUBLE_FEMALE: tuple[str, ...] = tuple(_DATA["double_female"])
DOUBLE_MALE: tuple[str, ...] = tuple(_DATA["double_male"])

# School buildings with their rooms.
LOCATIONS = {
    "Campus Stationskwartier": ("A0.12", "A1.04", "A1.08", "A2.16", "A2.20"),
    "Zorgplein Oost": ("Skillslab 1", "Skillslab 2", "Z1.03", "Z1.07"),
    "Techniekhal Havenzicht": ("H0.01", "H0.05", "H1.11", "Gamelab"),
    "Horeca Academie": ("Leerrestaurant", "Bar", "Keuken 2", "R1.02"),
    "Groene Campus": ("Dierverblijf", "Practicum 1", "Practicum 2", "G1.05"),
}

# Per crebo: how the demo school shortens the programme in a group's name, and where it is taught.
GROUPS = {
    "25748": ("AVR", "Campus Stationskwartier"),
    "25168": ("GH", "Horeca Academie"),
    "25656": ("VZ-IG", "Zorgplein Oost"),
    "25696": ("PM-KO", "Campus Stationskwartier"),
    "25998": ("SD", "Techniekhal Havenzicht"),
    "25731": ("DAP", "Groene Campus"),
}
GROUP_COLOURS = ("blue", "green", "amber", "purple", "teal", "red", "grey")

# Kinds of training companies (leerbedrijven) by crebo.
COMPANY_KINDS = {
    "25748": ("Modehuis", "Buurtwinkel", "Speelgoedwinkel", "Boekhandel", "Tuincentrum", "Kookwinkel"),
    "25168": ("Restaurant", "Brasserie", "Hotel", "Grand café", "Eetcafé", "Bistro"),
    "25656": ("Zorgcentrum", "Woonzorg", "Thuiszorg", "Verpleeghuis", "Zorgboerderij", "Revalidatiehuis"),
    "25696": ("Kinderopvang", "Kindercentrum", "Peuteropvang", "Buitenschoolse opvang", "Kinderdagverblijf"),
    "25998": ("Softwarehuis", "Studio", "Webbureau", "Datalab", "Digitaal bureau", "Gamestudio"),
    "25731": ("Dierenkliniek", "Dierenartsenpraktijk", "Dierenhospitaal", "Paardenkliniek"),
}
COMPANY_NAMES = (
    "De Linde",
    "Het Anker",
    "De Vuurtoren",
    "De Regenboog",
    "Zonnehof",
    "De Zilverreiger",
    "Het Kompas",
    "Waterrijk",
    "De Korenaar",
    "Molenzicht",
    "De Ooievaar",
    "Het Baken",
    "De Wilg",
    "Parkzicht",
    "De Brug",
    "Kastanjehof",
    "De Zwaluw",
    "Het Oude Raadhuis",
    "De Vlinder",
    "Havenkwartier",
    "De Eik",
    "Rozenburcht",
    "De Schelp",
    "Oosterpoort",
    "De Uiterwaard",
    "Bloemendal",
    "Het Hofje",
    "De Sleutel",
    "Westerkade",
    "De Kievit",
    "Noorderlicht",
    "De Appelgaard",
)

# Towns that do not exist.
PLACES = ("Demostad", "Nieuw-Demostad", "Demoveen", "Oud-Demo", "Demo aan de Vaart", "Demosluis")
