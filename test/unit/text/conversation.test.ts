/** The system message out of Python source: what is read, and what is refused because only Python would know. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSettings } from "../../../lib/checkpoint/settings.js";
import { readSystemMessage, systemMessageIn } from "../../../lib/text/conversation.js";
import { scratchFolder } from "../../helpers/video-files.js";

/** A file in the style of InternVL's, with `message` as it would be written there. */
function source(message: string, more = ""): string {
  return `"""Templates; Conversation(name='internvl2_5', system_message='of a docstring')."""
import dataclasses
from typing import Dict

@dataclasses.dataclass
class Conversation:
    name: str
    system_message: str = ''
    roles: tuple = ('USER', 'ASSISTANT')

    def set_system_message(self, system_message: str):
        self.system_message = system_message

    def copy(self):
        return Conversation(name=self.name, system_message=self.system_message)

conv_templates: Dict[str, Conversation] = {}

def register(template: Conversation):
    conv_templates[template.name] = template

register(Conversation(name='other', system_template='<|im_start|>system\\n{system_message}', system_message='no'))
register(
    Conversation(
        name='internvl2_5',  # system_message='of a comment',
        # system_message='also of a comment',
        ${message}
        roles=('<|im_start|>user\\n', '<|im_start|>assistant\\n'),
        sep='<|im_end|>\\n',
    )
)
${more}`;
}

const read = (message: string, more = "") =>
  systemMessageIn(source(`system_message=${message},`, more), "internvl2_5", "conversation.py");

test("string literals in every spelling", () => {
  const cases: [string, string][] = [
    [`'You see videos.'`, "You see videos."],
    [`"it's 'quoted'"`, "it's 'quoted'"],
    [`'''two\nlines'''`, "two\nlines"],
    [`"""a "b" \\\nc"""`, 'a "b" c'],
    [`''`, ""],
    [`'one ' "two " '''three'''`, "one two three"],
    [`(\n    'one '  # not this\n    "two"\n)`, "one two"],
    [`(('in'))`, "in"],
    [`'a' \\\n 'b'`, "ab"],
    [`'\\t\\n\\\\ \\' \\x41\\u4e66\\U0001F600 \\101 \\q'`, "\t\n\\ ' A书😀 A \\q"],
    [`r'\\n {x}' u'\\n'`, "\\n {x}\n"],
    [`'书生·万象 # no comment, (no) bracket]'`, "书生·万象 # no comment, (no) bracket]"],
  ];
  for (const [written, value] of cases) assert.equal(read(written), value, written);
  assert.equal(read(`'''a\r\nb'''`), "a\nb");
  assert.equal(systemMessageIn(source("system_message='x',"), "other", "conversation.py"), "no");
});

test("what only Python would know is refused, with file and template", () => {
  const refused = (run: () => string, message: RegExp) =>
    assert.throws(run, { code: "E_FORMAT", message }, String(message));
  for (const written of [
    "MESSAGE",
    "'a' + 'b'",
    "'a %s' % name",
    "'a'.strip()",
    "f'a'",
    "b'a'",
    "'\\N{BULLET}'",
    "'\\x4'",
    "'\\ud83d\\ude00'",
    "'a' if x else 'b'",
    "('a',)",
    "('a')('b')",
    "None",
  ]) {
    refused(
      () => read(written),
      /^conversation\.py: template "internvl2_5": its system_message is not plain string literals; say prompt/,
    );
  }
  refused(() => systemMessageIn(source(""), "internvl2_5", "f.py"), /expected one system_message/);
  refused(() => read("'a', system_message='b'"), /expected one system_message/);
  refused(() => read("'a', **more"), /not all its arguments are named/);
  refused(() => systemMessageIn(source(""), "phi", "f.py"), /template "phi": .* found other, internvl2_5;/);
  refused(() => systemMessageIn("", "phi", "f.py"), /found none;/);
  refused(() => read("'a'", "Conversation(name='internvl2_5', system_message='b')"), /2 Conversations/);
  refused(
    () => read("'a'", "conv_templates['internvl2_5'].system_message = 'b'"),
    /changes a system message/,
  );
  refused(() => read("'a'", "t.set_system_message('b')"), /changes a system message/);
  refused(() => read("'a'", "x = 'open"), /a string in the file does not end/);
});

test("a long file is read in one go", () => {
  assert.equal(read("'a'", `x = """${"word ".repeat(200_000)}"""`), "a");
});

test("brackets without end cost neither stack nor memory", () => {
  const depth = 20_000;
  assert.equal(read(`${"(".repeat(depth)}'a'${")".repeat(depth)}`), "a");
  assert.throws(() => read("'a'", "Conversation(name='internvl2_5',".repeat(2000)), {
    code: "E_FORMAT",
    message: /2001 Conversations have this name/,
  });
});

test("config.json's own message wins over conversation.py, vqathinker.json over both", async () => {
  const dir = scratchFolder();
  const write = (name: string, content: object | string) =>
    writeFileSync(join(dir, name), typeof content === "string" ? content : JSON.stringify(content));
  assert.equal(await readSystemMessage(dir), null);
  assert.equal((await readSettings(dir)).prompt.system, null);
  write("conversation.py", source("system_message='of the file',"));
  assert.equal(await readSystemMessage(dir), "of the file");
  write("config.json", { template: "other", system_message: null });
  assert.equal(await readSystemMessage(dir), "no");
  write("config.json", { template: "other", system_message: "of the config" });
  assert.equal((await readSettings(dir)).prompt.system, "of the config");
  write("vqathinker.json", { frames: 3 });
  assert.equal((await readSettings(dir)).prompt.system, "of the config");
  write("vqathinker.json", { prompt: { system: "of the settings" } });
  assert.equal((await readSettings(dir)).prompt.system, "of the settings");
  write("vqathinker.json", { prompt: { system: null } });
  assert.equal((await readSettings(dir)).prompt.system, null);

  write("vqathinker.json", {});
  write("config.json", { template: 5 });
  await assert.rejects(readSettings(dir), {
    code: "E_FORMAT",
    message: /config\.json: template: expected a text/,
  });
  write("config.json", { system_message: ["x"] });
  await assert.rejects(readSettings(dir), { code: "E_FORMAT", message: /system_message: expected a text/ });
});
