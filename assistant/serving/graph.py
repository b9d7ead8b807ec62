"""Runs the parts of a model in their order, without dask: a turn asks for that three times."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import rasa.core.processor
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner


class SequentialGraphRunner(DaskGraphRunner):
    """Rasa's runner, with the order of the nodes worked out once for each target."""

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """Runs what the targets need.

        Args:
            inputs: Values of the placeholders.
            targets: Names of nodes; all of the model's by default.

        Raises:
            GraphRunError: If running a node raised a RuntimeError.
        """
        wanted = tuple(targets or self._graph_schema.target_names)
        results = dict(inputs or {})
        try:
            for name, needs in self._in_order(wanted):
                # A node takes pairs of name and value, and warns of a name alone.
                given = ((need, results[need]) if need in results else need for need in needs)
                results[name] = self._instantiated_nodes[name](*given)[1]
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return {name: results[name] for name in wanted}

    @lru_cache(maxsize=16)  # noqa: B019 - a runner lives as long as its model
    def _in_order(self, targets: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
        placed: dict[str, tuple[str, ...]] = {}

        def place(name: str) -> None:
            if name in nodes and name not in placed:
                needs = tuple(nodes[name].needs.values())
                for need in needs:
                    place(need)
                placed[name] = needs

        for target in targets:
            place(target)
        return tuple(placed.items())


def install() -> None:
    """Has models that are loaded from now on run this way."""
    rasa.core.processor.DaskGraphRunner = SequentialGraphRunner  # type: ignore[misc]
