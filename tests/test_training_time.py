import subprocess
import sys

from assistant.training_time import TrainingTime, Watch, record, recorded

BUSY = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"


def test_processor_time_is_that_of_the_processes_that_were_waited_for():
    watch = Watch()
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    taken = watch.read()
    assert taken.seconds >= 0.3 and taken.cpu_seconds >= 0.3
    assert Watch().read().cpu_seconds < 0.3


def test_what_a_training_took_is_kept_beside_its_model(tmp_path):
    model = tmp_path / "assistant.tar.gz"
    assert recorded(model) is None
    record(model, TrainingTime(200.0, 300.0))
    assert recorded(model) == TrainingTime(200.0, 300.0)
    assert recorded(tmp_path / "stock.tar.gz") is None
