"""What the parts of a small run find, as they keep it."""

from __future__ import annotations


def summary(p50, **more):
    return {"turns": 10, "p50": p50, "p95": 2 * p50, "p99": 3 * p50, "unanswered": 0, **more}


def level(rate, p50):
    return summary(p50, turns_per_s=rate, cpu_ms_of_a_turn=9.0, generator_cpu=0.1)


def memory(rss):
    return {"rss_mb": rss, "server_rss_mb": rss - 90, "processes": 2, "threads": 9, "idle_cpu": 0}


def steps(lost=0, pace=1.0):
    return [
        {
            **{"users": users, "pace": pace, "sent": 100, "answered": 100 - lost, "lost": lost},
            **{"failures": {"no answer": lost} if lost else {}, "took_s": 20.0},
            **{"generator_cpu": 0.1, "turns_per_s": users / pace, "cpu_ms_of_a_turn": 10.0},
            "idle_cpu": 0.05,
            **summary(10.0),
        }
        for users in (4, 8)
    ]


def conversation(early, late):
    return {
        **{"late": 500, "early_ms": early, "late_ms": late, "ratio": late / early},
        **{"unanswered": 0, "way": [[25, early], [75, late]]},
    }


def window(turns, rss_mb=400.0, p99=30.0, handles=40, connections=9):
    return {
        **{"turns": turns, "seconds": turns / 50, "p50": 10.0, "p99": p99, "rss_mb": rss_mb},
        **{"handles": handles, "connections": connections, "threads": 9},
        **{"server_cpu": 1.0, "generator_cpu": 0.1},
    }


DATA = {
    "screen": {
        "40": {"ms": 3.0, "bar": 5},
        "3000": {"ms": 80.0, "bar": 80},
        "20000": {"ms": 301.0, "bar": 300},
    },
    "beside": {
        "turn": {
            "ours": summary(10.0),
            "stock Rasa": summary(40.0),
            "plain FAQ service": summary(12.0),
            "bare HTTP": summary(1.0),
        },
        "forward": summary(2.0),
        "floor_ms": 3.0,
        "distance": {"ours": 3.3, "stock Rasa": 13.3, "plain FAQ service": 4.0},
        "at_once": {
            "ours": {"1": level(90, 10), "8": level(90, 80)},
            "stock Rasa": {"1": level(25, 40), "8": level(30, 300)},
            "plain FAQ service": {"1": level(80, 12), "8": level(85, 90)},
        },
        "memory": {
            "ours": memory(400),
            "stock Rasa": memory(1300),
            "plain FAQ service": memory(900),
        },
        "metrics": "",
    },
    "start": {
        "ours": {"s": 30.0, "all": [30.0]},
        "stock Rasa": {"s": 45.0, "all": [45.0]},
        "plain FAQ service": {"s": 15.0, "all": [15.0]},
    },
    "sizes": {
        name: {"packages": 9, "packages_mb": 900.0, "model_mb": None, "training": training}
        for name, training in (
            ("ours", {"seconds": 200.0, "cpu_seconds": 300.0}),
            ("stock Rasa", None),
            ("plain FAQ service", {"seconds": 60.0, "cpu_seconds": 90.0}),
        )
    },
    "conversation": {"ours": conversation(10.0, 11.0), "stock Rasa": conversation(40.0, 400.0)},
    "load": {
        "ours": {"REST": steps(), "Socket.IO": steps()},
        "stock Rasa": {"REST": steps(), "Socket.IO": steps(7)},
    },
    "typing-on": {
        name: {"sent": 120, "lines": 3, "answered": got, "lost": 120 - got, "seconds": 41.0}
        for name, got in (("ours", 120), ("stock Rasa", 61))
    },
    "replicas-1": {"REST": steps(), "Socket.IO": steps(pace=2.5)},
    "replicas-3": {"REST": steps(), "Socket.IO": steps(pace=2.5)},
    "soak": {
        **{"wanted": 50_000, "answered": 50_000, "lost": 0, "failed": 0, "conversations": 2_500},
        "escalations": 2_600,
        "windows": [window(turns) for turns in (1000, 2000, 3000)],
        "criteria": [{"what": "turns without an answer", "found": 0, "most": 0, "met": True}],
    },
}
