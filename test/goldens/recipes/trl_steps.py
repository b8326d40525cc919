"""Records test/goldens/trl/steps*: ten updates of a small InternVL by TRL's GRPOTrainer, of each of two losses.

    python test/goldens/recipes/trl_steps.py        needs: torch, transformers, trl 1.16, datasets, safetensors; a CPU, a minute

The model is internvl/layer-norm. Each update has two groups of three completions of unequal lengths behind a prompt of
one frame. TRL's loss, its loop, its schedule, its clipping and torch's AdamW run; in their way are put the batches (no
sampling), and the forward pass, in which each completion is a sequence of its own behind its prompt. From the second
update on, old log-probabilities are the policy's own, moved so that both sides of the clip act.
The same updates are made once more by the equations written out (`plain`), and must end in the same weights.
"""

import tempfile

import torch
from datasets import Dataset
from safetensors.torch import load_file
from tiny_internvl import GOLDENS, PAD, build, forward, frames_of, prompt_ids, save_file, spelled, write_record
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

OUT = GOLDENS / "trl"
STEPS, GROUPS, SAMPLES, LONGEST = 10, 2, 3, 7
ROWS = GROUPS * SAMPLES
SETTINGS = {"learningRate": 1e-4, "maxGradNorm": 1.0}
# By 1e-8 a gradient that is rounding alone moves its weight by a whole learning rate.
ADAMW = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-5, "weightDecay": 0.05}
LOSSES = {
    "dapo": {"loss_type": "dapo", "epsilon": 0.2, "epsilon_high": 0.28, "beta": 0.0},
    "grpo": {"loss_type": "grpo", "epsilon": 0.2, "epsilon_high": 0.2, "beta": 0.04},
}


def load():
    model = build(1, {}, {})
    stored = load_file(GOLDENS / "internvl" / "layer-norm" / "model.safetensors")
    assert all(torch.equal(value, stored[spelled(name, True)]) for name, value in model.named_parameters())
    return model


def prompts():
    return [(prompt_ids(1, 4, 3 + g, 2, seed=g), frames_of(1, 56, seed=30 + g)) for g in range(GROUPS)]


def batches():
    """[steps] of completions [rows], how far the sampler was, and advantages."""
    generator = torch.Generator().manual_seed(11)
    found = []
    for _ in range(STEPS):
        lengths = torch.randint(1, LONGEST + 1, (ROWS,), generator=generator)
        completions = [torch.randint(0, PAD, (int(length),), generator=generator) for length in lengths]
        moved = [0.35 * torch.randn(len(one), generator=generator) for one in completions]
        found.append((completions, moved, torch.randn(ROWS, generator=generator)))
    return found


def log_probs(model, completions):
    """Of each token, from the full softmax, and the entropies of these; padded [rows, LONGEST]."""
    found, entropies = [], []
    for row, completion in enumerate(completions):
        prompt, pixels = prompts()[row // SAMPLES]
        logits = forward(model, torch.cat([prompt, completion]), pixels)[len(prompt) - 1 : -1]
        every = torch.log_softmax(logits, dim=-1)
        padding = (0, LONGEST - len(completion))
        found.append(torch.nn.functional.pad(every.gather(1, completion[:, None])[:, 0], padding))
        entropies.append(torch.nn.functional.pad(-(every.exp() * every).sum(-1), padding))
    return torch.stack(found), torch.stack(entropies)


def padded(rows):
    return torch.stack([torch.nn.functional.pad(row, (0, LONGEST - len(row))) for row in rows])


class Given(GRPOTrainer):
    """TRL's trainer on batches that are there already."""

    def _prepare_inputs(self, _inputs):
        completions, moved, advantages = self.given[self.state.global_step]
        self.completions = completions
        mask = padded([torch.ones(len(one), dtype=torch.long) for one in completions])
        with torch.no_grad():
            now, _ = log_probs(self.policy, completions)
            reference, _ = log_probs(self.reference, completions)
        inputs = {
            "prompt_ids": torch.full((ROWS, 1), PAD),
            "prompt_mask": torch.ones(ROWS, 1, dtype=torch.long),
            "completion_ids": padded(completions),
            "completion_mask": mask,
            "advantages": advantages,
            "num_items_in_batch": mask.sum(),
            "ref_per_token_logps": reference,
        }
        if self.state.global_step > 0:
            inputs["old_per_token_logps"] = now + padded(moved) * mask
            self.old.append(inputs["old_per_token_logps"])
        return inputs

    def _get_per_token_logps_and_entropies(self, *_given, **_named):
        return (*log_probs(self.policy, self.completions), None)

    def _compute_loss(self, model, inputs):
        loss = super()._compute_loss(model, inputs)
        self.losses.append(loss.item())
        return loss


def by_trl(options):
    words = {f"w{i}": i for i in range(PAD)} | {"<pad>": PAD, "<eos>": PAD + 1}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="<pad>")), pad_token="<pad>", eos_token="<eos>"
    )
    model = load()
    model.warnings_issued = {}
    with tempfile.TemporaryDirectory() as folder:
        arguments = GRPOConfig(
            folder,
            per_device_train_batch_size=ROWS,
            num_generations=SAMPLES,
            max_completion_length=LONGEST,
            max_steps=STEPS,
            learning_rate=SETTINGS["learningRate"],
            lr_scheduler_type="linear",
            max_grad_norm=SETTINGS["maxGradNorm"],
            weight_decay=ADAMW["weightDecay"],
            adam_beta1=ADAMW["beta1"],
            adam_beta2=ADAMW["beta2"],
            adam_epsilon=ADAMW["epsilon"],
            optim="adamw_torch",
            bf16=False,
            use_cpu=True,
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            **{**options, "beta": 0.0},
        )
        rows = Dataset.from_dict({"prompt": ["w1"] * ROWS * STEPS})
        trainer = Given(
            model, reward_funcs=lambda completions, **_: [0.0], args=arguments, train_dataset=rows, processing_class=tokenizer
        )
        # Set behind its back: it would look for the reference in a folder.
        trainer.beta = options["beta"]
        trainer.policy, trainer.reference = model, load().eval()
        trainer.given, trainer.old, trainer.losses = batches(), [], []
        trainer.train()
    log = [entry for entry in trainer.state.log_history if "grad_norm" in entry]
    assert len(log) == len(trainer.losses) == STEPS
    steps = []
    for loss, entry in zip(trainer.losses, log):
        step = {"loss": loss, "gradNorm": float(entry["grad_norm"]), "learningRate": entry["learning_rate"]}
        steps.append({**step, "entropy": entry["entropy"], "clipFraction": entry["clip_ratio/region_mean"]})
    return model, trainer.old, steps


