"""Actions run in the Rasa process under a deadline; with a url they go to a server as ever."""

import asyncio
import time

import pytest
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.events import BotUttered, SlotSet
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from assistant.dialogue import in_process_actions
from assistant.dialogue.renderer import Renderer

MODULE = """
import asyncio
from rasa_sdk import Action
from rasa_sdk.events import SlotSet

class ActionSay(Action):
    def name(self): return "action_say"
    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="said to " + tracker.sender_id)
        return [SlotSet("turn", {"seen": tracker.get_slot("turn")})]

class ActionHang(Action):
    def name(self): return "action_hang"
    async def run(self, dispatcher, tracker, domain):
        await asyncio.sleep(60)
"""


@pytest.fixture
def run(agent, conversation, tmp_path, monkeypatch):
    name = f"actions_of_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(action, **endpoint):
        endpoint = endpoint or {"actions_module": name}
        remote = RemoteAction(action, EndpointConfig(**endpoint))
        tracker = conversation("hello")
        renderer = Renderer(domain=agent.domain)
        return asyncio.run(remote.run(CollectingOutputChannel(), renderer, tracker, agent.domain))

    return run


def test_action_says_and_sets_what_it_wants(run):
    said, set_ = run("action_say")
    assert isinstance(said, BotUttered) and said.text == "said to c"
    assert isinstance(set_, SlotSet) and set_.key == "turn"


def test_hung_action_ends_at_the_deadline(run, monkeypatch):
    monkeypatch.setattr(in_process_actions, "SECONDS_IN_PROCESS", 0.2)
    begun = time.monotonic()
    with pytest.raises(asyncio.TimeoutError):
        run("action_hang")
    assert time.monotonic() - begun < 5


def test_url_still_means_an_action_server(run):
    with pytest.raises(RasaException, match="Couldn't connect"):
        run("action_say", url="http://127.0.0.1:9/webhook")
