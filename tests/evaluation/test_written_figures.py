import json

from assistant.evaluation import __main__ as evaluation
from assistant.evaluation import figures, turns
from assistant.evaluation.counting import Figures
from assistant.evaluation.shares import Share


def test_written_figures_say_which_messages_and_which_way_of_counting_they_come_from(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(turns.Bot, "load", lambda model: None)
    monkeypatch.setattr(figures, "measure", lambda *_: Figures({"all right": Share(1, 2)}))
    monkeypatch.setattr(evaluation, "digest", " and ".join)
    evaluation._write_figures(tmp_path / "model.tar.gz", tmp_path / "figures.json", every=3)
    assert json.loads((tmp_path / "figures.json").read_text()) == {
        "every": 3,
        "messages": "data/evaluation and assistant/evaluation",
        "rows": {"all right": [1, 2]},
    }
