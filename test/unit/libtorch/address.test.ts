/** Addresses with a password in them: used as they are, shown without it by everything that fetches. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { shownAddress } from "../../../lib/libtorch/address.js";
import type { Environment } from "../../../lib/libtorch/cache.js";
import { fetchLibtorch } from "../../../lib/libtorch/fetch-libtorch.js";
import { PAGE } from "../../helpers/downloads.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { serve, sha256Of, torchWheel, WHEEL_NAME, wheelIndex } from "../../helpers/wheels.js";

const scratch = scratchFolder();
const LINK = `<a href="/whl/${encodeURIComponent(WHEEL_NAME)}#sha256=${sha256Of("another")}">x</a>`;

/** Everything that a set-up from this index shows. */
async function shownBy(index: string, env: Environment = {}): Promise<string> {
  const shown: unknown[] = [];
  const log = (line: string) => void shown.push(line);
  const home = mkdtempSync(join(scratch, "home-"));
  const options = { env: { HOME: home, PATH: "/nowhere", ...env }, retryMs: 1, log };
  const given = "VQAT_WHEEL_INDEX" in env ? {} : { index };
  await fetchLibtorch({ ...options, ...given }).catch(({ message, details }) => shown.push(message, details));
  return JSON.stringify(shown);
}

const WHO = "someone:secret";
const secretly = (url: string) => url.replace("://", `://${WHO}@`);

test("an address without a name and a password is shown as it is written", () => {
  for (const address of [
    "https://host.invalid",
    "http://host.invalid:80/a/../b@c?d=e@f",
    "whl/cpu",
    "file:///whl",
    "",
  ])
    assert.equal(shownAddress(address), address);
});

test("name and password are left out, of what is no address too", () => {
  for (const [address, shown] of [
    [`https://${WHO}@host.invalid/whl`, "https://host.invalid/whl"],
    ["HTTPS://secret@host.invalid:81/whl@x", "https://host.invalid:81/whl@x"],
    [`https://${WHO}/of@host.invalid/whl`, "https://host.invalid/whl"],
    [`https://${WHO}@`, "https://"],
    [`${WHO}@host/whl`, "host/whl"],
    [`ftp://${WHO}@host/whl`, "ftp://host/whl"],
  ] as const)
    assert.equal(shownAddress(address), shown);
});

test("a set-up from an index with a password sends it and shows it nowhere", async () => {
  const sent: (string | undefined)[] = [];
  const index = await wheelIndex(torchWheel());
  const guarded = await serve((request, response) => {
    sent.push(request.headers.authorization);
    response.writeHead(307, { location: `${index.url}${request.url}` }).end();
  });
  const address = secretly(`${guarded.url}/whl/cpu`);
  for (const env of [{}, { VQAT_WHEEL_INDEX: address }]) {
    const shown = await shownBy(address, env);
    assert.match(shown, /libtorch 2\.13\.0 is in /);
    assert.doesNotMatch(shown, /secret|someone/);
  }
  const basic = `Basic ${Buffer.from(WHO).toString("base64")}`;
  assert.deepEqual(sent, [basic, basic]);
});

const closed = await serve(() => {});
await closed.close();
const answers: Readonly<Record<string, [RequestListener, RegExp]>> = {
  "the answer is 401": [(_, response) => void response.writeHead(401).end(), /the answer is 401/],
  "no index": [(_, response) => void response.end(PAGE), /expected an index of wheels/],
  "no such wheel": [
    (_, response) => void response.end('<a href="torch-1.0.0-py3-none-any.whl">x</a>'),
    /expected torch 2\.13\.0\+cpu/,
  ],
  "led elsewhere": [
    (_, response) => void response.writeHead(302, { location: `ftp://${WHO}@host/x` }).end(),
    /it leads to ftp:\/\/host\/x/,
  ],
  "no wheel came": [
    (request, response) => void response.end(request.url?.endsWith(".whl") ? PAGE : LINK),
    /what came is a web page/,
  ],
  "another sum": [
    (request, response) => void response.end(request.url?.endsWith(".whl") ? torchWheel() : LINK),
    /its SHA-256 is /,
  ],
  "cut short": [
    (request, response) => void (request.url?.endsWith(".whl") ? response.destroy() : response.end(LINK)),
    /did not come: /,
  ],
};
for (const [name, [answer, expected]] of Object.entries(answers))
  test(`no password in what is said of an index: ${name}`, async () => {
    const shown = await shownBy(secretly((await serve(answer)).url));
    assert.match(shown, expected);
    assert.match(shown, /"(url|page)":"http:\/\/127/);
    assert.doesNotMatch(shown, /secret|someone/);
  });

test("no password in what is said of an index that nobody reaches or that is no address", async () => {
  for (const index of [secretly(closed.url), `https://${WHO}/of@host`, `ftp://${WHO}@host`]) {
    const shown = await shownBy(index);
    assert.match(shown, /ECONNREFUSED|option index/);
    assert.doesNotMatch(shown, /secret|someone/);
  }
});
