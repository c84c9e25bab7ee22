"""The row of the example file: it can be imported as it is, in any school, and changes nobody who is there.

What it is coupled to is the school's own; where the school has nothing yet, the cell is empty.
"""

from collections.abc import Callable, Mapping, Sequence

from app.imports.columns import World
from app.imports.kind import Kind
from app.imports.table import Value
from app.permissions import Actor
from app.queries.imports import example as queries
from app.rules import people

FREE = 50  # names and numbers that are tried, before the one that the column gives


def example_row(actor: Actor, kind: Kind) -> Mapping[str, Value]:
    """Column key -> what the example holds for it. A fixed number of queries."""
    world = World(kind.example_facts(actor))
    row = {column.key: column.own_example(world) for column in kind.columns if column.in_example}
    return {**row, **OWN[kind.key](actor, row)}


def _student(_actor: Actor, row: Mapping[str, Value]) -> Mapping[str, Value]:
    """A number and an address that nobody has; no birth date when somebody has the name."""
    number, email = str(row["number"]), str(row["email"])
    numbers = [f"{int(number) + at:0{len(number)}}" for at in range(FREE)]
    found: dict[str, Value] = {
        "number": _free(numbers, queries.taken_numbers),
        "email": _free(_addresses(email), queries.taken_addresses),
    }
    if queries.named_so(people.name_key(str(row["first_name"]), str(row["infix"]), str(row["last_name"]))):
        return {**found, "birth_date": ""}
    return found


def _user(_actor: Actor, row: Mapping[str, Value]) -> Mapping[str, Value]:
    return {"email": _free(_addresses(str(row["email"])), queries.taken_addresses)}


def _group(actor: Actor, row: Mapping[str, Value]) -> Mapping[str, Value]:
    name = str(row["name"])
    names = [name, *(f"{name} {at}" for at in range(2, FREE))]
    members = "; ".join(queries.some_numbers(actor))
    return {"name": _free(names, queries.taken_groups), "members": members}


def _addresses(address: str) -> Sequence[str]:
    name, _at, domain = address.partition("@")
    return [address, *(f"{name}{at}@{domain}" for at in range(2, FREE))]


def _free(wanted: Sequence[str], taken: Callable[[Sequence[str]], set[str]]) -> str:
    there = taken(wanted)
    return next((one for one in wanted if one not in there), "")


OWN: Mapping[str, Callable[[Actor, Mapping[str, Value]], Mapping[str, Value]]] = {
    "students": _student,
    "users": _user,
    "groups": _group,
}
