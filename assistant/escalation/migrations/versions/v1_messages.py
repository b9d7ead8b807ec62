"""One table of messages with red flags, as the first version of the assistant made it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Makes the table, unless the assistant made it before there were versions."""
    if sa.inspect(op.get_bind()).has_table("escalation"):
        return
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.String(255), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
        sa.Column("priority", sa.String(16)),
        sa.Column("urgency", sa.String(16)),
        sa.Column("mentions", sa.JSON, nullable=False),
        sa.Column("model_version", sa.String(128)),
        sa.Column("corpus_version", sa.String(128)),
        sa.UniqueConstraint("conversation", "message_id"),
    )
    op.create_index("escalation_recorded_at", "escalation", ["recorded_at"])
