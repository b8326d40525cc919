"""Records test/goldens/schedule.json: learning rates of transformers' schedules with a warm-up.

    python test/goldens/recipes/schedule.py        needs: torch, transformers; a CPU, seconds

A rate is the one that the optimiser has when it makes that step, from a peak of `learningRate`. `parts` are those of a
second group of parameters whose peak is PART times that. `warmups` are the steps that TrainingArguments makes of a share.
"""

import json
from pathlib import Path

import torch
import transformers

OUT = Path(__file__).parent.parent / "schedule.json"
PART = 0.3
# warm-up steps, all steps
LENGTHS = [(0, 10), (1, 10), (3, 10), (5, 10), (10, 10), (20, 10), (5, 60), (7, 1)]
# ours, the word for it of transformers
WORDS = {
    "scheduleCycles": "num_cycles",
    "schedulePower": "power",
    "scheduleTimescale": "timescale",
    "scheduleDecaySteps": "num_decay_steps",
}
KINDS = {
    "constant": ("constant_with_warmup", [{}]),
    "linear": ("linear", [{}]),
    "cosine": ("cosine", [{}]),
    "cosine-with-restarts": ("cosine_with_restarts", [{"scheduleCycles": n} for n in (2, 3, 7)]),
    "cosine-with-min-lr": ("cosine_with_min_lr", [{"scheduleEnd": 2e-5}, {"scheduleEnd": 0}]),
    "polynomial": (
        "polynomial",
        [{}, {"schedulePower": 2}, {"schedulePower": 0.5, "scheduleEnd": 1e-5}, {"schedulePower": 3, "scheduleEnd": 0}],
    ),
    "inverse-sqrt": ("inverse_sqrt", [{}, {"scheduleTimescale": 4}, {"scheduleTimescale": 1000}]),
    "warmup-stable-decay": (
        "warmup_stable_decay",
        [{"scheduleDecaySteps": 1}, {"scheduleDecaySteps": 4, "scheduleEnd": 3e-5}, {"scheduleDecaySteps": 7}],
    ),
}


def rates(kind, options, peak, warmup, steps):
    parts = [torch.zeros(1), torch.zeros(1)]
    groups = [{"params": [parts[0]]}, {"params": [parts[1]], "lr": PART * peak}]
    optimizer = torch.optim.SGD(groups, lr=peak)
    own = {WORDS[key]: value for key, value in options.items() if key in WORDS}
    if "scheduleEnd" in options:
        end = options["scheduleEnd"]
        by_kind = {"polynomial": {"lr_end": end}, "cosine_with_min_lr": {"min_lr": end}}
        own |= by_kind.get(kind, {"min_lr_ratio": end / peak})
    scheduler = transformers.get_scheduler(kind, optimizer, warmup, steps, scheduler_specific_kwargs=own)
    found = [scheduler.get_last_lr()]
    while len(found) < steps:
        optimizer.step()
        scheduler.step()
        found.append(scheduler.get_last_lr())
    return [one for one, _ in found], [part for _, part in found]


def recorded():
    for ours, (theirs, choices) in KINDS.items():
        for options in choices:
            peak = 1.0 if theirs in ("constant_with_warmup", "linear", "cosine") else 3e-4
            for warmup, steps in LENGTHS:
                # What is longer than the run is refused.
                if "scheduleDecaySteps" in options and warmup + options["scheduleDecaySteps"] > steps:
                    continue
                whole, part = rates(theirs, options, peak, warmup, steps)
                yield {
                    "schedule": ours,
                    **options,
                    "learningRate": peak,
                    "warmupSteps": warmup,
                    "steps": steps,
                    "rates": whole,
                    "parts": part,
                }


def warmups():
    for steps in (1, 10, 30, 100, 999):
        for share in (0, 0.001, 0.03, 0.07, 0.1, 1 / 3, 0.5, 0.999):
            made = transformers.TrainingArguments(output_dir="unused", warmup_steps=share, use_cpu=True)
            yield {"share": share, "steps": steps, "warmupSteps": made.get_warmup_steps(steps)}


facts = {"recipe": "recipes/schedule.py", "part": PART, "cases": list(recorded()), "warmups": list(warmups())}
versions = {"torch": torch.__version__, "transformers": transformers.__version__}
OUT.write_text(json.dumps({**facts, **versions}) + "\n")
