"""Records files of torch.save in every format, and what safetensors makes of their tensors, for lib/pickle and lib/torch-file.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy safetensors
    venv/bin/python -P test/goldens/recipes/torch_files.py test/goldens/pickle

(-P: files beside this one have the names of Python's own modules.)

<format>-<protocol>.pt hold one checkpoint: a module's own state dict (an OrderedDict with attributes) under model_state,
with views, shared storages and every element type added to it, and beside it what training scripts keep. deflated.pt is
one of them packed again. expected.safetensors holds the tensors that convert keeps, made contiguous. refused/<name>.pt
are honest files that hold more than tensors; refused.json says what of them must be named. The keys of legacy storages
are addresses, so those files differ from run to run.
"""

import io
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file


class Network(torch.nn.Module):
    """By the names of pytorchvideo's SlowFast, with its head in block 6."""

    def __init__(self):
        super().__init__()
        block = torch.nn.Sequential()
        block.add_module("conv", torch.nn.Conv3d(3, 2, (1, 2, 2), bias=False))
        block.add_module("norm", torch.nn.BatchNorm3d(2))
        head = torch.nn.Sequential()
        head.add_module("proj", torch.nn.Linear(4, 3))
        self.blocks = torch.nn.ModuleDict({"0": block, "6": head})


def state_dict():
    torch.manual_seed(0)
    network = Network()
    network.blocks["0"].norm.running_mean.normal_()
    state = network.state_dict()
    base = torch.randn(3, 4)
    wide = torch.randn(2, 3, 4, 5)
    state["views.transposed"] = base.t()
    state["views.whole"] = base
    state["views.column"] = base[:, 1]
    state["views.every_second"] = base.flatten()[1::2]
    state["views.row"] = base[1]
    state["views.repeated"] = torch.tensor([1.5, -2.0]).view(2, 1).expand(2, 3)
    state["views.channels_last"] = wide.contiguous(memory_format=torch.channels_last)
    state["views.permuted"] = wide.permute(3, 0, 2, 1)
    state["views.permuted_halves"] = wide.half().permute(1, 3, 0, 2)
    state["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
    state["empty"] = torch.empty(0, 3)
    state["scalar"] = torch.tensor(2.5)
    numbers = torch.tensor([0, 1, 2, 127])
    for dtype in ("uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "bool"):
        state[f"types.{dtype}"] = numbers.to(getattr(torch, dtype))
    for dtype in ("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"):
        state[f"types.{dtype}"] = numbers.to(getattr(torch, dtype))
    state["types.float32_strange"] = torch.tensor([float("nan"), float("inf"), -0.0, 1e-45])
    state["steps"] = 7
    return state


def checkpoint():
    state = state_dict()
    parameter = torch.nn.Parameter(torch.randn(3))
    optimizer = torch.optim.AdamW([parameter])
    parameter.sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "model_state": state,
        "optimizer_state": optimizer.state_dict(),
        "cfg": "TRAIN:\n  ENABLE: true\n",
        "best": 0.75,
        "sizes": torch.zeros(2, 3).size(),
        "dtype": torch.float32,
        "history": [1, 70000, -3, 2**40, None, True, ("a", b"")[:1]],
    }


def kept(state):
    return {
        name: tensor.detach().clone(memory_format=torch.contiguous_format)
        for name, tensor in state.items()
        if torch.is_tensor(tensor) and not name.endswith(".num_batches_tracked") and not name.startswith("blocks.6.")
    }


def deflated(data):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    return packed.getvalue()


class Code:
    def __reduce__(self):
        return os.system, ("exit 1",)


def refused():
    """name → (value, what a refusal must name)."""
    weights = {"weight": torch.ones(2)}
    return {
        "numpy-number": ({"state_dict": weights, "best": numpy.float64(0.5)}, "numpy._core.multiarray.scalar"),
        "whole-module": (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        "sparse": ({"weight": torch.eye(2).to_sparse()}, "torch._utils._rebuild_sparse_tensor"),
        "quantised": ({"weight": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, "torch._utils._rebuild_qtensor"),
        "complex": ({"weight": torch.ones(2, dtype=torch.complex64)}, "torch.ComplexFloatStorage"),
        "negated": ({"weight": torch.ones(2)._neg_view()}, "neg"),
        "code": ({"state_dict": weights, "hook": Code()}, "posix.system"),
    }


def main():
    out = Path(sys.argv[1])
    (out / "refused").mkdir(parents=True, exist_ok=True)
    value = checkpoint()
    for protocol in (2, 3, 4, 5):
        for name, is_zip in (("zip", True), ("legacy", False)):
            # A file's name is the archive's folder, so the bytes are made where there is none.
            data = io.BytesIO()
            torch.save(value, data, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)
            (out / f"{name}-{protocol}.pt").write_bytes(data.getvalue())
    (out / "deflated.pt").write_bytes(deflated((out / "zip-2.pt").read_bytes()))
    save_file(kept(value["model_state"]), out / "expected.safetensors", metadata={"made_with": f"torch {torch.__version__}"})
    names = {}
    for name, (value, named) in refused().items():
        torch.save(value, out / "refused" / f"{name}.pt")
        names[name] = named
    (out / "refused.json").write_text(json.dumps(names, indent=2) + "\n")


if __name__ == "__main__":
    main()
