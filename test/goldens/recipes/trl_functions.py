"""Records test/goldens/trl/: losses, gradients, advantages and metrics of TRL's GRPOTrainer on hand-made batches.

    python test/goldens/recipes/trl_functions.py        needs: torch 2.13.0, transformers 5.23.0, trl 1.16.0, datasets; a CPU, a minute

TRL's own functions run: _compute_loss for losses, _generate_and_score_completions for advantages. Two things alone are put
in their way: the forward pass (log-probabilities are given, so that the gradient with respect to them can be taken) and
the sampling (completions are given). NaN is written as null.
"""
import json
import math
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path

warnings.filterwarnings("ignore")
import torch
import transformers
import trl
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)


def clean(x):
    if isinstance(x, torch.Tensor):
        return clean(x.tolist())
    if isinstance(x, dict):
        return {k: clean(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [clean(v) for v in x]
    if isinstance(x, float) and not math.isfinite(x):
        return None
    return x


def policy(folder):
    words = ["<pad>", "<eos>", *"abcdefgh"]
    tok = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<pad>"))
    tok.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tok, pad_token="<pad>", eos_token="<eos>", unk_token="<pad>")
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(Qwen2Config(
        vocab_size=len(words), hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, pad_token_id=0, eos_token_id=1, bos_token_id=None)).float()
    model.save_pretrained(folder)  # with beta, TRL loads the reference from the policy's own folder
    return Qwen2ForCausalLM.from_pretrained(folder), fast


def trainer(scratch, funcs, **options):
    model, tok = policy(Path(scratch) / "policy")
    options = dict(per_device_train_batch_size=4, num_generations=4, max_completion_length=5, beta=0.0, bf16=False,
                   gradient_checkpointing=False, use_cpu=True, report_to=[], disable_tqdm=True) | options
    rows = Dataset.from_dict({"prompt": ["a b"] * 16})
    t = GRPOTrainer(model=model, args=GRPOConfig(output_dir=scratch, **options), reward_funcs=funcs,
                    train_dataset=rows, processing_class=tok)
    t.model.train()
    return t


# ---- losses: four completions of at most five tokens -------------------------------------------------------------
LENGTHS = [5, 3, 1, 4]
MASK = [[1 if i < n else 0 for i in range(5)] for n in LENGTHS]
NEW = [[-0.5, -1.2, -0.3, -2.0, -0.7], [-0.9, -0.1, -1.5, 0.0, 0.0], [-0.4, 0.0, 0.0, 0.0, 0.0], [-1.1, -0.6, -0.2, -3.0, 0.0]]
OLD = [[-0.5, -1.6, -0.2, -1.6, -0.7], [-1.3, -0.1, -1.1, 0.0, 0.0], [-0.7, 0.0, 0.0, 0.0, 0.0], [-1.0, -1.1, -0.1, -2.4, 0.0]]
REF = [[-0.6, -1.0, -0.3, -2.2, -0.4], [-1.0, -0.3, -1.5, 0.0, 0.0], [-0.1, 0.0, 0.0, 0.0, 0.0], [-1.1, -0.9, -0.5, -2.5, 0.0]]
ADVANTAGES = [1.25, -0.75, 0.5, -1.0]
ENTROPY = [[0.9, 1.1, 0.2, 1.9, 0.5], [0.7, 0.1, 1.3, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0, 0.0], [1.2, 0.8, 0.4, 2.1, 0.0]]


def loss_case(scratch, name, old=True, micro=4, mask=MASK, **options):
    """One call per micro-batch of `micro` rows; gradient_accumulation_steps = 4 // micro."""
    accumulation = 4 // micro
    t = trainer(scratch, lambda completions, **_: [0.0] * len(completions), per_device_train_batch_size=micro,
                gradient_accumulation_steps=accumulation, num_generations=4, **options)
    t.current_gradient_accumulation_steps = accumulation
    new = torch.tensor(NEW, requires_grad=True)
    mask_t = torch.tensor(mask)
    losses = []
    for start in range(0, 4, micro):
        rows = slice(start, start + micro)
        t._get_per_token_logps_and_entropies = lambda *a, rows=rows, **k: (new[rows], torch.tensor(ENTROPY)[rows], None)
        inputs = dict(prompt_ids=torch.full((micro, 2), 2), prompt_mask=torch.ones(micro, 2, dtype=torch.long),
                      completion_ids=torch.full((micro, 5), 3), completion_mask=mask_t[rows],
                      advantages=torch.tensor(ADVANTAGES)[rows], num_items_in_batch=mask_t.sum())
        if old:
            inputs["old_per_token_logps"] = torch.tensor(OLD)[rows]
        if options.get("beta"):
            inputs["ref_per_token_logps"] = torch.tensor(REF)[rows]
        losses.append(t._compute_loss(t.model, inputs))
    sum(losses).backward()
    metrics = {k: v for k, v in t._metrics["train"].items()}
    return dict(name=name, options=dict(options), old_given=old, micro_batch=micro, accumulation=accumulation,
                mask=mask, losses=[x.item() for x in losses], loss_sum=sum(x.item() for x in losses),
                gradient=new.grad, metrics=metrics)


def loss_cases(scratch):
    kinds = ["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo"]
    masked = [[0] * 5 if i == 3 else row for i, row in enumerate(MASK)]
    for kind in kinds:
        yield loss_case(scratch, f"{kind}, no KL", loss_type=kind)
        yield loss_case(scratch, f"{kind}, on policy (old absent)", loss_type=kind, old=False)
        yield loss_case(scratch, f"{kind}, beta .04, KL times ratio (default)", loss_type=kind, beta=0.04)
        yield loss_case(scratch, f"{kind}, beta .04, plain k3", loss_type=kind, beta=0.04, use_bias_correction_kl=False)
        yield loss_case(scratch, f"{kind}, on policy, beta .04 (default KL)", loss_type=kind, beta=0.04, old=False)
        yield loss_case(scratch, f"{kind}, four micro-batches of one", loss_type=kind, beta=0.04, micro=1)
        yield loss_case(scratch, f"{kind}, two micro-batches of two", loss_type=kind, micro=2)
        yield loss_case(scratch, f"{kind}, clip higher", loss_type=kind, epsilon=0.2, epsilon_high=0.28)
        yield loss_case(scratch, f"{kind}, a truncated row masked", loss_type=kind, mask=masked)
        yield loss_case(scratch, f"{kind}, sequence level", loss_type=kind, importance_sampling_level="sequence")
    yield loss_case(scratch, "gspo: grpo, sequence level, 3e-4/4e-4, KL 0", loss_type="grpo",
                    importance_sampling_level="sequence", epsilon=3e-4, epsilon_high=4e-4)
    yield loss_case(scratch, "gspo with KL .04 (default KL)", loss_type="grpo", importance_sampling_level="sequence",
                    epsilon=3e-4, epsilon_high=4e-4, beta=0.04)
    yield loss_case(scratch, "cispo, epsilon_high 5", loss_type="cispo", epsilon_high=5.0)
    yield loss_case(scratch, "cispo, epsilon_high 1.2", loss_type="cispo", epsilon_high=1.2)
    yield loss_case(scratch, "grpo, two-sided clip delta 1.4", loss_type="grpo", delta=1.4)
    yield loss_case(scratch, "grpo, delta 1.1 (below 1 + epsilon)", loss_type="grpo", delta=1.1)
    yield loss_case(scratch, "dapo, top 40 % of entropy", loss_type="dapo", top_entropy_quantile=0.4)
    yield loss_case(scratch, "dapo, entropy bonus .01", loss_type="dapo", entropy_coef=0.01)
    yield loss_case(scratch, "dapo, off-policy mask .05", loss_type="dapo", off_policy_mask_threshold=0.05)


# ---- advantages: eight completions, two groups of four ---------------------------------------------------------------
N = None
REWARDS = {
    "two groups": [[1.0, 0.0, 0.5, 0.25, 2.0, 2.0, 2.0, 1.0]],
    "second group equal": [[1.0, 0.0, 0.5, 0.25, 2.0, 2.0, 2.0, 2.0]],
    "two functions": [[1.0, 0.0, 0.5, 0.25, 2.0, 2.0, 2.0, 1.0], [0.0, 10.0, 0.0, 5.0, 1.0, 1.0, 0.0, 0.0]],
    "None in one function for one completion": [[1.0, N, 0.5, 0.25, 2.0, 2.0, 2.0, 1.0], [0.0, 10.0, 0.0, 5.0, 1.0, 1.0, 0.0, 0.0]],
    "None in one function for a group": [[N, N, N, N, 2.0, 2.0, 2.0, 1.0], [0.0, 10.0, 0.0, 5.0, 1.0, 1.0, 0.0, 0.0]],
    "None in all functions for one completion": [[1.0, N, 0.5, 0.25, 2.0, 2.0, 2.0, 1.0], [0.0, N, 0.0, 5.0, 1.0, 1.0, 0.0, 0.0]],
    "None in all functions for three of a group": [[1.0, N, N, N, 2.0, 2.0, 2.0, 1.0]],
    "None in all functions for a group": [[N, N, N, N, 2.0, 2.0, 2.0, 1.0]],
    "None everywhere": [[N] * 8],
}
COMPLETIONS = [[3, 4, 1], [3, 4, 5, 6, 7], [3, 1], [5, 1], [4, 4, 4, 1], [2, 2, 2, 2, 2], [6, 0], [7, 3, 3, 3, 1]]


EIGHT = {
    "eight equal, .7": [[0.7] * 8],
    "eight equal, 1": [[1.0] * 8],
    "eight, one differs by 1e-6": [[0.7] * 7 + [0.700001]],
}


def advantage_case(scratch, name, rows, group=4, **options):
    names = ["first", "second"][: len(rows)]
    funcs = []
    for title, values in zip(names, rows):
        def func(completions, values=values, **_):
            return values
        func.__name__ = title
        funcs.append(func)
    t = trainer(scratch, funcs, per_device_train_batch_size=8, num_generations=group, **options)
    t._generate_single_turn = lambda prompt_ids, *a, **k: (COMPLETIONS, None)
    out = t._generate_and_score_completions([{"prompt": "a b"}] * 8)
    metrics = {k: v[-1] for k, v in t._metrics["train"].items()}
    return dict(name=name, group_size=group, options=dict(options), rewards=rows, advantages=out["advantages"],
                completion_mask=out["completion_mask"], num_items_in_batch=out["num_items_in_batch"],
                metrics=metrics)


def advantage_cases(scratch):
    for name, rows in REWARDS.items():
        for scale in ("group", "batch", "none"):
            yield advantage_case(scratch, f"{name}; scale_rewards {scale}", rows, scale_rewards=scale)
        yield advantage_case(scratch, f"{name}; normalize_then_sum", rows, multi_objective_aggregation="normalize_then_sum")
        if len(rows) == 2:
            yield advantage_case(scratch, f"{name}; weights 1, .1", rows, reward_weights=[1.0, 0.1])
            yield advantage_case(scratch, f"{name}; weights 1, .1; normalize_then_sum", rows, reward_weights=[1.0, 0.1],
                                 multi_objective_aggregation="normalize_then_sum")
    for name, rows in EIGHT.items():
        yield advantage_case(scratch, name, rows, group=8)
    yield advantage_case(scratch, "truncated completions masked", REWARDS["two groups"], mask_truncated_completions=True)


def main():
    out = Path(__file__).parent.parent / "trl"
    versions = dict(trl=trl.__version__, transformers=transformers.__version__, torch=torch.__version__)
    with tempfile.TemporaryDirectory() as scratch:
        cases = list(loss_cases(scratch))
        (out / "loss.json").write_text(json.dumps(clean(dict(
            versions=versions, max_completion_length=5, log_probs=NEW, old=OLD, reference=REF, entropies=ENTROPY,
            advantages=ADVANTAGES, cases=cases)), indent=None, separators=(",", ":")) + "\n")
        rows = list(advantage_cases(scratch))
        (out / "advantage.json").write_text(json.dumps(clean(dict(
            versions=versions, eos=1, pad=0, max_completion_length=5, completions=COMPLETIONS,
            cases=rows)), separators=(",", ":")) + "\n")
    print(len(cases), "loss cases,", len(rows), "advantage cases")


if __name__ == "__main__":
    main()
