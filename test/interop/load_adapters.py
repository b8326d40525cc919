"""Opens adapters with PEFT on their base model, and compares their logits with those of the program that wrote them.

    python test/interop/load_adapters.py ROOT BASE        needs: torch, transformers, peft, safetensors; a CPU, seconds

ROOT/<name>/ is an adapter, ROOT/<name>.safetensors the logits of the prompt of test/goldens/peft on BASE, or of the prompt
beside them on ROOT/bases/<name>. Ends with 1 when any
differs by more than 1e-6 of the largest, when the adapter has no effect, or when PEFT warns.
"""

import sys
import warnings
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import InternVLForConditionalGeneration

BOUND = 1e-6
ROOT, BASE = Path(sys.argv[1]), sys.argv[2]
RECORD = load_file(Path(__file__).parent.parent / "goldens" / "peft" / "lora" / "record.safetensors")


def base_model(base):
    return InternVLForConditionalGeneration.from_pretrained(base, dtype=torch.float32, attn_implementation="eager").eval()


def logits_of(model, asked):
    with torch.no_grad():
        return model(input_ids=asked["input_ids"].long()[None], pixel_values=asked["pixel_values"]).logits[0]


torch.set_num_threads(1)
failed = False
for file in sorted(ROOT.glob("*.safetensors")):
    found = load_file(file)
    expected = found["logits"]
    own = ROOT / "bases" / file.stem
    base, asked = (own, found) if own.exists() else (BASE, RECORD)
    bound = BOUND * expected.abs().max().item()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = PeftModel.from_pretrained(base_model(base), ROOT / file.stem).eval()
    apart = (logits_of(model, asked) - expected).abs().max().item()
    merged = (logits_of(model.merge_and_unload(), asked) - expected).abs().max().item()
    alone = logits_of(base_model(base), asked)
    effect = (alone - expected).abs().max().item()
    if "base_logits" in found:
        # What the base's arithmetic differs by is no fault of the adapter.
        of_base = (alone - found["base_logits"]).abs().max().item()
        bound = max(bound, 2 * of_base)
        print(f"{file.stem}: its base alone {of_base:.1e}")
    right = apart <= bound and merged <= 10 * bound and effect > 100 * bound
    failed |= not right
    print(f"{file.stem}: apart {apart:.1e}, merged {merged:.1e}, effect {effect:.1e}: {'as PEFT' if right else 'NOT as PEFT'}")
sys.exit(1 if failed else 0)
