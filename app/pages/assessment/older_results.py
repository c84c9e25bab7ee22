"""Sentences in the frozen working of results from before pass rules were steps.

Nothing makes them any more. They stand here so that they are still translated: such a result stays as it was.
"""

from app.rules.text import N_

LABELS = (
    N_("Alle criteria voldoende (O/V/G)"),
    N_("Punten naar cijfer, met cruciale criteria"),
    N_("Elk werkproces voldoende, cijfer over alle punten"),
    N_("Knock-out, anders een grens in punten"),
)
REASONS = (
    N_("Alle criteria zijn voldoende en de grens voor goed is bereikt."),
    N_("Alle criteria zijn minstens voldoende."),
    N_("Niet alle criteria zijn voldoende: %(criteria)s."),
    N_("Onvoldoende voor werkproces %(codes)s; het cijfer is daarom hoogstens %(mark)s."),
    N_("1 punt behaald, genoeg voor de grens van %(threshold)s."),
    N_("%(points)s punten behaald, genoeg voor de grens van %(threshold)s."),
)
