"""Kokoro's 8-bit model with its activations in 32 bits: `float_kokoro.py IN OUT`

Rounding each activation to 8 bits by its whole range is what makes the 8-bit model blow up in Mandarin. The weights stay what they are.
"""
import sys
import numpy as np, onnx
from onnx import helper, numpy_helper

model = onnx.load(sys.argv[1])
graph = model.graph
weights = {t.name: t for t in graph.initializer}
one = numpy_helper.from_array(np.array(1, np.float32), "kefu_one")
graph.initializer.append(one)
real = {}  # a quantised activation -> the activation
nodes = []
for node in graph.node:
    if node.op_type == "DynamicQuantizeLinear":
        real[node.output[0]] = node.input[0]
        nodes.append(helper.make_node("Identity", ["kefu_one"], [node.output[1]]))
        nodes.append(helper.make_node("Cast", ["kefu_one"], [node.output[2]], to=onnx.TensorProto.UINT8))
    elif node.op_type in ("ConvInteger", "MatMulInteger") and node.input[0] in real and node.input[1] in weights:
        w = numpy_helper.to_array(weights[node.input[1]]).astype(np.float32)
        if len(node.input) > 3 and node.input[3]:
            zero = numpy_helper.to_array(weights[node.input[3]]).astype(np.float32)
            if node.op_type == "ConvInteger" and zero.ndim == 1 and zero.size > 1:
                zero = zero.reshape(-1, *[1] * (w.ndim - 1))
            w = w - zero
        name = node.input[1] + "_float"
        if name not in weights:
            weights[name] = numpy_helper.from_array(w, name)
            graph.initializer.append(weights[name])
        new = helper.make_node(node.op_type.removesuffix("Integer"), [real[node.input[0]], name], node.output, name=node.name)
        new.attribute.extend(node.attribute)
        nodes.append(new)
    elif node.op_type in ("Floor", "Cast") and "bias_quant" in node.output[0]:
        # Biases were rounded to the scale of the activation that they are added to.
        nodes.append(helper.make_node("Identity", node.input, node.output))
    else:
        nodes.append(node)
print({n.op_type for n in nodes if "Integer" in n.op_type}, len(real))
del graph.node[:]
graph.node.extend(nodes)
used = {i for n in graph.node for i in n.input}
keep = [t for t in graph.initializer if t.name in used]
del graph.initializer[:]
graph.initializer.extend(keep)
del graph.value_info[:]
onnx.save(model, sys.argv[2])
