"""Accounts of the staff console, their sessions and audit; the order of its list as an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

# As assistant/web/console/listing.py writes it: an index on an expression serves that one alone.
ORDER = (
    "(CASE WHEN state IN ('recorded', 'notified') THEN 0 ELSE 4 END"
    " + CASE priority WHEN 'page' THEN 0 WHEN 'same-day' THEN 1 WHEN 'person' THEN 2 ELSE 3 END)"
)


def upgrade() -> None:
    """Makes tables and indexes."""
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("login", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("disabled_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("staff_session_staff", "staff_session", ["staff_id"])
    op.create_table(
        "staff_failure",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime, nullable=False),
        sa.Column("blocked_until", sa.DateTime),
    )
    op.create_table(
        "staff_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("login", sa.String(64)),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
    )
    op.create_index("staff_event_at", "staff_event", ["at"])
    _refuse_changes_of_the_audit()
    _index_the_list()


def _refuse_changes_of_the_audit() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER staff_event_is_final BEFORE UPDATE ON staff_event "
            "FOR EACH ROW EXECUTE FUNCTION case_event_is_final()"
        )
        return
    op.execute(
        "CREATE TRIGGER staff_event_is_final BEFORE UPDATE ON staff_event BEGIN "
        "SELECT RAISE(ABORT, 'rows of the audit cannot be changed'); END"
    )


def _index_the_list() -> None:
    """Not in tables.py: SQLAlchemy cannot compare indexes on expressions."""
    op.execute(
        f"CREATE INDEX escalation_case_list ON escalation_case ({ORDER}, opened_at, id) "
        "WHERE state <> 'closed'"
    )
    op.execute("CREATE INDEX escalation_case_opened_at ON escalation_case (opened_at, id)")
    op.execute(
        "CREATE INDEX escalation_case_called_back ON escalation_case (contact_name, contact_number)"
        " WHERE contact_number IS NOT NULL"
    )