def plain(options, old, steps):
    """The equations written out, by the old log-probabilities and the rates of the others."""
    model, reference = load(), load()
    decayed = {name for name, _ in model.named_parameters() if not name.endswith(".bias") and "norm" not in name}
    named = dict(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [value for name, value in named.items() if name in decayed], "weight_decay": ADAMW["weightDecay"]},
            {"params": [value for name, value in named.items() if name not in decayed], "weight_decay": 0.0},
        ],
        betas=(ADAMW["beta1"], ADAMW["beta2"]),
        eps=ADAMW["epsilon"],
    )
    for number, (completions, _, advantages) in enumerate(batches()):
        new, _ = log_probs(model, completions)
        with torch.no_grad():
            ref, _ = log_probs(reference, completions)
        tokens = sum(len(one) for one in completions)
        loss = 0
        for row, completion in enumerate(completions):
            for t in range(len(completion)):
                p = new[row, t]
                ratio = torch.exp(p - (p.detach() if number == 0 else old[number - 1][row, t]))
                held = ratio.clamp(1 - options["epsilon"], 1 + options["epsilon_high"])
                kl = torch.exp(ref[row, t] - p) - (ref[row, t] - p) - 1
                term = -torch.minimum(ratio * advantages[row], held * advantages[row]) + options["beta"] * kl * ratio
                share = tokens if options["loss_type"] == "dapo" else len(completion) * ROWS
                loss = loss + term / share
        for group in optimizer.param_groups:
            group["lr"] = steps[number]["learningRate"]
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), SETTINGS["maxGradNorm"])
        optimizer.step()
        assert abs(loss.item() - steps[number]["loss"]) < 1e-6, (number, loss.item(), steps[number])
    return model


def weights(model):
    return {spelled(name, True): value.detach().clone() for name, value in model.named_parameters()}


def main():
    torch.set_num_threads(1)
    OUT.mkdir(exist_ok=True)
    tensors, losses, before = {}, {}, weights(load())
    for g, (prompt, pixels) in enumerate(prompts()):
        tensors[f"{g}/input_ids"], tensors[f"{g}/pixel_values"] = prompt.int(), pixels
    for step, (completions, _, advantages) in enumerate(batches()):
        tensors[f"{step}/advantages"] = advantages
        for row, completion in enumerate(completions):
            tensors[f"{step}/{row // SAMPLES}/{row % SAMPLES}/tokens"] = completion.int()
    for name, options in LOSSES.items():
        model, old, steps = by_trl(options)
        print(name, steps)
        after, written = weights(model), weights(plain(options, old, steps))
        moved = sum(((after[key] - before[key]) ** 2).sum() for key in after) ** 0.5
        apart = sum(((after[key] - written[key]) ** 2).sum() for key in after) ** 0.5
        print(name, "moved", moved.item(), "apart", apart.item())
        assert apart < 1e-4 * moved
        for step, values in enumerate(old):
            for row, completion in enumerate(batches()[step + 1][0]):
                place = f"{name}/{step + 1}/{row // SAMPLES}/{row % SAMPLES}/old"
                tensors[place] = values[row, : len(completion)].clone()
        save_file(after, OUT / f"steps-after-{name}.safetensors")
        losses[name] = {"clipHigh": options["epsilon_high"], "beta": options["beta"], "steps": steps}
    facts = {"recipe": "recipes/trl_steps.py", "groups": GROUPS, "samples": SAMPLES}
    write_record(OUT / "steps", tensors, {**facts, "settings": SETTINGS, "optimizer": ADAMW, "losses": losses})


main()
