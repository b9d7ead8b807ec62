"""Keeps out of a serving process what Rasa imports there and this assistant never runs.

TensorFlow alone is half of the start and of the memory, and Rasa's own modules import it for the
training of networks, whatever the model. Four modules of Rasa's are stood in for:

- `rasa.utils.tensorflow.callback` and `.data_generator`: they report on, and feed, the training of
  a network. `rasa.utils.train_utils` imports them, and calls them in functions that only networks
  use. A component that is one (DIET, TED, ResponseSelector ...: all of them import Rasa's layers or
  models) gets the real ones back before it is loaded, and TensorFlow with them.
- `rasa.graph_components.validators.default_recipe_validator`: it checks a configuration when it is
  trained, and imports all of Rasa's components for that. A model names it in its training graph,
  which nobody runs here.
- `rasa.utils.plotting`: the pictures of `rasa test`, with matplotlib. The server imports it for
  addresses of Rasa's API, which is not switched on here.

Training, `rasa test` and `rasa shell` never come here.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

TRAIN_UTILS = "rasa.utils.train_utils"
OF_NETWORKS = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
}
OF_TRAINING_AND_TESTS = {
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
    "rasa.utils.plotting": ("plot_confusion_matrix", "plot_curve", "plot_paired_histogram"),
}
# Whichever of Rasa's components is a network imports one of these.
NETWORKS = ("rasa.utils.tensorflow.models", "rasa.utils.tensorflow.rasa_layers")


class NotServedError(RuntimeError):
    """Something was called that a serving process does not hold."""


class _StandIn(importlib.abc.Loader):
    """Makes a module whose names say what they are, should anybody call one."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        for name in self._names:
            setattr(module, name, _refusing(f"{module.__name__}.{name}"))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the stand-ins, until a network is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in NETWORKS:
            _give_back()
        names = {**OF_NETWORKS, **OF_TRAINING_AND_TESTS}.get(fullname)
        if names is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, _StandIn(names))


_FINDER = _Finder()


def install() -> None:
    """Stands in for the modules from now on; called before Rasa is imported."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def _give_back() -> None:
    """Puts the real modules where the stand-ins of networks are."""
    sys.meta_path.remove(_FINDER)
    for name, names in OF_NETWORKS.items():
        sys.modules.pop(name, None)
        real = importlib.import_module(name)
        train_utils = sys.modules.get(TRAIN_UTILS)
        for one in names if train_utils is not None else ():
            setattr(train_utils, one, getattr(real, one))


def _refusing(name: str) -> type:
    def refuse(self: object, *_: Any, **__: Any) -> None:
        raise NotServedError(
            f"{name} is not in a serving process (assistant/serving/stand_ins.py): "
            "train and test with `rasa train` and `rasa test`"
        )

    return type(name.rpartition(".")[2], (), {"__init__": refuse})
