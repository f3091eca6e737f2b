"""Writes the trained network as ONNX, and the list of its symbols. `export.py WEIGHTS.pt OUT_DIR LANGUAGE`

Weights are stored in 16 bits, each with a Cast to 32 bits, which ONNX Runtime does once, when it loads the model.
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper

from head import WIDTH_IN, SpellingHead
from strings import SYMBOLS

SMALL = 512  # smaller tensors stay as they are: they are not worth a node


def halve(graph):
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < SMALL:
            continue
        values = numpy_helper.to_array(tensor).astype(np.float16)
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values, name + "_16"))
        casts.append(helper.make_node("Cast", [name + "_16"], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)


def main(weights, out, language):
    os.makedirs(out, exist_ok=True)
    model = SpellingHead(len(SYMBOLS))
    model.load_state_dict(torch.load(weights))
    model.eval()
    path = f"{out}/{language}.onnx"
    torch.onnx.export(
        model,
        torch.zeros(1, 100, WIDTH_IN),
        path,
        input_names=["states"],
        output_names=["log_probs"],
        dynamic_axes={"states": {1: "steps"}, "log_probs": {1: "steps"}},
        opset_version=17,
        dynamo=False,
    )
    exported = onnx.load(path)
    halve(exported.graph)
    onnx.checker.check_model(exported)
    onnx.save(exported, path)
    with open(f"{out}/symbols.json", "w") as file:
        json.dump(SYMBOLS, file, ensure_ascii=False, indent=2)
        file.write("\n")
    states = np.random.randn(1, 150, WIDTH_IN).astype(np.float32)
    shipped = ort.InferenceSession(path).run(None, {"states": states})[0]
    exact = model(torch.from_numpy(states)).detach().numpy()
    print(
        f"{path}: {os.path.getsize(path)} bytes; largest difference {np.abs(np.exp(shipped) - np.exp(exact)).max():.1e}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
