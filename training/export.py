"""Write the trunk of a checkpoint as ONNX, with its card.

    python export.py --checkpoint runs/first/last.pt --out ../crates/embed/builtin --version 1.0

The graph is built node by node: Conv, Relu, MaxPool, Add and Cast are all it needs, so it reads the
same in every engine. Batch norms are folded into the convolutions. Weights are stored as float16 and
cast to float32 when the graph is loaded: half the file, and the arithmetic stays float32.
"""

import argparse
import datetime
import tomllib
from pathlib import Path

import blake3
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from model import MEAN, STD, WIDTHS, Net

SIZE = 128


def load_trunk(path):
    """(trunk with the averaged weights in evaluation mode, step, arguments of the run)."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    net = Net()
    net.load_state_dict(state["mean"])
    return net.trunk.eval(), state["step"], state["args"]


def fold(conv, norm):
    """Weight [o, i, k, k] and bias [o] of a convolution with its batch norm in it."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = conv.weight * scale[:, None, None, None]
    return weight.detach().numpy(), (norm.bias - norm.running_mean * scale).detach().numpy()


class Graph:
    """Collects nodes and initialisers; every method returns the name of its output."""

    def __init__(self):
        self.nodes, self.values, self.count = [], [], 0

    def add(self, kind, inputs, output=None, **attributes):
        self.count += 1
        output = output or f"{kind.lower()}_{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output + "_node", **attributes))
        return output

    def conv(self, x, conv, norm, name):
        weight, bias = fold(conv, norm)
        self.values.append(numpy_helper.from_array(weight.astype(np.float16), f"{name}.weight16"))
        self.values.append(numpy_helper.from_array(bias.astype(np.float32), f"{name}.bias"))
        wide = self.add("Cast", [f"{name}.weight16"], f"{name}.weight", to=TensorProto.FLOAT)
        side, step, pad = conv.kernel_size[0], conv.stride[0], conv.padding[0]
        return self.add(
            "Conv", [x, wide, f"{name}.bias"], name,
            kernel_shape=[side, side], strides=[step, step], pads=[pad] * 4, dilations=[1, 1], group=1,
        )


def build(trunk):
    """The trunk as an ONNX model: `input` [N, 3, height, width] -> `last_block` [N, 256, h/32, w/32]."""
    g = Graph()
    x = g.add("Relu", [g.conv("input", trunk.stem, trunk.stem_bn, "stem")])
    x = g.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for i, block in enumerate(trunk.blocks):
        y = g.add("Relu", [g.conv(x, block.conv1, block.bn1, f"block{i}.conv1")])
        y = g.conv(y, block.conv2, block.bn2, f"block{i}.conv2")
        if block.short is not None:
            x = g.conv(x, block.short[0], block.short[1], f"block{i}.short")
        y = g.add("Add", [y, x])
        last = i == len(trunk.blocks) - 1
        x = g.add("Relu", [y], "last_block" if last else None)
    takes = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, "height", "width"])
    gives = helper.make_tensor_value_info("last_block", TensorProto.FLOAT, ["N", WIDTHS[-1], "rows", "columns"])
    graph = helper.make_graph(g.nodes, "lookalike-builtin", [takes], [gives], g.values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="lookalike-training")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def check(model, trunk, size):
    """Largest difference between ONNX Runtime and PyTorch, relative to the largest activation."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    worst = 0.0
    for n, side in ((1, size), (3, size), (2, 160)):
        x = torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(n))
        with torch.no_grad():
            want = trunk(x).numpy()
        got = session.run(["last_block"], {"input": x.numpy()})[0]
        worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max()))
    return worst


def card(digest, args, step, run):
    """The text of card.toml."""
    return f'''# Written by training/export.py. What a program must know about model.onnx.
name = "lookalike-builtin"
version = "{args.version}"
file = "model.onnx"
blake3 = "{digest}"
layer = "last_block"

[input]
name = "input"
size = {args.size}
resize = "squash"
filter = "bilinear"        # antialiased; to 8-bit RGB, then /255, then (x - mean) / std
channels = "rgb"
mean = [{", ".join(map(str, MEAN))}]
std = [{", ".join(map(str, STD))}]

[output]
name = "last_block"
channels = {WIDTHS[-1]}
stride = 32

[pool]
kind = "concat"            # per channel: the maximum, then the mean; then one L2 norm over all
size = 1
dimension = {2 * WIDTHS[-1]}

[join]
threshold = {args.threshold}          # cosine; calibrated by bench/copies, see CARD.md

[provenance]
data = "train.tar without openalpr/benchmarks, jbhuang0604/SelfExSR and {run["hold_out"]} held-out pictures; photographs named in CARD.md"
pictures = {args.pictures}
recipe = "self-supervised copy detection: NT-Xent and KoLeo on the pooled last block, from scratch; see CARD.md"
steps = {step}
batch = {run["batch"]}
seed = {run["seed"]}
date = "{args.date}"
licence = "Weights trained on pictures of mixed and partly unstated licences; see CARD.md before handing them on."
'''


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--version", required=True)
    p.add_argument("--size", type=int, default=SIZE, help="input size in px that the card names")
    p.add_argument("--threshold", type=float, help="calibrated cosine; without it, the one of the old card stays")
    p.add_argument("--pictures", type=int, required=True, help="how many it was trained on, for the card")
    p.add_argument("--date", default=datetime.date.today().isoformat())
    args = p.parse_args()
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    if args.threshold is None:
        old = out / "card.toml"
        args.threshold = tomllib.loads(old.read_text())["join"]["threshold"] if old.exists() else 0.9
    trunk, step, run = load_trunk(args.checkpoint)
    model = build(trunk)
    off = check(model, trunk, args.size)
    if off > 0.01:
        raise SystemExit(f"ONNX and PyTorch differ by {off:.4f} of the largest activation")
    content = model.SerializeToString(deterministic=True)
    (out / "model.onnx").write_bytes(content)
    (out / "card.toml").write_text(card(blake3.blake3(content).hexdigest(), args, step, run))
    print(f"step {step}: {len(content)} bytes, largest difference {off:.5f} of the largest activation")


if __name__ == "__main__":
    main()
