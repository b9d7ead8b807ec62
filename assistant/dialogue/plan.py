"""What a turn does, as a list of actions: red flags first."""

from __future__ import annotations

from collections.abc import Sequence

ESCALATE = "action_escalate"
RED_FLAG = "utter_red_flag"
ASK_CONTACT = "utter_ask_contact"
CONTACT_KEPT = "utter_contact_kept"
CONTACT_REFUSED = "utter_contact_refused"
PASSED_TO_STAFF = "utter_passed_to_staff"
MOST_ANSWERS = 3


def plan(
    flagged: bool,
    answers: Sequence[str],
    services: Sequence[str] = (),
    contact: Sequence[str] = (),
    taken_over: bool = False,
) -> list[str]:
    """Plans the turns that no rule can: with a red flag, several answers or call-back details.

    With a red flag nothing is clarified or declined: the record, the advice, then whatever
    else was asked and has an answer.

    Args:
        flagged: Whether the message mentions a red flag, or could not be screened.
        answers: Response keys of the answers, in the order in which they were asked for.
        services: Responses to what else the message asked for (a decline, numbers to call).
        contact: Responses about calling the patient back (`ASK_CONTACT` and so on).
        taken_over: Whether a person answers in this conversation: then the assistant only screens.

    Returns:
        Action names in order; empty where an ordinary rule decides.

    >>> plan(True, ["utter_faq/denosumab"])
    ['action_escalate', 'utter_red_flag', 'utter_faq/denosumab']
    >>> plan(False, ["utter_faq/denosumab"])
    []
    """
    if taken_over:
        return [*([ESCALATE, RED_FLAG] if flagged else []), PASSED_TO_STAFF]
    if flagged:
        return [ESCALATE, RED_FLAG, *answers[:MOST_ANSWERS], *contact]
    planned = [*answers[:MOST_ANSWERS], *services, *contact]
    return planned if contact or (answers and len(planned) > 1) else []
