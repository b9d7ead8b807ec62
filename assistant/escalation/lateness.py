"""When a case is late: the one meaning that lists, figures and metrics share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_

from assistant.escalation.escalation import UNACKNOWLEDGED
from assistant.escalation.notices import WAITING
from assistant.escalation.tables import case_table, notice_table
from assistant.escalation.times import utc


def late_at(at: datetime) -> Any:
    """Nobody acknowledged it in time: the limit is over, or the patient was told so already.

    Args:
        at: The present moment.

    Returns:
        A condition on rows of `case_table`.
    """
    columns = case_table.c
    told = exists().where(
        notice_table.c.conversation == columns.conversation,
        notice_table.c.case_id == columns.id,
        notice_table.c.kind == WAITING,
        notice_table.c.at >= columns.begun_at,
    )
    return and_(columns.state.in_(UNACKNOWLEDGED), or_(columns.due_at <= utc(at), told))
