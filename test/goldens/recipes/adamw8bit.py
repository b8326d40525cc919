"""Records test/goldens/optim/adamw8bit.safetensors: three steps of bitsandbytes' AdamW8bit, and the values of its codes.

    python test/goldens/recipes/adamw8bit.py        needs: torch, bitsandbytes, safetensors; a CPU, seconds

Of step t (0: the start) p.t holds the parameters, m.t and v.t the codes of the moments, m_absmax.t and v_absmax.t the
largest magnitude of each block of 256; g.t is the gradient that the step took. Gradients differ a thousandfold inside a
block, and some are 0, so that small second moments stand beside large ones; the last block is short. `numbers` are between
-1 and 1, `signed` and `unsigned` the values of codes.
"""

import bitsandbytes
import bitsandbytes.functional
import torch
from safetensors.torch import save_file
from tiny_internvl import GOLDENS

SIZE, STEPS = 4196, 3
SETTINGS = {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1}

torch.set_num_threads(1)
torch.manual_seed(8)
scale = torch.where(torch.arange(SIZE) % 7 == 0, 1e-3, 1.0)
scale[3::13] = 2e-4
scale[5::11] = 0
parameter = torch.nn.Parameter(torch.empty(SIZE).uniform_(-1, 1))
optimizer = bitsandbytes.optim.AdamW8bit([parameter], **SETTINGS)

recorded = {"p.0": parameter.detach().clone()}
for step in range(1, STEPS + 1):
    parameter.grad = torch.empty(SIZE).uniform_(-1, 1) * scale
    optimizer.step()
    state = optimizer.state[parameter]
    recorded |= {
        f"g.{step}": parameter.grad,
        f"p.{step}": parameter.detach().clone(),
        f"m.{step}": state["state1"].clone(),
        f"v.{step}": state["state2"].clone(),
        f"m_absmax.{step}": state["absmax1"].clone(),
        f"v_absmax.{step}": state["absmax2"].clone(),
    }
for name, signed in {"signed": True, "unsigned": False}.items():
    recorded[name] = bitsandbytes.functional.create_dynamic_map(signed=signed)

# The keys of a trainer's state, which the tests read such a file by.
metadata = {"steps": str(STEPS), "optimizer": f"bitsandbytes {bitsandbytes.__version__}", "ranks": "1"}
(GOLDENS / "optim").mkdir(exist_ok=True)
save_file(recorded, GOLDENS / "optim" / "adamw8bit.safetensors", metadata)
