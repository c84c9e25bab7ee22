from typing import Any

from sqlalchemy.orm import DeclarativeBase

# The library makes its base with declarative_base(); for a type checker DeclarativeBase is the same thing.
class Base(DeclarativeBase): ...

class Model(Base):
    __abstract__ = True
    def to_json(self) -> dict[str, Any]: ...
