import subprocess
import sys

from assistant.benchmarks.serving.processes import use_of

CHILD = "import sys; held = bytearray(80 << 20); print(1, flush=True); sys.stdin.read()"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdin=subprocess.PIPE)
sys.stdin.read()
child.stdin.close()
child.wait()
"""


def test_children_count_with_their_memory_and_handles():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()  # the child has its memory
        use = use_of([process.pid])
        process.stdin.close()
    assert use.processes == 2
    assert use.rss_mb > 80
    assert use.handles >= 6 and use.threads >= 2 and use.cpu_s > 0


def test_a_process_that_has_ended_uses_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    use = use_of([process.pid])
    assert (use.processes, use.rss_mb, use.handles) == (0, 0, 0)
