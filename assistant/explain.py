"""`make explain TEXT="..."`: what the red-flag screen of the trained model makes of a message."""

from __future__ import annotations

import os
import sys

from assistant.evaluation.served import load_served_screen
from assistant.red_flags.findings import Finding
from assistant.red_flags.mention import Fired
from assistant.red_flags.screen import Explanation
from assistant.training import TrainingError, train

TEXT = "EXPLAINED_TEXT"  # by the environment: a shell would take its quotes and dollars


def main() -> int:
    """Prints the decision and all that led to it; 2 without a text, 1 without a model."""
    text = os.environ.get(TEXT, "")
    if not text.strip():
        print('Which message? Write: make explain TEXT="my legs are numb"', file=sys.stderr)
        return 2
    try:
        screen = load_served_screen(train())
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines(screen.explain(text))))
    return 0


def lines(explained: Explanation) -> list[str]:
    """An explanation as lines of text: the decision, then each layer."""
    screening, judgement = explained.screening, explained.judgement
    said = [f"escalated: {screening.priority}" if screening.flagged else "not escalated"]
    said += [f"FAILED: {layer} (the message is escalated for that)" for layer in screening.failed]
    if not screening.complete:
        said.append("not read whole: the message is longer than the budget allows")
    for mention in screening.mentions:
        said.append(
            f"  {mention.category}: {mention.urgency}, {mention.status}, {mention.priority}, "
            f"{mention.words!r}"
        )
        said += [f"    by {_reason(fired)}" for fired in mention.fired]
    if judgement is not None:
        said.append(
            f"classifier: highest {judgement.highest:.3f}, fires from {judgement.threshold:.3f} on"
        )
        said += [
            f"  {' or '.join(window.possible) or 'nothing by itself'} {window.score:.3f}, "
            f"{explained.text[window.start : window.end].strip()!r}"
            for window in judgement.windows
        ]
    said += [f"rules: {_seen(finding)}" for finding in explained.firm]
    for finding in explained.weak:
        refused = judgement is not None and judgement.refuses(
            finding.category, finding.start, finding.end
        )
        said.append(f"weak rules{' (refused)' if refused else ''}: {_seen(finding)}")
    said += [f"clause: {clause.strip()}" for clause in explained.clauses]
    return said


def _reason(fired: Fired) -> str:
    if fired.threshold is None:
        return f"{fired.by}, {fired.words!r}"
    return f"{fired.by}, {fired.score:.3f} (from {fired.threshold:.3f} on), {fired.words!r}"


def _seen(finding: Finding) -> str:
    by = ", ".join(fired.by for fired in finding.fired)
    triggers = ", ".join(
        f"{verdict.status} ({verdict.trigger or 'nothing says otherwise'})"
        for verdict in finding.verdicts
    )
    return f"{finding.category} by {by}, {finding.words!r}; triggers say {triggers}"


if __name__ == "__main__":
    sys.exit(main())
