"""The sentences that say why an account is not changed."""

from app.rules.text import N_

SUPPLIER_ONLY = N_("Alleen een leverancier kan dit voor een leverancier doen.")
ADMINISTRATOR_ONLY = N_("Wie met dit account werkt, ziet studenten. Alleen een beheerder kan dit doen.")
LAST_ONE = N_("Dit is de laatste actieve beheerder.")
NAME_IS_ADDRESS = N_(
    "Een gebruikersnaam met een @ moet het eigen e-mailadres zijn. Laat leeg of kies een naam."
)
