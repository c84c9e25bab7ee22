"""Which columns of a file make a field: column key -> places in the header, in the order of the file."""

from collections.abc import Mapping, Sequence

ColumnMap = Mapping[str, Sequence[int]]


def read_mapping(kept: Mapping[str, int | Sequence[int]]) -> dict[str, list[int]]:
    """The mapping that a run keeps. An old run kept one place for a field, as a number and no list."""
    return {key: [places] if isinstance(places, int) else list(places) for key, places in kept.items()}
