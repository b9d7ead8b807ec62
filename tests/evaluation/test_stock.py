import json

import pytest
import yaml

from assistant.evaluation.red_flag_diet import LONGEST, NO_RED_FLAG, RED_FLAG, RedFlagImporter
from assistant.evaluation.stock import RED_FLAG_DIET, STOCK_BOT, StockModel
from assistant.paths import ROOT


@pytest.mark.parametrize("model", [STOCK_BOT, RED_FLAG_DIET], ids=lambda model: model.name)
def test_what_a_peer_is_trained_on_exists(model):
    for name in (model.config, *model.trained_on):
        assert (ROOT / name).exists()


def test_the_classifier_is_that_of_the_stock_bot_but_for_its_epochs():
    stock, diet = (
        yaml.safe_load((ROOT / model.config).read_text(encoding="utf-8"))["pipeline"]
        for model in (STOCK_BOT, RED_FLAG_DIET)
    )
    for part in (*stock, *diet):
        part.pop("epochs", None)
    left_out = {"ResponseSelector", "FallbackClassifier"}
    assert diet == [part for part in stock if part["name"] not in left_out]


def test_a_peer_that_was_never_trained_is_not_current():
    assert not StockModel("never-trained", "config.stock.yml", ("domain.yml",)).is_current()


def test_importer_gives_the_screens_messages_as_two_intents(tmp_path):
    for name, text in (("mentions", "legs numb"), ("harmless", "mind-numbing forms")):
        rows = [json.dumps({"text": one}) for one in (text, " ".join([text] * LONGEST))]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    importer = RedFlagImporter(folder=str(tmp_path))
    examples = importer.get_nlu_data().training_examples
    assert [(one.get("text"), one.get("intent")) for one in examples] == [
        ("legs numb", RED_FLAG),
        ("mind-numbing forms", NO_RED_FLAG),
    ]
    assert set(importer.get_domain().intents) >= {RED_FLAG, NO_RED_FLAG}
    assert importer.get_config() == {} and importer.get_stories().story_steps == []


def test_shipped_messages_are_imported():
    intents = [one.get("intent") for one in RedFlagImporter().get_nlu_data().training_examples]
    assert intents.count(RED_FLAG) > 1000 and intents.count(NO_RED_FLAG) > 1000
