"""Records test/goldens/schedule.json: learning rates of transformers' schedules with a warm-up.

    python test/goldens/recipes/schedule.py        needs: torch, transformers; a CPU, seconds

The peak is 1. A rate is the one that the optimiser has when it makes that step.
"""

import json
from pathlib import Path

import torch
import transformers

OUT = Path(__file__).parent.parent / "schedule.json"
# warm-up steps, all steps
LENGTHS = [(0, 10), (1, 10), (3, 10), (5, 10), (10, 10), (20, 10), (5, 300), (7, 1)]


def rates(kind, warmup, steps):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = transformers.get_scheduler(kind, optimizer, num_warmup_steps=warmup, num_training_steps=steps)
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return found


KINDS = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine"}
cases = [
    {"schedule": ours, "warmupSteps": warmup, "steps": steps, "rates": rates(theirs, warmup, steps)}
    for ours, theirs in KINDS.items()
    for warmup, steps in LENGTHS
]
versions = {"torch": torch.__version__, "transformers": transformers.__version__}
OUT.write_text(json.dumps({"recipe": "recipes/schedule.py", "cases": cases, **versions}) + "\n")
