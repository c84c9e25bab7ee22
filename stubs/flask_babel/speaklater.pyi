from collections.abc import Callable

# At run time it is no str, only something with all of a str's methods that is translated when used.
# Declared as one, because that is what forms, labels and templates take it for. Where a true str is needed
# (json, str.join, a database column), write str(...).
class LazyString(str):
    def __new__(cls, func: Callable[..., str], *args: object, **kwargs: object) -> LazyString: ...
    def __html__(self) -> str: ...
