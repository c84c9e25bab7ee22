"""What time it is: asked here and nowhere else, always with its zone."""

import datetime as dt


def utc_now() -> dt.datetime:
    """This moment in UTC; the school's own day is `current_school().today()`."""
    return dt.datetime.now(dt.UTC)


def seconds_now() -> float:
    """This moment as an authenticator app counts it: seconds since 1970."""
    return utc_now().timestamp()
