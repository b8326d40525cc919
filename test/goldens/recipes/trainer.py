"""Records test/goldens/trainer/: log-probabilities of groups, and two GRPO steps, as autograd and AdamW give them.

    python test/goldens/recipes/trainer.py        needs: torch, transformers, safetensors; a CPU, seconds

The model is internvl/layer-norm. Two prompts of one frame each have three completions of unequal lengths; every
completion is a sequence of its own, so nothing is shared. Step 1 takes the policy as it is (ratio 1, no divergence from
the reference yet). Step 2 takes old log-probabilities that were moved, so that both sides of the clip act, and the
reference is the model before step 1. The loss is equations 2 and 3 of VQAThinker with the k3 estimate of the KL term:
mean over completions of the mean over their tokens; the term is recorded so (klTerm), and as the mean over all tokens
(kl). Gradients are clipped by clip_grad_norm_, then torch.optim.AdamW with weight decay on every tensor, and once more
from the start on those that the Trainer of transformers lets decay (-weights), and a third time so with the learning rate of
each part its share of the step's (-parts).
"""

import torch
from safetensors.torch import load_file
from tiny_internvl import GOLDENS, PAD, build, forward, frames_of, prompt_ids, save_file, spelled, write_record
from transformers import Trainer

OUT = GOLDENS / "trainer"
LENGTHS = [[3, 6, 4], [5, 2, 7]]
ADVANTAGES = [[1.1, -0.3, -0.6], [-1.2, 0.5, 0.9]]
STEPS = [
    {"learningRate": 0.0015, "beta": 0.1, "clipLow": 0.2, "clipHigh": 0.28, "maxGradNorm": 1.0},
    {"learningRate": 0.001, "beta": 0.5, "clipLow": 0.2, "clipHigh": 0.28, "maxGradNorm": 100.0},
]
# A large epsilon: with the usual one the first update is the sign of the gradient, noise where the gradient is zero.
# Of the step's learning rate, by the words of transformers and by ours.
WHOLE = {"vision_tower": 1.0, "multi_modal_projector": 1.0, "": 1.0}
SHARES = {"vision_tower": 0.3, "multi_modal_projector": 2.0, "": 1.0}
PARTS = {"vision_tower": "vision", "multi_modal_projector": "projector"}
ADAMW = {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-3, "weightDecay": 0.05}


def log_probs(model, prompt, pixels, completion, temperature):
    """Of each token of the completion, from the full softmax."""
    logits = forward(model, torch.cat([prompt, completion]), pixels)[len(prompt) - 1 : -1]
    return torch.log_softmax(logits / temperature, dim=-1).gather(1, completion[:, None])[:, 0]


def grpo(model, reference, groups, old, step):
    """Loss, and what the metrics report, over all completions of all groups."""
    losses, divergences, ratios, edges = [], [], [], []
    for g, (prompt, pixels, completions) in enumerate(groups):
        for k, completion in enumerate(completions):
            new = log_probs(model, prompt, pixels, completion, 1.0)
            with torch.no_grad():
                ref = log_probs(reference, prompt, pixels, completion, 1.0)
            ratio = torch.exp(new - (new.detach() if old is None else old[g][k]))
            low, high = 1 - step["clipLow"], 1 + step["clipHigh"]
            advantage = ADVANTAGES[g][k]
            gain = torch.minimum(ratio * advantage, ratio.clamp(low, high) * advantage)
            kl = torch.exp(ref - new) - (ref - new) - 1
            losses.append((-gain + step["beta"] * kl).mean())
            divergences.append(kl)
            ratios.append(ratio)
            edges.append(torch.minimum((ratio - low).abs(), (ratio - high).abs()).min())
    ratios = torch.cat(ratios)
    # A ratio on the edge of the clip would make the recorded gradient a matter of rounding.
    assert min(edges) > 1e-3
    term = torch.stack([each.mean() for each in divergences]).mean()
    kl = torch.cat(divergences).mean()
    facts = {"loss": torch.stack(losses).mean(), "kl": kl, "klTerm": term, "ratio": ratios.mean()}
    print({name: value.item() for name, value in facts.items()}, "ratios", ratios.min().item(), ratios.max().item())
    return facts


