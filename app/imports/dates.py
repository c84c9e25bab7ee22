"""A column of dates: step 3 asks about the whole column when one value proves that the month comes first."""

import datetime as dt
from collections.abc import Sequence

from app.errors import RuleBroken
from app.imports import columns
from app.imports.table import Value
from app.rules import date_order
from app.rules.text import N_

ORDER = "order"  # what step 3 asks of such a column, as if it were a text in the file
DAY_FIRST, MONTH_FIRST = "day", "month"


class DateColumn(columns.AskedColumn):
    """Reads the day first. Where the column proves otherwise, it reads nothing before step 3 says how."""

    def options(self, world: columns.World) -> Sequence[columns.Option]:
        return [
            columns.Option(MONTH_FIRST, N_("maand-dag-jaar"), translate=True),
            columns.Option(DAY_FIRST, N_("dag-maand-jaar"), translate=True),
        ]

    @staticmethod
    def proposed(proof: date_order.MonthFirst) -> str:
        """The order that is likely meant; "" when the column proves both."""
        return "" if proof.mixed else MONTH_FIRST

    def in_order(self, value: Value, world: columns.World) -> Value:
        """The value as it is to be read: day first. None: the column stays empty. Raises RuleBroken."""
        proof = world.month_first.get(self.key)
        if proof is None or not self._unsure(value, proof):
            return value
        choice = self.chosen(ORDER, world)
        if choice is None:
            raise RuleBroken(
                N_(
                    "In deze kolom staat de maand voorop, zoals in “%(proof)s”. Kies in stap 3 hoe de datums "
                    "zijn geschreven."
                ),
                proof=columns.short(proof.proof),
            )
        if choice == columns.LEAVE:
            return None
        if choice == DAY_FIRST:
            return value
        return date_order.turned(value) if isinstance(value, dt.date) else _turned(str(value))

    @staticmethod
    def _unsure(value: Value, proof: date_order.MonthFirst) -> bool:
        """Whether this value reads otherwise when the month comes first."""
        if isinstance(value, dt.date):
            return proof.turned
        return isinstance(value, str) and date_order.in_numbers(value)


def _turned(text: str) -> str:
    """A text with its month first, with its day first. Raises RuleBroken for one that has the day first."""
    found = date_order.day_before_month(text)
    if date_order.month_first_in([found]):  # its first number is no month
        raise RuleBroken(
            N_("“%(value)s” is geen datum met de maand voorop. Verbeter de datum."), value=columns.short(text)
        )
    return found
