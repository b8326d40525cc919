/**
 * The system message that an original InternVL checkpoint is asked with, read from its `conversation.py` as text. What
 * only executing that file would tell is refused, never guessed. Knows nothing of the rest of a prompt.
 */
import { join } from "node:path";
import { readJsonIfThere } from "../core/json.js";
import { printable, refuse, shown } from "../core/refuse.js";
import { decodeUtf8, readIfThere } from "../core/text-file.js";
import { type PythonToken, pythonTokens } from "./python-source.js";

export const CONVERSATION_FILE = "conversation.py";
/** InternVL3's, where config.json names none. */
const DEFAULT_TEMPLATE = "internvl2_5";

type Argument = readonly PythonToken[];

/**
 * `system_message` of the `Conversation(name=template, …)` in a conversation.py.
 *
 * @throws {EngineError} E_FORMAT naming file and template when there is not exactly one, or its message is anything but
 *   string literals.
 */
export function systemMessageIn(source: string, template: string, file: string): string {
  const unclear = (problem: string): never =>
    refuse(file, `template "${template}"`, `${problem}; say prompt.system in vqathinker.json instead`);
  const tokens = pythonTokens(source) ?? unclear("a string in the file does not end");
  const names: string[] = [];
  let found: readonly Argument[] | undefined;
  for (const args of conversations(tokens)) {
    const name = literal(keyword(args, "name"));
    if (name !== null) names.push(name);
    if (name === template) found ??= args;
  }
  if (found === undefined)
    return unclear(`expected a Conversation of this name, found ${printable(names.join(", ")) || "none"}`);
  const count = names.filter((name) => name === template).length;
  if (count > 1) return unclear(`${count} Conversations have this name`);
  if (setsLater(tokens)) return unclear("the file changes a system message after it is made");
  if (found.some((arg) => !isKeyword(arg))) return unclear("not all its arguments are named");
  const message = keyword(found, "system_message");
  if (message === null) return unclear("expected one system_message, found none or several");
  return literal(message) ?? unclear("its system_message is not plain string literals");
}

/** The arguments of every call of Conversation, one call after the other: calls that never close hold all that follows. */
function* conversations(tokens: readonly PythonToken[]): Generator<readonly Argument[]> {
  for (const [i, { kind, text }] of tokens.entries()) {
    const defined = ["class", "def"].includes(tokens[i - 1]?.text ?? "");
    if (kind === "name" && text === "Conversation" && tokens[i + 1]?.text === "(" && !defined)
      yield argumentsFrom(tokens, i + 2);
  }
}

/** Arguments from behind the opening bracket up to its closing one, cut at their commas. */
function argumentsFrom(tokens: readonly PythonToken[], start: number): Argument[] {
  const args: PythonToken[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(start)) {
    const mark = token.kind === "mark" ? token.text : "";
    if ("([{".includes(mark) && mark !== "") depth++;
    if (")]}".includes(mark) && mark !== "" && --depth < 0) break;
    if (mark === "," && depth === 0) args.push([]);
    else args.at(-1)?.push(token);
  }
  return args.filter((arg) => arg.length > 0);
}

function isKeyword([name, equals, next]: Argument): boolean {
  return name?.kind === "name" && equals?.text === "=" && next?.text !== "=";
}

/** The value of a named argument; null when it is not there exactly once. */
function keyword(args: readonly Argument[], name: string): Argument | null {
  const [value, ...others] = args.filter((arg) => isKeyword(arg) && arg[0]?.text === name);
  return value === undefined || others.length > 0 ? null : value.slice(2);
}

/** What adjacent string literals say together, in brackets or not; null for anything else. */
function literal(value: Argument | null): string | null {
  if (value === null) return null;
  let depth = 0;
  while (value[depth]?.text === "(" && value.at(-1 - depth)?.text === ")") depth++;
  const parts = value.slice(depth, value.length - depth);
  if (parts.length === 0 || parts.some((token) => token.value === null)) return null;
  return parts.map((token) => token.value).join("");
}

/** Is a message assigned to, or set by method, on anything but the class's own self? */
function setsLater(tokens: readonly PythonToken[]): boolean {
  return tokens.some(({ text }, i) => {
    const [owner, dot, next, after] = [tokens[i - 2], tokens[i - 1], tokens[i + 1], tokens[i + 2]];
    if (dot?.text !== "." || owner?.text === "self") return false;
    return (
      text === "set_system_message" ||
      (text === "system_message" && next?.text === "=" && after?.text !== "=")
    );
  });
}

/**
 * The system message of a checkpoint folder: config.json's own `system_message`, or that of its `template` in
 * conversation.py; null when the folder has neither.
 *
 * @throws {EngineError} E_FORMAT as systemMessageIn; and for a config.json whose keys are no texts.
 */
export async function readSystemMessage(dir: string): Promise<string | null> {
  const configFile = join(dir, "config.json");
  const config = (await readJsonIfThere(configFile)) ?? {};
  const textOf = (key: string): string | null => {
    const value = config[key] ?? null;
    if (value === null || typeof value === "string") return value;
    return refuse(configFile, key, `expected a text or null, found ${shown(value)}`);
  };
  const own = textOf("system_message");
  const file = join(dir, CONVERSATION_FILE);
  const bytes = own === null ? await readIfThere(file) : null;
  if (bytes === null) return own;
  return systemMessageIn(decodeUtf8(bytes, file), textOf("template") ?? DEFAULT_TEMPLATE, file);
}
