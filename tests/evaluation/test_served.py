import pytest
from rasa.engine.graph import GraphModelConfiguration, GraphSchema, SchemaNode
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.data import TrainingType

from assistant.dialogue.policy import TurnPolicy
from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.evaluation.served import load_served_reader, load_served_screen
from assistant.faq.component import ENCODER_KEY, FaqRetriever
from assistant.faq.judge import Judge
from assistant.faq.reader import QuestionReader
from assistant.red_flags import RedFlagScreen, load_lexicon
from assistant.red_flags.classifier import RedFlagClassifier
from assistant.red_flags.learned import LearnedLayer
from assistant.red_flags.reader import kept_reader
from assistant.red_flags.status_classifier import StatusClassifier
from assistant.red_flags.train import status_examples

EXAMPLES = [
    ("what is denosumab", "faq/denosumab"),
    ("whats xgeva for", "faq/denosumab"),
    ("can I exercise", "faq/exercise"),
    ("is swimming ok", "faq/exercise"),
    ("where can I park", "out_of_scope"),
    ("best film of the year", "out_of_scope"),
]
STATUSES = [
    {"category": "cord-compression", "urgency": "emergency", "text": text, **label}
    for text, label in (
        ("my legs are numb", {"status": "present", "priority": "page"}),
        ("my legs were numb on Monday", {"status": "past", "priority": "same-day"}),
        ("my legs were numb last year", {"status": "past", "priority": "review"}),
        ("what if his legs go numb tonight", {"status": "asked", "priority": "same-day"}),
        ("do legs go numb", {"status": "asked", "priority": "review"}),
        ("no numb legs", {"status": "negated", "priority": "review"}),
    )
]


def archive(folder, storage, nodes):
    schema = GraphSchema(nodes)
    configuration = GraphModelConfiguration(
        train_schema=schema,
        predict_schema=schema,
        training_type=TrainingType.NLU,
        assistant_id="test",
        language="en",
        core_target=None,
        nlu_target="retriever",
    )
    file = folder / "model.tar.gz"
    storage.create_model_package(file, configuration, Domain.empty())
    return file


@pytest.fixture
def storage(tmp_path):
    (tmp_path / "storage").mkdir()
    return LocalModelStorage.create(tmp_path / "storage")


def test_reader_comes_out_of_the_archive_as_it_went_in(tmp_path, storage):
    reader = QuestionReader.train(get_encoder(PACKAGED_MODEL), EXAMPLES, ())
    resource = Resource("retriever")
    with storage.write_to(resource) as folder:
        reader.save(folder)
    node = SchemaNode(
        needs={},
        uses=FaqRetriever,
        constructor_name="load",
        fn="process",
        config={ENCODER_KEY: PACKAGED_MODEL},
        resource=resource,
    )
    served = load_served_reader(archive(tmp_path, storage, {"retriever": node}))
    texts = ["tell me of xgeva", "may I swim"]
    assert served.calibration == reader.calibration
    assert served.rank(texts).scores == pytest.approx(reader.rank(texts).scores, abs=0.01)


def test_a_model_of_other_components_is_refused(tmp_path, storage):
    with pytest.raises(ValueError, match=r"config\.yml"):
        load_served_reader(archive(tmp_path, storage, {}))


def test_screen_comes_out_of_the_archive_as_it_went_in(tmp_path, storage):
    encode = get_encoder(PACKAGED_MODEL).encode
    unlike_any_rule = "the custard has gone all sideways"
    classifier = RedFlagClassifier.train(
        [
            *[(unlike_any_rule, "cord-compression"), ("my legs are numb", "cord-compression")] * 3,
            *[("what is denosumab", "none"), ("can I go swimming", "none")] * 3,
            ("my jaw is sore", "jaw"),
        ],
        kept_reader(),
    )
    status = StatusClassifier.train(
        *status_examples(STATUSES, RedFlagScreen(load_lexicon())), encode
    )
    by_letters_alone = Judge((50.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.0)
    learned = LearnedLayer(classifier, {}, by_letters_alone)
    resource = Resource("policy")
    with storage.write_to(resource) as folder:
        learned.save(folder)
        status.save(folder)
    node = SchemaNode(
        needs={},
        uses=TurnPolicy,
        constructor_name="load",
        fn="predict_action_probabilities",
        config={"encoder": PACKAGED_MODEL},
        resource=resource,
    )
    served = load_served_screen(archive(tmp_path, storage, {"policy": node}))
    (mention,) = served.screen(unlike_any_rule).mentions
    (expected,) = RedFlagScreen(load_lexicon(), learned, status).screen(unlike_any_rule).mentions
    assert (mention.category, mention.status) == (expected.category, expected.status)
    assert not RedFlagScreen(load_lexicon()).screen(unlike_any_rule).flagged


def test_a_model_without_a_policy_of_ours_has_no_screen(tmp_path, storage):
    with pytest.raises(ValueError, match="TurnPolicy"):
        load_served_screen(archive(tmp_path, storage, {}))
