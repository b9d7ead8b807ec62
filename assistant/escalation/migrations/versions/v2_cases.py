"""Cases, their audit, outbox, deliveries, notices and workers."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

REFERENCE_BYTES = 4


def upgrade() -> None:
    """Makes the tables; what was recorded before comes onto the next working list."""
    op.create_table(
        "escalation_case",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(16), nullable=False, unique=True),
        sa.Column("conversation", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("urgency", sa.String(16)),
        sa.Column("categories", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", sa.DateTime, nullable=False),
        sa.Column("last_mention_at", sa.DateTime, nullable=False),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("contact", sa.String(64)),
        sa.Column("due_at", sa.DateTime),
        sa.Column("acknowledged_at", sa.DateTime),
        sa.Column("acknowledged_by", sa.String(128)),
        sa.Column("closed_at", sa.DateTime),
        sa.Column("contact_asked_at", sa.DateTime),
        sa.Column("contact_name", sa.String(128)),
        sa.Column("contact_number", sa.String(64)),
        sa.Column("subject", sa.String(255)),
        sqlite_autoincrement=True,
    )
    op.create_index("escalation_case_conversation", "escalation_case", ["conversation"])
    op.create_index("escalation_case_due_at", "escalation_case", ["due_at"])
    with op.batch_alter_table("escalation") as table:
        table.add_column(sa.Column("case_id", sa.Integer))
        table.create_foreign_key("escalation_case_fk", "escalation_case", ["case_id"], ["id"])
    op.create_table(
        "case_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("escalation_case.id"), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_index("case_event_case", "case_event", ["case_id"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("escalation_case.id"), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("routed_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_waiting", "outbox", ["routed_at", "due_at"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(128), nullable=False, unique=True),
        sa.Column("cases", sa.JSON, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("target", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("claimed_by", sa.String(128)),
        sa.Column("claimed_until", sa.DateTime),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("link_used_at", sa.DateTime),
        sa.Column("error", sa.String(500)),
        sqlite_autoincrement=True,
    )
    op.create_index("delivery_waiting", "delivery", ["state", "due_at"])
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("escalation_case.id"), nullable=False),
        sa.Column("conversation", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("told_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("notice_conversation", "notice", ["conversation"])
    op.create_table(
        "worker",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("fault", sa.String(500)),
        sa.Column("stopped", sa.Boolean, nullable=False),
    )
    _refuse_changes_of_the_audit()
    _open_cases_of_earlier_messages()


def _refuse_changes_of_the_audit() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION case_event_is_final() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'rows of the audit cannot be changed'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER case_event_is_final BEFORE UPDATE ON case_event "
            "FOR EACH ROW EXECUTE FUNCTION case_event_is_final()"
        )
        return
    op.execute(
        "CREATE TRIGGER case_event_is_final BEFORE UPDATE ON case_event BEGIN "
        "SELECT RAISE(ABORT, 'rows of the audit cannot be changed'); END"
    )


def _open_cases_of_earlier_messages() -> None:
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(bind=connection, only=("escalation", "escalation_case", "case_event", "outbox"))
    message, case = tables.tables["escalation"], tables.tables["escalation_case"]
    event, outbox = tables.tables["case_event"], tables.tables["outbox"]
    columns = [
        message.c.id,
        message.c.conversation,
        message.c.channel,
        message.c.recorded_at,
        sa.type_coerce(message.c.mentions, sa.JSON).label("mentions"),
    ]
    conversations: dict[str, list[sa.engine.Row]] = {}
    for row in connection.execute(sa.select(columns).order_by(message.c.id)).all():
        conversations.setdefault(row.conversation, []).append(row)
    for rows in conversations.values():
        categories = {str(one.get("category")) for row in rows for one in row.mentions}
        values = {
            "reference": secrets.token_hex(REFERENCE_BYTES).upper(),
            "conversation": rows[0].conversation,
            "channel": rows[0].channel,
            "kind": "red-flag",
            "priority": "review",
            "categories": sa.type_coerce(sorted(categories), sa.JSON),
            "state": "recorded",
            "opened_at": rows[0].recorded_at,
            "last_mention_at": rows[-1].recorded_at,
            "begun_at": rows[-1].recorded_at,
        }
        made = connection.execute(case.insert().values(values)).inserted_primary_key[0]
        own = message.c.id.in_([row.id for row in rows])
        connection.execute(message.update().where(own).values(case_id=made))
        connection.execute(
            event.insert().values(
                case_id=made,
                at=rows[-1].recorded_at,
                what="recorded",
                who="assistant",
                origin="migration",
                details=sa.type_coerce({}, sa.JSON),
            )
        )
        times = {"created_at": rows[-1].recorded_at, "due_at": rows[-1].recorded_at}
        connection.execute(outbox.insert().values(case_id=made, reason="opened", **times))
