"""The spelling recogniser: from the hidden states of Moonshine's encoder (one each 24 ms) to log probabilities of spoken symbols."""

import torch.nn as nn, torch.nn.functional as F

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
