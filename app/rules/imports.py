"""The login codes that an import can give, and how long a worker keeps a run."""

from datetime import timedelta

from app.rules.text import N_

# What new people get (ImportRun.login_codes).
LOGIN_CODES = {
    "mail": N_("Inlogcode mailen"),
    "make": N_("Inlogcode wel aanmaken, nog niet mailen"),
    "none": N_("Geen inlogcode"),
}
CHOOSE_FIRST = N_("Kies eerst in stap 2 en 3 wat de kolommen en waarden zijn.")
CHOOSE_HIDDEN = N_("Kies eerst in stap 2 of de verborgen rijen meegaan.")
ALREADY_DONE = N_(
    "Deze import is al uitgevoerd, misschien in een ander tabblad. Hieronder staat wat er is geïmporteerd."
)
ALREADY_BEGUN = N_(
    "Deze import is al begonnen, misschien in een ander tabblad. Hieronder staat hoe ver het is."
)
LEASE = timedelta(seconds=60)  # after this long without a sign of life another worker begins anew
