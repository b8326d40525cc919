"""Records test/goldens/sft/: ten updates of supervised fine-tuning by the Trainer of transformers.

    python test/goldens/recipes/sft.py        needs: torch, transformers, accelerate, safetensors; a CPU, seconds

The model is internvl/layer-norm. Each update has four replies of unequal lengths, each behind a prompt of one frame:
in every second update two of them have the same prompt. Prompts carry the label -100, so that the loss is that of the
reply alone; the Trainer takes the mean over all its tokens. Learning rate 1e-4, linear to 0 behind two steps of
warm-up, gradients clipped to a norm that acts, weight decay as the Trainer groups it. Epsilon is 1e-5: by 1e-8 a
gradient that is rounding alone, as of a key's bias, moves its weight by a whole learning rate.
"""

import tempfile

import torch
from safetensors.torch import load_file
from tiny_internvl import END, GOLDENS, PAD, build, frames_of, prompt_ids, save_file, spelled, write_record
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments

OUT = GOLDENS / "sft"
STEPS, REPLIES = 10, 4
SETTINGS = {"learningRate": 1e-4, "warmupSteps": 2, "schedule": "linear", "maxGradNorm": 1.0}
ADAMW = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-5, "weightDecay": 0.05}


def lessons():
    """[steps][replies] of prompt ids, its frame, which has the seed of its place, and the reply's ids."""
    generator = torch.Generator().manual_seed(9)
    found = []
    for step in range(STEPS):
        batch = []
        for k in range(REPLIES):
            # The last of every second step asks as the one before it.
            place = k - 1 if k == REPLIES - 1 and step % 2 == 0 else k
            seed = 10 * step + place
            length = int(torch.randint(1, 9, (1,), generator=generator))
            reply = torch.cat([torch.randint(0, PAD, (length,), generator=generator), torch.tensor([END])])
            batch.append((prompt_ids(1, 4, 2 + place, 2, seed=seed), frames_of(1, 56, seed=place), reply))
        found.append(batch)
    return found


def collate(batch):
    """Padded on the right."""
    longest = max(len(prompt) + len(reply) for prompt, _, reply in batch)
    ids = torch.full((len(batch), longest), PAD)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, (prompt, _, reply) in enumerate(batch):
        end = len(prompt) + len(reply)
        ids[row, :end] = torch.cat([prompt, reply])
        mask[row, :end] = 1
        labels[row, len(prompt) : end] = reply
    pixels = torch.cat([frame for _, frame, _ in batch])
    return {"input_ids": ids, "attention_mask": mask, "labels": labels, "pixel_values": pixels}


class InOrder(Trainer):
    """The batches as they come, and of each step what is logged, whole."""

    def get_train_dataloader(self):
        return DataLoader(self.train_dataset, batch_size=REPLIES, shuffle=False, collate_fn=collate)

    def training_step(self, model, inputs, num_items_in_batch=None):
        loss = super().training_step(model, inputs, num_items_in_batch)
        self.losses.append(loss.item())
        self.rates.append(self.lr_scheduler.get_last_lr()[0])
        return loss


def taught(model, batches):
    """Ten updates of this model; [{loss, gradNorm, learningRate}]."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=REPLIES,
            max_steps=STEPS,
            learning_rate=SETTINGS["learningRate"],
            lr_scheduler_type=SETTINGS["schedule"],
            warmup_steps=SETTINGS["warmupSteps"],
            max_grad_norm=SETTINGS["maxGradNorm"],
            weight_decay=ADAMW["weightDecay"],
            adam_beta1=ADAMW["beta1"],
            adam_beta2=ADAMW["beta2"],
            adam_epsilon=ADAMW["epsilon"],
            optim="adamw_torch",
            bf16=False,
            use_cpu=True,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            remove_unused_columns=False,
            disable_tqdm=True,
        )
        trainer = InOrder(model, arguments, train_dataset=[one for batch in batches for one in batch])
        trainer.losses, trainer.rates = [], []
        trainer.train()
    norms = [entry["grad_norm"] for entry in trainer.state.log_history if "grad_norm" in entry]
    assert len(trainer.losses) == len(norms) == STEPS
    print(list(zip(trainer.losses, norms, trainer.rates)))
    return [
        {"loss": loss, "gradNorm": float(norm), "learningRate": rate}
        for loss, norm, rate in zip(trainer.losses, norms, trainer.rates)
    ]


def written(batches):
    """The lessons as tensors."""
    tensors = {}
    for step, batch in enumerate(batches):
        for k, (prompt, pixels, reply) in enumerate(batch):
            tensors[f"{step}/{k}/input_ids"] = prompt.int()
            place = next(place for place in range(REPLIES) if torch.equal(pixels, frames_of(1, 56, seed=place)))
            tensors[f"frame/{place}"] = pixels
            tensors[f"{step}/{k}/frame"] = torch.tensor([place]).int()
            tensors[f"{step}/{k}/tokens"] = reply.int()
    return tensors


def main():
    OUT.mkdir(exist_ok=True)
    model = build(1, {}, {})
    stored = load_file(GOLDENS / "internvl" / "layer-norm" / "model.safetensors")
    assert all(torch.equal(value, stored[spelled(name, True)]) for name, value in model.named_parameters())
    batches = lessons()
    steps = taught(model, batches)
    assert max(step["gradNorm"] for step in steps) > SETTINGS["maxGradNorm"]
    facts = {"recipe": "recipes/sft.py", "replies": REPLIES, "settings": SETTINGS, "optimizer": ADAMW, "steps": steps}
    write_record(OUT / "replies", written(batches), facts)
    save_file({spelled(name, True): value.detach().clone() for name, value in model.named_parameters()}, OUT / "after.safetensors")


torch.set_num_threads(1)
if __name__ == "__main__":
    main()
