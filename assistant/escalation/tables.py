"""The tables of the escalation store; times are UTC without a zone, for SQLite keeps none."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# What somebody has to look at: one complaint of one conversation, or the wish to talk to a person.
case_table = Table(
    "escalation_case",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(16), nullable=False, unique=True),  # what people call it
    Column("conversation", String(255), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # red-flag | person-wanted
    Column("priority", String(16), nullable=False),
    Column("urgency", String(16)),
    Column("categories", JSON, nullable=False),
    Column("state", String(16), nullable=False),  # recorded | notified | acknowledged | closed
    Column("opened_at", DateTime, nullable=False),
    Column("last_mention_at", DateTime, nullable=False),
    Column("begun_at", DateTime, nullable=False),  # opened, raised or reopened: limits count
    Column("contact", String(64)),  # who was told last since then
    Column("due_at", DateTime),  # when it is passed on unless somebody acknowledges it
    Column("acknowledged_at", DateTime),
    Column("acknowledged_by", String(128)),
    Column("closed_at", DateTime),
    Column("contact_asked_at", DateTime),
    Column("contact_name", String(128)),
    Column("contact_number", String(64)),
    Column("subject", String(255)),  # whom the hospital's own channel names
    Column("outcome", String(32)),  # what became of it, see OUTCOMES of escalation.py
    Column("outcome_note", Text),  # of whoever closed it
    Index("escalation_case_conversation", "conversation"),
    Index("escalation_case_due_at", "due_at"),
    Index("escalation_case_opened_at", "opened_at", "id"),
    Index(
        "escalation_case_called_back",
        "contact_name",
        "contact_number",
        sqlite_where=text("contact_number IS NOT NULL"),
        postgresql_where=text("contact_number IS NOT NULL"),
    ),
    # The order of the console's list is an index on an expression, made by migration 4.
    sqlite_autoincrement=True,
)

# One message with a red flag. What it said is kept here alone.
escalation_table = Table(
    "escalation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("escalation_case.id")),
    Column("conversation", String(255), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("recorded_at", DateTime, nullable=False),
    Column("priority", String(16)),
    Column("urgency", String(16)),
    Column("mentions", JSON, nullable=False),
    Column("model_version", String(128)),
    Column("corpus_version", String(128)),
    UniqueConstraint("conversation", "message_id"),
    Index("escalation_recorded_at", "recorded_at"),
)

# The audit: rows are only ever added. A trigger of the migration refuses changes.
event_table = Table(
    "case_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("escalation_case.id"), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("what", String(32), nullable=False),
    Column("who", String(128), nullable=False),
    Column("origin", String(64), nullable=False),  # from where: a channel, the worker, a link ...
    Column("details", JSON, nullable=False),  # never a patient's words
    Index("case_event_case", "case_id"),
)

# What the worker must still pass on: written in the transaction of what happened.
outbox_table = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("escalation_case.id"), nullable=False),
    Column("reason", String(32), nullable=False),  # opened | raised | again | overdue
    Column("created_at", DateTime, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("routed_at", DateTime),
    Index("outbox_waiting", "routed_at", "due_at"),
    sqlite_autoincrement=True,
)

# One notification to one target of one contact.
delivery_table = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(128), nullable=False, unique=True),  # the receiver's idempotency key
    Column("cases", JSON, nullable=False),  # ids; several on a working list
    Column("reason", String(32), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("target", Integer, nullable=False),  # its number among the contact's targets
    Column("rank", Integer, nullable=False),  # of the priority: the most pressing go first
    Column("state", String(16), nullable=False),  # waiting | sent | parked | dropped
    Column("attempts", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),  # attempts that trying again does not mend
    Column("created_at", DateTime, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("claimed_by", String(128)),
    Column("claimed_until", DateTime),
    Column("sent_at", DateTime),
    Column("link_used_at", DateTime),
    Column("error", String(500)),
    Index("delivery_waiting", "state", "due_at"),
    sqlite_autoincrement=True,
)

# What a conversation is to be told.
notice_table = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("escalation_case.id"), nullable=False),
    Column("conversation", String(255), nullable=False),
    Column("kind", String(16), nullable=False),  # see Notice
    Column("at", DateTime, nullable=False),
    Column("told_at", DateTime),
    Column("name", String(64)),  # first name of the person who writes
    Column("text", Text),  # their words
    Column("key", String(64)),  # of the form that they were typed into
    Index("notice_conversation", "conversation"),
    Index("notice_key", "key", unique=True),
    sqlite_autoincrement=True,  # ids are never used again: links and clients remember them
)

# A person writes in a conversation in place of the assistant's answers.
take_over_table = Table(
    "take_over",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", String(255), nullable=False),
    Column("case_id", Integer, ForeignKey("escalation_case.id"), nullable=False),
    Column("staff", String(64), nullable=False),  # the account's login
    Column("name", String(64), nullable=False),
    Column("begun_at", DateTime, nullable=False),
    Column("staff_at", DateTime, nullable=False),  # the person last wrote, or began
    Column("patient_at", DateTime),  # the patient last wrote
    Column("read_at", DateTime, nullable=False),  # what the person had before them then
    Column("ended_at", DateTime),
    Index(
        "take_over_open",
        "conversation",
        unique=True,  # one person at a time
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

# A thread of a hospital's own messaging. Whom it is about stands here and in no store of Rasa's.
thread_table = Table(
    "hospital_thread",
    metadata,
    Column("conversation", String(64), primary_key=True),  # a keyed hash of patient and thread
    Column("route", String(128), nullable=False),  # "fhir:<name>" or "webhook:<name>"
    Column("subject", String(64)),  # a keyed hash of the patient
    Column("address", JSON, nullable=False),  # what replies carry over
    Column("last_at", DateTime, nullable=False),
    Column("answered_to", DateTime),  # of the messages answered, when the latest was sent
    Column("claimed_by", String(128)),
    Column("claimed_until", DateTime),
)

# What the hospital's server gave us: kept before it is taken from them.
inbound_table = Table(
    "hospital_inbound",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", String(64)),  # None until it is fetched
    Column("route", String(128), nullable=False),
    Column("message_id", String(64), nullable=False, unique=True),
    Column("reference", String(255)),  # on their server
    Column("state", String(16), nullable=False),  # fetch | waiting | answered | dropped
    Column("content", JSON(none_as_null=True)),  # the words, until they are answered
    Column("received_at", DateTime, nullable=False),
    Column("sent_at", DateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("error", String(500)),
    Index("hospital_inbound_waiting", "state", "due_at"),
    Index("hospital_inbound_conversation", "conversation"),
    Index("hospital_inbound_reference", "reference"),
    sqlite_autoincrement=True,
)

# By what a message is known when it comes again.
identity_table = Table(
    "hospital_identity",
    metadata,
    Column("key", String(64), primary_key=True),  # a keyed hash of identifier or id, and words
    Column("inbound_id", Integer, ForeignKey("hospital_inbound.id"), nullable=False),
    Index("hospital_identity_inbound", "inbound_id"),
)

# Requests and tokens that count once.
nonce_table = Table(
    "hospital_nonce",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("expires_at", DateTime, nullable=False),
    Index("hospital_nonce_expires_at", "expires_at"),
)

# What the hospital's server is still to get, in order within a conversation.
outgoing_table = Table(
    "hospital_outgoing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # their server knows it by this
    Column("conversation", String(64), nullable=False),
    Column("route", String(128), nullable=False),
    Column("content", JSON(none_as_null=True)),  # until it is sent
    Column("rank", Integer, nullable=False),  # of the priority: the most pressing go first
    Column("state", String(16), nullable=False),  # waiting | sent | parked
    Column("attempts", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),  # attempts that trying again does not mend
    Column("created_at", DateTime, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("claimed_by", String(128)),
    Column("claimed_until", DateTime),
    Column("sent_at", DateTime),
    Column("reference", String(255)),  # on their server
    Column("error", String(500)),
    Index("hospital_outgoing_waiting", "state", "due_at"),
    Index("hospital_outgoing_conversation", "conversation"),
    Index("hospital_outgoing_reference", "reference"),
    sqlite_autoincrement=True,
)

# A sign of life of each worker.
worker_table = Table(
    "worker",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("started_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("fault", String(500)),
    Column("stopped", Boolean, nullable=False),
)

# Who may use the staff console.
staff_table = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),  # first name: patients read it
    Column("role", String(16), nullable=False),  # nurse | admin
    Column("password", String(255), nullable=False),  # argon2
    Column("created_at", DateTime, nullable=False),
    Column("disabled_at", DateTime),
    sqlite_autoincrement=True,
)

# A log-in that lasts. The browser holds the key, this its hash.
staff_session_table = Table(
    "staff_session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("staff_id", Integer, ForeignKey("staff.id"), nullable=False),
    Column("begun_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),  # the person last did something
    Index("staff_session_staff", "staff_id"),
    sqlite_autoincrement=True,
)

# Log-ins that failed, by account and by address: each makes the next one wait longer.
staff_failure_table = Table(
    "staff_failure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # a hash of what was typed
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime, nullable=False),
    Column("blocked_until", DateTime),
)

# The audit of log-ins and accounts: rows are only ever added, as in the audit of cases.
staff_event_table = Table(
    "staff_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("what", String(64), nullable=False),
    Column("login", String(64)),  # the account; None where there is no such account
    Column("who", String(64), nullable=False),  # who did it
    Column("address", String(64), nullable=False),  # from where
    Index("staff_event_at", "at"),
)
