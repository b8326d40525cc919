/** Why many tensors of a checkpoint do not fit at once, in words that say what to do. Pure. */
import { isJsonObject, type JsonObject } from "../core/json.js";
import { printable } from "../core/refuse.js";

const LORA_PART = /\.(base_layer|lora_(A|B|embedding_A|embedding_B|magnitude_vector))(\.|$)/;

/** Null when no name is of PEFT's. */
export function unmergedLora(names: Iterable<string>): string | null {
  for (const name of names)
    if (LORA_PART.test(name))
      return `it has LoRA parts that are not merged (${printable(name)}): merge them first (PEFT's merge_and_unload, then save_pretrained)`;
  return null;
}

/** What config.json says of how its weights are quantised, in words; null when it says nothing. */
export function quantization(config: JsonObject): string | null {
  const { quantization_config: own, text_config: text, llm_config: llm } = config;
  const said = [own, ...[text, llm].map((part) => (isJsonObject(part) ? part["quantization_config"] : null))];
  const found = said.find(isJsonObject);
  if (found === undefined) return null;
  const { quant_method: method } = found;
  const named = typeof method === "string" ? printable(method) : "by no named method";
  return `its weights are quantised (quantization_config: ${named}), which is not computed here: take the checkpoint that it was made from`;
}
