"""From which probability on a mention counts as present, chosen on validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.red_flags.findings import Finding
from assistant.red_flags.mention import categories
from assistant.red_flags.status_classifier import PRESENT, StatusClassifier, StatusThresholds

# Share of the present emergencies that may get less than `page`. The design's bar is 3%, but some
# are lost before their status is read.
MOST_UNPAGED = 0.01
STEPS = np.linspace(0.05, 0.6, 111)  # below, denied emergencies would be paged


def choose_status_thresholds(
    status: StatusClassifier, findings: Sequence[Finding], labels: Sequence[str]
) -> StatusThresholds:
    """The thresholds that page present emergencies, and beyond that are right most often.

    Args:
        status: the trained classifier.
        findings: of labelled messages that it was not trained on.
        labels: their classes.
    """
    if not findings:
        return StatusThresholds()
    present = np.array([label == "present" for label in labels])
    emergency = np.array([categories()[one.category] == "emergency" for one in findings])
    shares = status.probabilities(findings)[:, PRESENT]
    allowed = int(MOST_UNPAGED * (present & emergency).sum())
    lowest_first = np.sort(shares[present & emergency])
    from_emergency = float(lowest_first[allowed]) if len(lowest_first) else STEPS[0]
    right = [((shares >= step) == present)[~emergency].mean() for step in STEPS]
    return StatusThresholds(
        round(min(max(from_emergency, STEPS[0]), STEPS[-1]), 3),
        round(float(STEPS[int(np.argmax(right))]), 3),
    )
