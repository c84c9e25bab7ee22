"""The name of an account, and the sentences that say why an account is not changed."""

from app.rules.text import N_

SUPPLIER_ONLY = N_("Alleen een leverancier kan dit voor een leverancier doen.")
ADMINISTRATOR_ONLY = N_("Wie met dit account werkt, ziet studenten. Alleen een beheerder kan dit doen.")
NAME_OF_STUDENT = N_("De naam van een student wijzigt u bij Studenten.")
OWN_NAME_OF_STUDENT = N_("Uw naam staat bij uw studentgegevens. Klopt die niet? Vraag het uw school.")
LAST_ONE = N_("Dit is de laatste actieve beheerder.")
NAME_IS_ADDRESS = N_(
    "Een gebruikersnaam met een @ moet het eigen e-mailadres zijn. Laat leeg of kies een naam."
)
ADDRESS_TOO_LONG = N_(
    "Dit e-mailadres is te lang om ook de gebruikersnaam te zijn (hoogstens 128 tekens). "
    "Kies een gebruikersnaam."
)
USERNAME_MAX = 128  # characters of a user name in the account table; an address may have more
NAME_FIELDS = ("first_name", "infix", "last_name")
NAME_MAX = 64  # characters of a name in the account table; the student's own row holds all of it


def name_with(username: str, old_address: str, new_address: str) -> str:
    """The user name of an account whose address becomes another. One that was its address stays its address.

    So a user name with an @ is always the account's own address, and nobody's can be another's.
    """
    return new_address if username == old_address else username


def names_of_student(first_name: str, infix: str, last_name: str) -> dict[str, str]:
    """The name that a student's account has: that of the student. Nothing else decides it."""
    return {"first_name": first_name[:NAME_MAX], "infix": infix, "last_name": last_name[:NAME_MAX]}