def make_groups():
    generator = torch.Generator().manual_seed(5)
    groups = []
    for g, lengths in enumerate(LENGTHS):
        completions = [torch.randint(0, PAD, (length,), generator=generator) for length in lengths]
        groups.append((prompt_ids(1, 4, 3 + g, 2, seed=g), frames_of(1, 56, seed=30 + g), completions))
    return groups


def load():
    model = build(1, {}, {})
    stored = load_file(GOLDENS / "internvl" / "layer-norm" / "model.safetensors")
    assert all(torch.equal(value, stored[spelled(name, True)]) for name, value in model.named_parameters())
    return model


def weights(model):
    return {spelled(name, True): value.detach().clone() for name, value in model.named_parameters()}


def part_of(name):
    return next(part for part in SHARES if part in name)


def run(groups, moved, suffix, kept, shares):
    """Both steps; parameters named in `kept` do not decay."""
    model, reference = load(), load()
    named = dict(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [value for name, value in named.items() if (name in kept) == keeps and part_of(name) == part],
                "weight_decay": 0.0 if keeps else ADAMW["weightDecay"],
                "share": share,
            }
            for keeps in (False, True)
            for part, share in shares.items()
        ],
        betas=(ADAMW["beta1"], ADAMW["beta2"]),
        eps=ADAMW["epsilon"],
    )
    recorded = []
    for number, (step, old) in enumerate(zip(STEPS, [None, moved]), start=1):
        for group in optimizer.param_groups:
            group["lr"] = step["learningRate"] * group["share"]
        optimizer.zero_grad()
        facts = grpo(model, reference, groups, old, step)
        facts["loss"].backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), step["maxGradNorm"])
        print("gradient norm", norm.item())
        optimizer.step()
        save_file(weights(model), OUT / f"after-step-{number}{suffix}.safetensors")
        metrics = {name: value.item() for name, value in facts.items()}
        own = {PARTS[part]: step["learningRate"] * share for part, share in shares.items() if share != 1}
        options = {**step, "learningRates": own} if own else step
        recorded.append({"options": options, "metrics": {**metrics, "gradNorm": norm.item()}})
    return recorded


def main():
    torch.set_num_threads(1)
    OUT.mkdir(exist_ok=True)
    model, groups = load(), make_groups()
    tensors = {}
    for g, (prompt, pixels, completions) in enumerate(groups):
        tensors[f"{g}/input_ids"] = prompt.int()
        tensors[f"{g}/pixel_values"] = pixels
        for k, completion in enumerate(completions):
            tensors[f"{g}/{k}/tokens"] = completion.int()
            for temperature in (1.0, 0.7):
                with torch.no_grad():
                    values = log_probs(model, prompt, pixels, completion, temperature)
                tensors[f"{g}/{k}/log_probs/{temperature:g}"] = values

    generator = torch.Generator().manual_seed(6)
    moved = [
        [tensors[f"{g}/{k}/log_probs/1"] + 0.3 * torch.randn(n, generator=generator) for k, n in enumerate(lengths)]
        for g, lengths in enumerate(LENGTHS)
    ]
    for g, group in enumerate(moved):
        for k, values in enumerate(group):
            tensors[f"{g}/{k}/old_log_probs"] = values

    decaying = Trainer.get_decay_parameter_names(None, model)
    kept = [name for name, _ in model.named_parameters() if name not in decaying]
    steps = {
        "all": run(groups, moved, "", [], WHOLE),
        "weights": run(groups, moved, "-weights", kept, WHOLE),
        "parts": run(groups, moved, "-parts", kept, SHARES),
    }
    facts = {"recipe": "recipes/trainer.py", "advantages": ADVANTAGES, "optimizer": ADAMW, "steps": steps}
    write_record(OUT / "groups", tensors, facts)


main()
