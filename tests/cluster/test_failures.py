"""What is promised while parts of the cluster fail (docs/cluster.md names these tests)."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections import Counter

import psutil
import pytest
import requests
import socketio
from patients import RED_FLAG, Load, post, told
from waiting import until

from assistant.cluster import Cluster

# Three Rasa processes start on whatever cores there are.
pytestmark = pytest.mark.timeout(1200)
SECONDS = 420
REDIS_GONE = 30.0  # seconds


def new(prefix: str = "patient") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def readiness(url: str) -> tuple[int, dict]:
    response = requests.get(f"{url}/webhooks/web/ready", timeout=30)
    return response.status_code, response.json()["parts"]


def records(rows, conversation: str) -> int:
    query = "SELECT count(*) FROM escalation WHERE conversation = %s"
    return rows(query, (conversation,))[0][0]


def test_replicas_that_get_one_message_id_at_once_make_one_turn_of_it(cluster: Cluster, rows):
    conversation, replies = new(), []
    asked = [
        threading.Thread(
            target=lambda url=replica.url: replies.append(
                post(url, conversation, RED_FLAG, "m1").json()
            )
        )
        for replica in cluster.replicas
    ]
    [one.start() for one in asked]
    [one.join() for one in asked]
    assert len(replies) == 3 and all(reply == replies[0] for reply in replies)
    said = "SELECT count(*) FROM events WHERE sender_id = %s AND type_name = 'user'"
    texts = rows(
        "SELECT data FROM events WHERE sender_id = %s AND type_name = 'user'", (conversation,)
    )
    assert sum(RED_FLAG in data for (data,) in texts) == 1, rows(said, (conversation,))
    assert records(rows, conversation) == 1


def test_a_conversation_goes_on_at_whichever_replica_gets_it(cluster: Cluster):
    conversation = new()
    answers = [
        told(post(replica.url, conversation, text, f"m{number}"))
        for number, (replica, text) in enumerate(
            zip(
                cluster.replicas,
                ("what is denosumab?", "side effects?", "and the dentist?"),
                strict=True,
            )
        )
    ]
    assert answers[0]["faq"][0]["id"] == "denosumab"
    # Read against the question before, which another replica has answered.
    assert answers[1]["faq"][0]["id"] in ("bone-drug-side-effects", "denosumab")


def test_a_request_without_id_gets_one_that_stands_for_all_its_tries(cluster: Cluster, rows):
    conversation = new()
    body = {"sender": conversation, "message": "hello"}
    reply = requests.post(f"{cluster.url}/webhooks/rest/webhook", json=body, timeout=60).json()
    stored = rows("SELECT message_id FROM reply WHERE conversation = %s", (conversation,))
    assert stored == [(reply[0]["custom"]["message_id"],)]


def every_message_has_one_reply_and_record(load: Load, cluster: Cluster, rows) -> None:
    assert load.answers and not load.failures
    for (conversation, message_id), (text, reply) in load.answers.items():
        assert post(cluster.url, conversation, text, message_id).json() == reply
    sent = Counter(conversation for conversation, _ in load.answers)
    red_flags = Counter(who for (who, _), (text, _) in load.answers.items() if text == RED_FLAG)
    for conversation, count in sent.items():
        stored = rows("SELECT count(*) FROM reply WHERE conversation = %s", (conversation,))
        assert stored == [(count,)]
        assert records(rows, conversation) == red_flags[conversation]


def test_killed_and_restarted_replicas_lose_no_turn_and_answer_none_twice(cluster: Cluster, rows):
    load = Load(cluster.url, conversations=4)
    try:
        until(lambda: len(load.answers) + len(load.failures) > 8, "no load", SECONDS)
        os.kill(cluster.replicas[0].pid, signal.SIGKILL)
        before = len(load.answers)
        until(lambda: len(load.answers) + len(load.failures) > before + 12, "no load", SECONDS)
        os.kill(cluster.replicas[1].pid, signal.SIGTERM)  # as a rolling update does
        before = len(load.answers)
        until(lambda: len(load.answers) + len(load.failures) > before + 12, "no load", SECONDS)
    finally:
        load.stop()
    every_message_has_one_reply_and_record(load, cluster, rows)
    cluster.wait_until_ready()


def test_a_page_goes_on_with_its_conversation_when_its_replica_dies(cluster: Cluster):
    begun = requests.post(f"{cluster.url}/webhooks/web/session", timeout=30).json()
    before = [established(replica) for replica in cluster.replicas]
    client = socketio.Client(reconnection_delay=0.5, reconnection_delay_max=2)
    told_by_server = threading.Event()
    client.on("connect", told_by_server.set)
    client.connect(
        f"{cluster.url}?affinity=a-page",
        socketio_path="/webhooks/web/socket.io",
        auth={"token": begun["token"]},
        transports=["polling", "websocket"],
    )
    first = client.call("message", {"message": "hello", "message_id": "m1"}, timeout=60)
    assert first["status"] == 200 and first["messages"]
    grown = [
        established(replica) - was for replica, was in zip(cluster.replicas, before, strict=True)
    ]
    its_replica = cluster.replicas[grown.index(max(grown))]
    told_by_server.clear()
    os.kill(its_replica.pid, signal.SIGKILL)
    assert told_by_server.wait(60), "the page did not find another replica"
    missed = client.call("resume", {"turns": 0, "notices": 0}, timeout=60)
    assert [turn["message_id"] for turn in missed["turns"]] == ["m1"]
    again = client.call("message", {"message": "hello", "message_id": "m1"}, timeout=60)
    assert again["messages"] == first["messages"]
    flagged = client.call("message", {"message": RED_FLAG, "message_id": "m2"}, timeout=60)
    assert flagged["messages"][0]["custom"]["kind"] == "escalation"
    client.disconnect()
    cluster.wait_until_ready()


def established(replica) -> int:
    port = int(replica.address.rpartition(":")[2])
    connections = psutil.Process(replica.pid).net_connections("tcp")
    return sum(one.laddr.port == port and one.status == "ESTABLISHED" for one in connections)


def test_what_one_page_says_is_shown_by_the_others_wherever_they_are_connected(cluster: Cluster):
    begun = requests.post(f"{cluster.url}/webhooks/web/session", timeout=30).json()
    pages, shown = [], []
    for replica in cluster.replicas[:2]:
        page = socketio.Client(reconnection=False)
        page.on("turn", lambda turn: shown.append(turn["message_id"]))
        page.connect(
            replica.url, socketio_path="/webhooks/web/socket.io", auth={"token": begun["token"]}
        )
        pages.append(page)
    pages[0].call("message", {"message": "hello", "message_id": "m1"}, timeout=60)
    until(lambda: shown == ["m1"], "the other page was not told")
    [page.disconnect() for page in pages]


def faults(url: str) -> set[str]:
    status, parts = readiness(url)
    found = {name for name, part in parts.items() if not part["ok"]}
    assert (status == 503) == bool(found)
    return found


def test_without_redis_every_message_is_answered_and_red_flags_are_recorded(cluster: Cluster, rows):
    assert cluster.redis is not None
    load = Load(cluster.url, conversations=4)
    cluster.redis.program.kill()
    back = time.monotonic() + REDIS_GONE
    try:
        conversation = new()
        assert told(post(cluster.url, conversation, RED_FLAG, "m1"))["priority"] == "page"
        assert told(post(cluster.url, conversation, "can I exercise?", "m2"))["kind"] == "answer"
        assert records(rows, conversation) == 1
        for replica in cluster.replicas:
            until(lambda url=replica.url: faults(url) == {"shared-locks"}, "ready without Redis")
            # A load balancer that took them out would leave patients with nobody.
            assert requests.get(f"{replica.url}/webhooks/web/serves", timeout=30).status_code == 200
        again = [
            post(replica.url, conversation, RED_FLAG, "m1").json() for replica in cluster.replicas
        ]
        assert again[0] == again[1] == again[2] and records(rows, conversation) == 1
        time.sleep(max(0.0, back - time.monotonic()))
    finally:
        cluster.redis.start()
        load.stop()
    every_message_has_one_reply_and_record(load, cluster, rows)
    cluster.wait_until_ready()


def test_a_redis_that_hangs_is_like_one_that_is_gone(cluster: Cluster, rows):
    assert cluster.redis is not None and cluster.redis.program.process is not None
    redis = cluster.redis.program.process
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        conversation = new()
        assert told(post(cluster.url, conversation, RED_FLAG, "m1"))["priority"] == "page"
        assert records(rows, conversation) == 1
    finally:
        os.kill(redis.pid, signal.SIGCONT)
    for replica in cluster.replicas:
        until(lambda url=replica.url: readiness(url)[0] == 200, "not ready again", 60)


def test_without_postgresql_advice_is_given_and_the_record_follows(cluster: Cluster, rows):
    assert cluster.postgresql is not None
    conversation = new()
    assert told(post(cluster.url, conversation, "hello", "m0"))["kind"] == "chitchat"
    cluster.postgresql.program.stop()
    gone = {"escalation-store", "tracker-store"}
    try:
        flagged = told(post(cluster.url, conversation, RED_FLAG, "m1"))
        assert flagged["kind"] == "escalation" and flagged["priority"] == "page"
        assert told(post(cluster.url, conversation, "can I exercise?", "m2"))["kind"] == "answer"
        for replica in cluster.replicas:
            # What a turn found is told at once, what a probe found up to a second later.
            until(lambda url=replica.url: faults(url) >= gone, "ready without PostgreSQL")
            assert requests.get(f"{replica.url}/webhooks/web/serves", timeout=30).status_code == 200
    finally:
        cluster.postgresql.start()
    cluster.wait_until_ready()
    # Whoever asks whether it is ready has what waited recorded.
    until(lambda: records(rows, conversation) == 1, "the record did not follow", 30)
    assert told(post(cluster.url, conversation, "is it curable?", "m3"))["kind"] == "answer"
