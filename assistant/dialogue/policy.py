"""TurnPolicy: plans the turns with a red flag or several answers, and abstains from the rest."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.dialogue import in_process_actions, measured_rasa
from assistant.dialogue.plan import CONTACT_KEPT, plan
from assistant.dialogue.screening import install_screen, screen_message
from assistant.dialogue.turn import (
    TURN_SLOT,
    actions_run,
    contact_steps,
    evidence,
    is_call_back_alone,
    reading_of,
    served_alone,
    services_of,
    staff_of,
)
from assistant.encoder import get_encoder
from assistant.encoder.encoder import DEFAULT_MODEL
from assistant.faq.importer import response_key
from assistant.paths import CORPUS, NLU_DATA, RED_FLAG_DATA, ROOT, VALIDATION_DATA
from assistant.red_flags.advice import install_advice, load_advice, save_advice
from assistant.red_flags.reader import kept_reader
from assistant.red_flags.train import load_screen, train_screen

# Rasa imports this module with the model, before any action can run.
in_process_actions.install()
measured_rasa.install()

logger = logging.getLogger(__name__)

CODE = tuple(ROOT / "assistant" / name for name in ("red_flags", "encoder", "language"))
READ = {".py", ".yml", ".jsonl", ".md"}  # what the screen is trained from
ENCODER_KEY = "encoder"
ADVICE_FOLDER = "advice"
PRIORITY = 100  # beside RulePolicy's 6


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class TurnPolicy(Policy):
    """Follows `plan()`: the n-th action of the plan after n actions, then listens.

    It screens the raw text of the latest message, whatever the NLU made of it, and has no side
    effects: `rasa test` and `/predict` call policies without running actions.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The policy's settings."""
        return {ENCODER_KEY: DEFAULT_MODEL, "priority": PRIORITY}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TurnPolicy:
        """Loads the screen out of the model archive and makes it the process's own."""
        policy = cls(config, model_storage, resource, execution_context)
        policy._model_version = execution_context.model_id or ""
        with model_storage.read_from(resource) as folder:
            install_screen(load_screen(folder, get_encoder(config[ENCODER_KEY]).encode))
            install_advice(load_advice(folder / ADVICE_FOLDER, folder / ADVICE_FOLDER))
            load_advice.cache_clear()  # the folder is of no lasting name
        return policy

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What training depends on beside stories and domain: the screen's data and code."""
        digest_ = hashlib.sha256(
            get_encoder(config.get(ENCODER_KEY, DEFAULT_MODEL)).fingerprint.encode()
        )
        digest_.update(kept_reader().fingerprint.encode())
        for folder in (RED_FLAG_DATA, VALIDATION_DATA, NLU_DATA, CORPUS, *CODE):
            for file in sorted(path for path in folder.rglob("*") if path.suffix in READ):
                digest_.update(file.read_bytes())
        return digest_.hexdigest()

    _model_version = ""
    _known: tuple[Domain | None, str] = (None, "")

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        """Trains the learned layer of the screen; stories teach this policy nothing."""
        with self._model_storage.write_to(self._resource) as folder:
            encoder = get_encoder(self.config[ENCODER_KEY])
            with encoder.remembering(), kept_reader().remembering():
                figures = train_screen(folder, encoder.encode)
            (folder / ADVICE_FOLDER).mkdir()
            save_advice(folder / ADVICE_FOLDER)
        logger.info("Red-flag screen trained: %s", figures)
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Predicts the next action of the plan, or abstains where there is none."""
        message = tracker.latest_message
        text = message.text if message is not None else None
        if not text:
            return self._abstain(domain)
        screened = screen_message(text)
        turn = evidence(tracker, screened)
        answers, services = turn["answers"], services_of(reading_of(tracker))
        contact = contact_steps(tracker, turn)
        if is_call_back_alone(tracker):
            answers, services = [], []
        elif CONTACT_KEPT in contact and not answers:
            services = services or served_alone(tracker)
        planned = plan(
            screened.flagged,
            [response_key(answer["id"]) for answer in answers],
            services,
            contact,
            taken_over=staff_of(tracker) is not None,
        )
        if not planned:
            return self._abstain(domain)
        done = len(actions_run(tracker))
        name = planned[done] if done < len(planned) else ACTION_LISTEN_NAME
        turn |= {
            "model_version": self._model_version,
            "corpus_version": self._corpus_version(domain),
        }
        probabilities = [0.0] * domain.num_actions
        probabilities[domain.index_for_action(name)] = 1.0
        return self._prediction(
            probabilities,
            events=[SlotSet(TURN_SLOT, turn)],
            # Priority alone loses to an active form; an abstention must not have it.
            is_no_user_prediction=True,
        )

    def _corpus_version(self, domain: Domain) -> str:
        """The version of the answers, worked out once for a model."""
        if self._known[0] is not domain:
            self._known = (domain, corpus_version(domain))
        return self._known[1]

    def _abstain(self, domain: Domain) -> PolicyPrediction:
        return self._prediction([0.0] * domain.num_actions)


def corpus_version(domain: Domain) -> str:
    """A digest of all answers that the model holds."""
    answers = {
        key: value for key, value in domain.responses.items() if key.startswith("utter_faq/")
    }
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()[:12]
