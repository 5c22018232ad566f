"""Unused nodes of a graph: those whose outputs no other node and no output of the graph reads."""

from __future__ import annotations

import onnx


def drop_unused_nodes(graph: onnx.GraphProto) -> set[str]:
    """Remove unused nodes, from the end backwards, and return the names of all tensors that are read."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if not needed.isdisjoint(node.output):
            kept.append(node)
            needed.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    return needed
