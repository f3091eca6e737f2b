"""Adapts the sentence encoder to telling intents (and moods) apart: see models/training/README.md.

Reads lines that tools/intents/encoder-lines.ts has prepared: {"set", "labels", "ids", "noise"}. Each set has a classifier of its own
over the same vectors; only the encoder's thin matrices are kept in the end.
"""

import argparse
import json
import math
import random
import time

import torch
import torch.nn.functional as F
from torch import nn

from model import HIDDEN, PRECISION, Encoder, padded, read_adapter, write_adapter

parser = argparse.ArgumentParser()
parser.add_argument("--lines", required=True)
parser.add_argument("--model", required=True, help="model.onnx of the encoder without an adapter")
parser.add_argument("--out", required=True)
parser.add_argument("--start", help="an adapter to go on from")
parser.add_argument("--epochs", type=float, default=1.1)
parser.add_argument("--rank", type=int, default=16)
parser.add_argument("--first", type=int, default=6, help="the first layer that is trained")
parser.add_argument("--rate", type=float, default=1.5e-3)
parser.add_argument("--threads", type=int, default=1)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(1)
random.seed(1)
SCALE = 2.0
SHARPNESS = 20.0  # Cosines times this are the logits.
SMOOTHING = 0.05
BATCH = 64
WEIGHTS = {"hwu64": 0.5}  # How much a set's mistakes count; 1 where nothing stands.

sets = {}
with open(arguments.lines) as file:
    for line in file:
        sentence = json.loads(line)
        sets.setdefault(sentence["set"], []).append(sentence)
labels = {
    name: sorted({label for one in own for label in one["labels"] if label != "oos"}) for name, own in sets.items()
}
index = {name: {label: place for place, label in enumerate(own)} for name, own in labels.items()}
for name, own in sets.items():
    print(name, len(own), "sentences,", len(labels[name]), "labels")

encoder = Encoder(arguments.model, arguments.rank, SCALE, arguments.first)
if arguments.start:
    read_adapter(arguments.start, encoder)
started = time.process_time()

# The lower layers are frozen: every sentence goes through them once.
rows = []
for own in sets.values():
    for sentence in own:
        sentence["rows"] = []
        for ids in [sentence["ids"], *sentence["noise"]]:
            sentence["rows"].append(len(rows))
            rows.append(ids)
states = [None] * len(rows)
by_length = sorted(range(len(rows)), key=lambda row: len(rows[row]))
with torch.no_grad():
    for start in range(0, len(by_length), 128):
        chunk = by_length[start : start + 128]
        ids, mask = padded([rows[row] for row in chunk])
        below = encoder.lower(ids, mask)
        for place, row in enumerate(chunk):
            states[row] = below[place, : len(rows[row])].clone()
print("lower layers:", round(time.process_time() - started), "s of CPU", flush=True)


def batch_of(chosen):
    length = max(len(states[row]) for row in chosen)
    x = torch.zeros(len(chosen), length, HIDDEN, dtype=PRECISION)
    mask = torch.zeros(len(chosen), length, dtype=torch.bool)
    for place, row in enumerate(chosen):
        x[place, : len(states[row])] = states[row]
        mask[place, : len(states[row])] = True
    return x, mask


def target(sentence):
    """A sentence out of scope should look like nothing: all classes share it."""
    name = sentence["set"]
    goal = torch.zeros(len(labels[name]))
    if sentence["labels"] == ["oos"]:
        return goal + 1 / len(goal)
    for label in sentence["labels"]:
        goal[index[name][label]] = 1 / len(sentence["labels"])
    return goal * (1 - SMOOTHING) + SMOOTHING / len(goal)


# Classifiers begin at the means of a few sentences, which spares the first epoch.
classifiers = nn.ParameterDict({name: nn.Parameter(torch.zeros(len(own), HIDDEN)) for name, own in labels.items()})
with torch.no_grad():
    for name, own in sets.items():
        few, most = {}, 12 if len(labels[name]) < 30 else 4
        for sentence in own:
            if len(sentence["labels"]) == 1 and sentence["labels"] != ["oos"]:
                rows_of = few.setdefault(sentence["labels"][0], [])
                if len(rows_of) < most:
                    rows_of.append(sentence["rows"][0])
        means = torch.zeros(len(labels[name]), HIDDEN)
        for label, rows_of in few.items():
            means[index[name][label]] = encoder.upper(*batch_of(rows_of)).sum(0)
        means = F.normalize(means, dim=-1)
        classifiers[name].copy_(F.normalize(means - means.mean(0), dim=-1))


def epoch():
    batches = []
    for own in sets.values():
        own = list(own)
        random.shuffle(own)
        # Sentences of like length share a batch, so that little is spent on padding.
        for start in range(0, len(own), 8 * BATCH):
            part = sorted(own[start : start + 8 * BATCH], key=lambda sentence: len(sentence["ids"]))
            batches += [part[at : at + BATCH] for at in range(0, len(part), BATCH)]
    random.shuffle(batches)
    return batches


batches, left = [], arguments.epochs
while left > 0:
    whole = epoch()
    batches += whole[: int(len(whole) * min(1, left))]
    left -= 1
thin = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(
    [{"params": thin, "weight_decay": 0.01}, {"params": list(classifiers.parameters()), "weight_decay": 0.0}]
)
for step, sentences in enumerate(batches):
    pace = min(1, (step + 1) / 60) * max(0.02, 0.5 * (1 + math.cos(math.pi * step / len(batches))))
    optimizer.param_groups[0]["lr"] = arguments.rate * pace
    optimizer.param_groups[1]["lr"] = 5e-3 * max(pace, 0.1)
    x, mask = batch_of([random.choice(sentence["rows"]) for sentence in sentences])
    # Words that are not heard: in half of the sentences one token in twelve is hidden, behind the prefix.
    hidden = torch.rand(mask.shape) < 0.08 * (torch.rand(len(mask), 1) < 0.5)
    hidden[:, :4] = False
    vectors = encoder.upper(x, mask & ~hidden)
    name = sentences[0]["set"]
    logits = SHARPNESS * vectors @ F.normalize(classifiers[name], dim=-1).T
    goals = torch.stack([target(sentence) for sentence in sentences])
    loss = -(goals * F.log_softmax(logits, -1)).sum(-1).mean() * WEIGHTS.get(name, 1)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(thin, 1.0)
    optimizer.step()
    if step % 50 == 0:
        spent = round(time.process_time() - started)
        print(f"step {step} of {len(batches)}, {name} {loss.item():.2f}, {spent} s of CPU", flush=True)
write_adapter(arguments.out, encoder, arguments.rank, SCALE)
