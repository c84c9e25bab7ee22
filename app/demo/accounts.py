"""The accounts of a demo school, one per role. They exist in a demo school only; the password is public."""

from dataclasses import dataclass

from app.demo.people import DOMAIN
from app.permissions import Role

PASSWORD = "proeve-demo"


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    role: Role
    first_name: str
    infix: str
    last_name: str
    organisation: str = ""

    @property
    def email(self) -> str:
        return f"{self.username}@{DOMAIN}"


ACCOUNTS = (
    Account("ess", Role.SUPPLIER, "Esther", "", "Smit", "Examenservice Demostad"),
    Account("beheerder", Role.ADMINISTRATOR, "Bram", "van", "Dijk"),
    Account("praktijkbegeleider", Role.SCHOOL_SUPERVISOR, "Petra", "", "Bakker"),
    Account("praktijkopleider", Role.COMPANY_SUPERVISOR, "Omar", "el", "Amrani", "Zorgcentrum De Linde"),
    Account("schoolexaminator", Role.SCHOOL_EXAMINER, "Sanne", "de", "Vries"),
    Account("bedrijfsexaminator", Role.COMPANY_EXAMINER, "Björn", "van den", "Berg", "Woonzorg Het Anker"),
    Account("examencommissie", Role.EXAM_COMMITTEE, "Elif", "", "Yılmaz"),
    Account("student", Role.STUDENT, "Fatima", "", "Jansen"),
)
