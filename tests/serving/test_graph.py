"""The order in which a model's parts run, and what a failing one raises."""

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.serving.graph import SequentialGraphRunner


@pytest.fixture
def runners(agent):
    """Rasa's runner of the model, and ours of the same parts."""
    rasas = agent.processor.graph_runner
    ours = object.__new__(SequentialGraphRunner)
    ours.__dict__ = dict(rasas.__dict__)
    return rasas, ours


def inputs(text):
    tracker = DialogueStateTracker.from_events("anna", [])
    return {PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: tracker}


@pytest.mark.parametrize("text", ["what is denosumab?", "my legs are numb", "hello"])
def test_it_gives_what_rasas_runner_gives(agent, runners, text):
    targets = [agent.processor.model_metadata.nlu_target]
    rasas, ours = (runner.run(inputs(text), targets) for runner in runners)
    assert list(rasas) == list(ours) == targets
    assert rasas[targets[0]][0].as_dict(True) == ours[targets[0]][0].as_dict(True)


def test_each_part_runs_once_and_after_what_it_needs(agent, runners):
    _, ours = runners
    metadata = agent.processor.model_metadata
    order = ours._in_order((metadata.core_target, metadata.nlu_target))
    names = [name for name, _ in order]
    assert len(names) == len(set(names)) and metadata.core_target in names
    for number, (_, needs) in enumerate(order):
        assert set(needs) - set(names[:number]) <= {PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER}


def test_a_failing_part_raises_what_it_raises_with_rasa(agent, runners):
    _, ours = runners
    target = agent.processor.model_metadata.nlu_target
    ours._instantiated_nodes = {**ours._instantiated_nodes, target: _fail}
    with pytest.raises(GraphRunError):
        ours.run(inputs("hello"), [target])
    assert issubclass(SequentialGraphRunner, DaskGraphRunner)


def _fail(*_):
    raise RuntimeError("broken")
