"""Purging where one PostgreSQL holds everything: the profile `cluster`."""

import time
from datetime import timedelta

from sqlalchemy import create_engine

from assistant.escalation.purge import purge_shared_events


def test_old_events_of_conversations_go_and_new_ones_stay(postgresql_url):
    assert purge_shared_events(postgresql_url, timedelta(days=30)) == 0  # no table yet
    with create_engine(postgresql_url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE events (id serial, timestamp double precision)")
        for age in (40, 31, 29, 0):
            at = time.time() - age * 86400
            connection.exec_driver_sql("INSERT INTO events (timestamp) VALUES (%s)", (at,))
    assert purge_shared_events(postgresql_url, timedelta(days=30)) == 2
    assert purge_shared_events(postgresql_url, timedelta(days=30)) == 0
