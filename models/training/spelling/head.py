"""The spelling recogniser: from the hidden states of Moonshine's encoder (one each 24 ms) to log probabilities of spoken symbols."""

import numpy as np, onnx, torch, torch.nn as nn, torch.nn.functional as F
from onnx import numpy_helper

WIDTH_IN = 288


class Block(nn.Module):
    def __init__(self, width, kernel, dropout):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None):
        h = self.norm(x)
        if mask is not None:
            h = h * mask
        h = self.depthwise(h.transpose(1, 2)).transpose(1, 2)
        return x + self.dropout(self.down(F.gelu(self.up(h))))


class SpellingHead(nn.Module):
    def __init__(self, symbols, width=256, blocks=4, kernel=9, dropout=0.15):
        super().__init__()
        self.begin = nn.LayerNorm(WIDTH_IN)
        self.drop = nn.Dropout(0.1)
        self.project = nn.Linear(WIDTH_IN, width)
        self.blocks = nn.ModuleList(Block(width, kernel, dropout) for _ in range(blocks))
        self.final = nn.LayerNorm(width)
        self.head = nn.Linear(width, symbols + 1)  # the last is the blank

    def forward(self, states, mask=None):
        x = self.project(self.drop(self.begin(states)))
        for block in self.blocks:
            x = block(x, mask)
        return self.head(self.final(x)).log_softmax(2)


def read_network(path):
    """The weights of a network that `export.py` wrote, in which matrices have lost their names but not their order."""
    graph = onnx.load(path).graph
    tensors = {t.name.removesuffix("_16"): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32)) for t in graph.initializer}
    linear = [n for n in tensors if n.startswith("onnx::MatMul")]
    blocks = len([n for n in tensors if n.endswith(".norm.weight")])
    names = ["project", *[f"blocks.{i}.{part}" for i in range(blocks) for part in ("up", "down")], "head"]
    order = [node.input[1] for node in graph.node if node.op_type == "MatMul"]
    assert sorted(order) == sorted(linear) and len(order) == len(names), f"{path} is no network of this kind"
    matrices = {f"{name}.weight": tensors[matrix].T.contiguous() for name, matrix in zip(names, order)}
    return {**{n: t for n, t in tensors.items() if n not in linear}, **matrices}
