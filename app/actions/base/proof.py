"""Asks users to prove again who they are, before an action that matters."""

from datetime import timedelta

from app.clock import utc_now
from app.errors import ProofNeeded
from app.permissions import Actor
from app.queries.access.factors import user_has_factor
from app.rules import second_factor
from app.rules.text import N_
from app.school import current_school

SHOW_AGAIN = N_("Laat eerst opnieuw zien dat u het bent.")


def demand(actor: Actor, proof: second_factor.Proof) -> None:
    """Raise ProofNeeded when this actor has not given the proof lately.

    The system needs no proof. Neither does a reader who can change nothing ("bekijk als").
    """
    if actor.system or actor.read_only:
        return
    school = current_school()
    factor = user_has_factor(actor.id)
    within = timedelta(minutes=school.second_factor_minutes)
    policy = school.second_factor
    if second_factor.is_missing(
        proof, actor.shown, utc_now(), policy=policy, has_factor=factor, within=within
    ):
        raise ProofNeeded(SHOW_AGAIN, strong=proof is not second_factor.Proof.LATELY)
