"""Exchanging the model: what fails leaves everything as it was."""

import pytest

from assistant.channels.gate import TurnGate
from assistant.channels.model_swap import swap
from assistant.dialogue.screening import install_screen, installed_screen
from assistant.red_flags import RedFlagScreen, load_lexicon
from assistant.red_flags.advice import current_advice, install_advice, load_advice


class Agent:
    """Loads as Rasa's does, up to a fault: screen and advice are installed by then."""

    def __init__(self, fault=None):
        self.fault, self.loaded = fault, None

    def load_model(self, model):
        install_screen(RedFlagScreen(load_lexicon()))
        install_advice({})
        if self.fault:
            raise self.fault
        self.loaded = model


@pytest.fixture(autouse=True)
def installed():
    """The screen and advice of before, for the tests that follow."""
    screen, advice = installed_screen() or RedFlagScreen(load_lexicon()), dict(load_advice())
    install_screen(screen)
    install_advice(advice)
    yield screen, advice
    install_screen(screen)
    install_advice(advice)


async def test_new_model_brings_its_screen_and_its_advice(installed, tmp_path):
    agent = Agent()
    await swap(agent, tmp_path, TurnGate())
    assert agent.loaded == tmp_path
    assert installed_screen() is not installed[0] and current_advice() == {}


async def test_fault_while_loading_keeps_the_screen_and_the_advice_of_before(installed, tmp_path):
    gate = TurnGate()
    with pytest.raises(ValueError, match="broken"):
        await swap(Agent(ValueError("broken")), tmp_path, gate)
    assert installed_screen() is installed[0] and current_advice() == installed[1]
    async with gate.turn():
        pass
