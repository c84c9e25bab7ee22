"""Tells who has the next attempt that the attempt before it is open again, or decided anew (decision 34).

Plain functions, inside the caller's transaction. A fixed number of statements.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from app import models
from app.actions.mail import outbox
from app.mail.earlier_attempt import EARLIER_ATTEMPT, News, news_text
from app.queries.planning import attempts as queries
from app.queries.planning.present import Planned, planned_in
from app.rules.people import mail_of
from app.rules.tokens import new_token
from app.school import current_school


def tell_later(registrations: Sequence[int], news: News = News.REOPENED) -> list[str]:
    """Mail the examiners of the school and the planner of each later attempt. Says in words who is told."""
    later = queries.later_attempts(registrations)
    if not later:
        return []
    found = planned_in([one.registration.id for one in later])
    readers = queries.who_has([one.registration for one in later])
    mails = [
        mail
        for one in later
        for user in readers[one.registration.id]
        for mail in _mail(one, user, found, news)
    ]
    outbox.put_in_outbox(mails)
    told: Mapping[tuple[int, bool], list[str]] = defaultdict(list)
    for one in later:
        told[one.registration.attempt, one.decided] += [
            user.full_name for user in readers[one.registration.id]
        ]
    return [_line(*key, ", ".join(names)) for key, names in told.items()]


def _line(attempt: int, decided: bool, names: str) -> str:
    if decided:
        return _(
            "Let op: kans %(attempt)s heeft al een uitslag. Hierover krijgen bericht: %(names)s.",
            attempt=attempt,
            names=names,
        )
    return _(
        "Let op: kans %(attempt)s is al ingepland. Hierover krijgen bericht: %(names)s.",
        attempt=attempt,
        names=names,
    )


def _mail(
    later: queries.Later, user: models.User, found: Sequence[Planned], news: News
) -> Sequence[outbox.NewMail]:
    """The mail to this user; none to a user without an address."""
    if not mail_of(user.email):
        return ()
    school, registration = current_school(), later.registration
    moments = [one for one in found if one.registration_id == registration.id]
    subject, body = news_text(
        news,
        user.language or school.language,
        school.name,
        name=user.full_name,
        exam=f"{registration.exam.code} {registration.exam.title}",
        first=later.earlier,
        own=registration.attempt,
        when=moments[0].when if moments else "",
        decided=later.decided,
    )
    return [
        outbox.NewMail(
            purpose=EARLIER_ATTEMPT,
            dedupe_key=f"{EARLIER_ATTEMPT}:{user.id}:{new_token()}",
            to_address=user.email,
            to_user_id=user.id,
            language=user.language,
            subject=subject,
            body=body,
        )
    ]
