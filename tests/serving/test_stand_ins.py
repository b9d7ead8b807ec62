"""What stands in for Rasa's training code says so when called, and leaves where networks come."""

import subprocess
import sys

from assistant.paths import ROOT


def python(code):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


STANDING_IN = """
import sys
from assistant.serving import stand_ins
stand_ins.install()
stand_ins.install()
import rasa.utils.train_utils as train_utils
"""


def test_rasa_is_imported_without_tensorflow_and_a_stand_in_refuses():
    said = python(
        STANDING_IN
        + """
import rasa.core.run
print("tensorflow" in sys.modules, "matplotlib" in sys.modules)
try:
    train_utils.RasaTrainingLogger(1, silent=True)
except stand_ins.NotServedError as error:
    print("rasa.utils.tensorflow.callback.RasaTrainingLogger" in str(error))
"""
    )
    assert said == ["False", "False", "True"]


def test_a_network_gets_the_real_modules_back():
    said = python(
        STANDING_IN
        + """
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
from rasa.utils.tensorflow.callback import RasaTrainingLogger
from rasa.utils.tensorflow.data_generator import RasaBatchDataGenerator
import tensorflow as tf
print(issubclass(train_utils.RasaTrainingLogger, tf.keras.callbacks.Callback))
print(train_utils.RasaBatchDataGenerator is RasaBatchDataGenerator)
print(RasaTrainingLogger.__module__, len(sys.meta_path) == len(set(map(id, sys.meta_path))))
"""
    )
    assert said == ["True", "True", "rasa.utils.tensorflow.callback", "True"]
