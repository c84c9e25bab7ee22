"""Which columns of a file are what: column key -> places in the header, in the order of the file."""

from collections.abc import Mapping, Sequence

ColumnMap = Mapping[str, Sequence[int]]


def read_mapping(kept: Mapping[str, int | Sequence[int]]) -> dict[str, list[int]]:
    """As a run keeps it. Runs of before several columns could make one field kept one place for each."""
    return {key: [places] if isinstance(places, int) else list(places) for key, places in kept.items()}
