"""The current time. It is asked here and nowhere else, always with its time zone."""

import datetime as dt


def utc_now() -> dt.datetime:
    """The current moment in UTC. For the date at the school, use `current_school().today()`."""
    return dt.datetime.now(dt.UTC)


def seconds_now() -> float:
    """The current moment as an authenticator app counts it: seconds since 1970."""
    return utc_now().timestamp()
