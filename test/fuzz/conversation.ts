/** Fuzz target: the system message in a checkpoint's conversation.py and config.json. */
import assert from "node:assert/strict";
import type { Draws } from "../../lib/core/rng.js";
import { CONVERSATION_FILE, readSystemMessage } from "../../lib/text/conversation.js";
import { once, oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { jsonBytes, words } from "./json.js";

export const READERS = ["lib/text/conversation.ts"];

const LITERALS = [
  `'You see videos.'`,
  `"it's 'quoted'"`,
  `'''two\nlines'''`,
  `"""a "b" \\\nc"""`,
  `('one ' # not this\n "two")`,
  `'\\t\\x41\\u4e66\\U0001F600\\101\\q'`,
  `r'\\n' u''`,
];
const ODD = [
  `f'{x}'`,
  `b'x'`,
  `'\\N{DASH}'`,
  `'\\ud800'`,
  `'\\xg'`,
  `name`,
  `3`,
  `'a' + 'b'`,
  `lambda: 'x'`,
  `''.join(y)`,
  `${"(".repeat(9000)}'x'${")".repeat(9000)}`,
];
const WORDS = words(
  ..."( ) [ ] { } , = == . # \\ ' \" ''' \"\"\" \r \n \\\n rb' \u0000 Conversation( self. class def".split(
    " ",
  ),
  ..."name='internvl2_5' system_message='x' c.system_message='x' c.set_system_message('x')".split(" "),
  ...[
    "(".repeat(20_000),
    "Conversation(name='internvl2_5',".repeat(1900),
    "\\".repeat(4001),
    "'a'".repeat(9000),
    "#".repeat(9000),
  ],
);

function argument(draws: Draws, name: string, value: string): string {
  const said = once(draws, 8) ? oneOf(draws, [...ODD, ...LITERALS]) : value;
  return once(draws, 12) ? said : `${name}${oneOf(draws, ["=", " = ", "=\n"])}${said}`;
}

function call(draws: Draws): string {
  const name = oneOf(draws, [`'internvl2_5'`, `"other"`, `'int' 'ernvl2_5'`]);
  const args = [
    argument(draws, "name", name),
    argument(draws, "system_message", oneOf(draws, LITERALS)),
    argument(draws, "roles", "('<|im_start|>user\\n', '')"),
  ];
  if (once(draws, 8)) args.splice(draws.below(3), 1);
  if (once(draws, 16)) args.push(oneOf(draws, args));
  return `register(${oneOf(draws, ["", "x."])}Conversation(${args.join(", ")},))`;
}

export function make(draws: Draws): Uint8Array {
  const calls = Array.from({ length: draws.below(4) }, () => call(draws));
  const source = [
    oneOf(draws, ["import re", "class Conversation:\n  x: str = ''", "'''text'''"]),
    ...calls,
  ].join("\n");
  const config = { template: oneOf(draws, ["internvl2_5", "other", "x", null]), system_message: null };
  return packed({
    [CONVERSATION_FILE]: spoilt(draws, new TextEncoder().encode(source), WORDS),
    ...(once(draws, 2)
      ? { "config.json": jsonBytes(draws, config, ["template", "system_message", "x"]) }
      : {}),
  });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, [CONVERSATION_FILE, "config.json"], async (dir) => {
    const message = await readSystemMessage(dir);
    assert.ok(message === null || typeof message === "string");
  });
}
