"""Trains the spelling recogniser on Moonshine's encoder. `train.py DATA SPEECH ENCODER OUT LANGUAGE [MINUTES] [START]`

START is where to go on from: weights of an earlier run, or a trained network (`.onnx`).
"""

import json, sys, time, os, random
import numpy as np, torch, torch.nn.functional as F, onnxruntime as ort
from torch.utils.data import IterableDataset, DataLoader
from scipy.signal import resample_poly
from clips import *
from head import SpellingHead, read_network

data, speech, encoder, out, language = sys.argv[1:6]
minutes = float(sys.argv[6]) if len(sys.argv) > 6 else 20
torch.manual_seed(1)
torch.set_num_threads(1)
torch.set_flush_denormal(True)
train, test, digits = load(data, speech)
noises, rooms = load_noises(data)
index = {s: i for i, s in enumerate(SYMBOLS)}
blank = len(SYMBOLS)
print(len(train), "clips to train with,", len(test), "to test with,", len(SYMBOLS), "symbols", flush=True)


class Encoder:
    def __init__(self):
        o = ort.SessionOptions()
        o.intra_op_num_threads = 1
        o.inter_op_num_threads = 1
        self.session = ort.InferenceSession(encoder, o)

    def __call__(self, clips):
        wide = [resample_poly(np.asarray(c, np.float64), 2, 1).astype(np.float32) for c in clips]
        longest = max(max(len(w) for w in wide), 4000)
        x = np.zeros((len(wide), longest), np.float32)
        m = np.zeros((len(wide), longest), np.int64)
        for i, w in enumerate(wide):
            x[i, : len(w)] = w
            m[i, : len(w)] = 1
        states = self.session.run(None, {"input_values": x, "attention_mask": m})[0]
        return states, [max(1, min(states.shape[1], steps(len(w)))) for w in wide]


def steps(n):
    return ((((n - 127) // 64 + 1) - 7) // 3 + 1 - 3) // 2 + 1


class Stream(IterableDataset):
    def __iter__(self):
        torch.set_num_threads(1)
        info = torch.utils.data.get_worker_info()
        mixer = Mixer(train, digits, noises, rooms, 7919 * (info.id + 1 if info else 1) + int(time.time()) % 1000, language)
        encode = Encoder()
        while True:
            items = [i for i in (mixer.next() for _ in range(64)) if 2500 < len(i[0]) < 8.6 * 8000]
            items.sort(key=lambda i: len(i[0]))
            groups, batch = [], []
            for item in items:
                batch.append(item)
                if len(batch) * len(item[0]) > 60 * 8000:
                    groups.append(batch)
                    batch = []
            if batch:
                groups.append(batch)
            mixer.r.shuffle(groups)
            for g in groups:
                states, lengths = encode([s for s, _ in g])
                yield torch.from_numpy(states), torch.tensor(lengths), [[index[w] for w in words] for _, words in g]


model = SpellingHead(len(SYMBOLS))
if len(sys.argv) > 7:
    start_from = sys.argv[7]
    model.load_state_dict(read_network(start_from) if start_from.endswith(".onnx") else torch.load(start_from))
print(sum(p.numel() for p in model.parameters()), "weights", flush=True)


def greedy(logp):
    best = logp.argmax(-1).tolist()
    previous, found = blank, []
    for b in best:
        if b != blank and b != previous:
            found.append(b)
        previous = b
    return found


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


tests = []


def prepare():
    r = random.Random(5)
    np.random.seed(5)
    encode = Encoder()
    for samples, symbols, _, kind in test:
        if kind.startswith("espeak") or len(samples) > 8.4 * 8000:
            continue
        x = np.concatenate([np.zeros(1200), samples / level(samples) * 0.06, np.zeros(1200)])
        noisy = x + noise_like(len(x), noises[::2], test, r) * 0.06 * 10 ** (-15 / 20)
        for name, y in (("clean", mu_law(x)), ("15dB", mu_law(noisy))):
            tests.append((kind, name, symbols, torch.from_numpy(encode([y])[0])))


prepare()


@torch.no_grad()
def evaluate():
    model.eval()
    sums = {}
    wrong = {}
    for kind, name, symbols, states in tests:
        hyp = [SYMBOLS[i] for i in greedy(model(states)[0]) if SYMBOLS[i] != OTHER]
        ref = [s for s in symbols if s != OTHER]
        e = sums.setdefault((kind, name), [0, 0, 0, 0])
        e[0] += distance(ref, hyp)
        e[1] += len(ref)
        e[2] += ref == hyp
        e[3] += 1
    model.train()
    return {
        f"{k} {c}": (round(100 * v[0] / max(1, v[1]), 1), round(100 * v[2] / v[3], 1))
        for (k, c), v in sorted(sums.items())
    }


loader = iter(DataLoader(Stream(), batch_size=None, num_workers=1, prefetch_factor=6))
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02, betas=(0.9, 0.98))
average = {k: v.clone() for k, v in model.state_dict().items()}
start, step, losses, last = time.time(), 0, [], time.time()
model.train()
while True:
    done = (time.time() - start) / (minutes * 60)
    if done >= 1:
        break
    rate = 1.5e-3 * min(1, step / 200) * (0.5 * (1 + np.cos(np.pi * done)) * 0.98 + 0.02)
    for group in optimiser.param_groups:
        group["lr"] = rate
    states, lengths, targets = next(loader)
    for b in range(len(states)):
        for _ in range(2):
            w = random.randint(0, max(1, min(8, int(lengths[b]) // 12)))
            at = random.randint(0, max(0, int(lengths[b]) - w))
            states[b, at : at + w] = 0
    mask = (torch.arange(states.shape[1])[None] < lengths[:, None]).unsqueeze(2).float()
    logp = model(states, mask).transpose(0, 1)
    loss = F.ctc_loss(
        logp,
        torch.tensor(sum(targets, []), dtype=torch.long),
        lengths,
        torch.tensor([len(t) for t in targets]),
        blank=blank,
        zero_infinity=True,
        reduction="sum",
    ) / max(1, sum(len(t) for t in targets))
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimiser.step()
    step += 1
    losses.append(loss.item())
    with torch.no_grad():
        k = min(0.998, step / (step + 50))
        for n, v in model.state_dict().items():
            average[n].mul_(k).add_(v, alpha=1 - k)
    if step % 200 == 0:
        print(f"{step} {time.time() - start:.0f}s loss {np.mean(losses[-200:]):.3f}", flush=True)
    if time.time() - last > 150:
        own = {k: v.clone() for k, v in model.state_dict().items()}
        model.load_state_dict(average)
        print(step, evaluate(), flush=True)
        torch.save(average, out + ".pt")
        model.load_state_dict(own)
        last = time.time()
model.load_state_dict(average)
torch.save(average, out + ".pt")
print("end", step, evaluate(), flush=True)
