"""Take-overs, what staff write to patients, and what became of a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Makes the table and the columns."""
    op.create_table(
        "take_over",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.String(255), nullable=False),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("escalation_case.id"), nullable=False),
        sa.Column("staff", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("staff_at", sa.DateTime, nullable=False),
        sa.Column("patient_at", sa.DateTime),
        sa.Column("read_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    unfinished = sa.text("ended_at IS NULL")
    op.create_index(
        "take_over_open",
        "take_over",
        ["conversation"],
        unique=True,
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.add_column("notice", sa.Column("name", sa.String(64)))
    op.add_column("notice", sa.Column("text", sa.Text))
    op.add_column("notice", sa.Column("key", sa.String(64)))
    op.create_index("notice_key", "notice", ["key"], unique=True)
    op.add_column("escalation_case", sa.Column("outcome", sa.String(32)))
    op.add_column("escalation_case", sa.Column("outcome_note", sa.Text))
