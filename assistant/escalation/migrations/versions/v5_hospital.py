"""Threads, messages in and out of a hospital's own messaging."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "hospital_thread",
        sa.Column("conversation", sa.String(64), primary_key=True),
        sa.Column("route", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(64)),
        sa.Column("address", sa.JSON, nullable=False),
        sa.Column("last_at", sa.DateTime, nullable=False),
        sa.Column("answered_to", sa.DateTime),
        sa.Column("claimed_by", sa.String(128)),
        sa.Column("claimed_until", sa.DateTime),
    )
    op.create_table(
        "hospital_inbound",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.String(64)),
        sa.Column("route", sa.String(128), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False, unique=True),
        sa.Column("reference", sa.String(255)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True)),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("error", sa.String(500)),
        sqlite_autoincrement=True,
    )
    op.create_index("hospital_inbound_waiting", "hospital_inbound", ["state", "due_at"])
    op.create_index("hospital_inbound_conversation", "hospital_inbound", ["conversation"])
    op.create_index("hospital_inbound_reference", "hospital_inbound", ["reference"])
    op.create_table(
        "hospital_identity",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("inbound_id", sa.Integer, sa.ForeignKey("hospital_inbound.id"), nullable=False),
    )
    op.create_index("hospital_identity_inbound", "hospital_identity", ["inbound_id"])
    op.create_table(
        "hospital_nonce",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("hospital_nonce_expires_at", "hospital_nonce", ["expires_at"])
    op.create_table(
        "hospital_outgoing",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("route", sa.String(128), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True)),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("claimed_by", sa.String(128)),
        sa.Column("claimed_until", sa.DateTime),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("reference", sa.String(255)),
        sa.Column("error", sa.String(500)),
        sqlite_autoincrement=True,
    )
    op.create_index("hospital_outgoing_waiting", "hospital_outgoing", ["state", "due_at"])
    op.create_index("hospital_outgoing_conversation", "hospital_outgoing", ["conversation"])
    op.create_index("hospital_outgoing_reference", "hospital_outgoing", ["reference"])
