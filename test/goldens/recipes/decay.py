"""Records test/goldens/decay.json: for the small checkpoints, the tensors that the Trainer of transformers lets decay.

    python test/goldens/recipes/decay.py        needs: torch, transformers; a CPU, seconds

Names are those of the checkpoint's file. The projector of the motion feature is the released trainer's.
"""

import json

import torch
import transformers
from tiny_internvl import GOLDENS, spelled
from transformers import InternVLForConditionalGeneration, Trainer

# Whether the file has the spelling of the published checkpoints.
CHECKPOINTS = {"layer-norm": True, "rms-norm": False, "tied": True, "motion": True}


def decaying(model):
    return Trainer.get_decay_parameter_names(None, model)


def recorded(name, original):
    model = InternVLForConditionalGeneration.from_pretrained(GOLDENS / "internvl" / name)
    tensors = dict(model.named_parameters())
    return sorted(spelled(one, original) for one in decaying(model) if one in tensors)


motion = torch.nn.Sequential(torch.nn.LayerNorm(4), torch.nn.Linear(4, 3), torch.nn.GELU(), torch.nn.Linear(3, 3))
found = {name: recorded(name, original) for name, original in CHECKPOINTS.items()}
found["motion"] += sorted(f"motion_mlp.{name}" for name in decaying(motion))
versions = {"torch": torch.__version__, "transformers": transformers.__version__}
(GOLDENS / "decay.json").write_text(json.dumps({"recipe": "recipes/decay.py", "decaying": found, **versions}, indent=1) + "\n")
