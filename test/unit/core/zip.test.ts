/** The zip reader against archives that lie about their entries. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readZipEntry } from "../../../lib/core/zip.js";
import { readZipDirectory } from "../../../lib/core/zip-directory.js";
import { bytesSource } from "../../helpers/bytes-source.js";
import { rejects } from "../../helpers/refused.js";
import { type ZipOptions, type ZipPart, zipArchive } from "../../helpers/zip.js";

const MOST = 1000;
const DATA = Uint8Array.from({ length: 300 }, (_, i) => i % 7);

async function readAll(archive: Uint8Array): Promise<Map<string, Uint8Array>> {
  const source = bytesSource(archive);
  const entries = await readZipDirectory(source);
  const read = new Map<string, Uint8Array>();
  for (const entry of entries.values())
    read.set(entry.name, new Uint8Array(await readZipEntry(source, entry, MOST)));
  return read;
}

const parts = (...more: readonly Partial<ZipPart>[]): ZipPart[] =>
  more.map((part, i) => ({ name: `a/${i}`, data: DATA, ...part }));

for (const options of [
  {},
  { zip64: true },
  { comment: "made here" },
  { zip64: true, comment: "PK\u0005\u0006" },
]) {
  test(`reads stored and deflated entries: ${JSON.stringify(options)}`, async () => {
    const written = parts(
      {},
      { deflate: true },
      { data: new Uint8Array(0) },
      { data: new Uint8Array(0), deflate: true },
    );
    const read = await readAll(zipArchive(written, options));
    assert.deepEqual(
      [...read],
      written.map(({ name, data }) => [name, data]),
    );
  });
}

const LIES: readonly (readonly [
  what: string,
  parts: readonly ZipPart[],
  options: ZipOptions,
  expected: RegExp,
])[] = [
  [
    "an entry longer than the file",
    parts({ packed: 10 ** 6, bytes: 10 ** 6 }),
    {},
    /a\/0 reaches byte 1000030, what follows/,
  ],
  [
    "an entry of 2^60 bytes",
    parts({ packed: 2 ** 60, bytes: 2 ** 60 }),
    { zip64: true },
    /a\/0 reaches byte/,
  ],
  ["an entry past the end", parts({ header: 10 ** 6 }), {}, /a\/0 reaches byte/],
  ["an entry at 2^63", parts({ header: 2 ** 63 }), { zip64: true }, /a\/0 reaches byte/],
  [
    "two entries in one place",
    parts({}, { header: 0 }),
    {},
    /a\/[01] reaches byte 330, what follows it begins at 0/,
  ],
  [
    "an entry inside another",
    parts({}, { header: 100 }),
    {},
    /a\/0 reaches byte 330, what follows it begins at 100/,
  ],
  ["an entry that begins elsewhere", parts({ header: 1, packed: 4, bytes: 4 }), {}, /a\/0: has no header/],
  [
    "an entry that reaches into the next",
    parts({ packed: 320, bytes: 320 }, {}),
    {},
    /a\/0: ends at byte 384, the next begins at 364/,
  ],
  ["two entries of one name", parts({}, { name: "a/0" }), {}, /a\/0 stands twice/],
  ["a stored entry of two sizes", parts({ bytes: 299 }), {}, /a\/0 is stored in 300 bytes and claims 299/],
  ["an encrypted entry", parts({ flags: 1 }), {}, /a\/0 is encrypted/],
  ["an entry packed otherwise", parts({ method: 93 }), {}, /a\/0 is packed by method 93, expected 0 or 8/],
  [
    "a bomb",
    parts({ data: new Uint8Array(10 ** 6), deflate: true }),
    {},
    /a\/0: takes 1000000 bytes, the most that is read into memory is 1000/,
  ],
  [
    "a bomb that says it is small",
    parts({ data: new Uint8Array(10 ** 6), deflate: true, bytes: 900 }),
    {},
    /a\/0: cannot be unpacked to the 900 bytes it claims/,
  ],
  [
    "an entry that unpacks to less",
    parts({ deflate: true, bytes: 301 }),
    {},
    /a\/0: unpacks to 300 bytes, it claims 301/,
  ],
  ["packed bytes that are not", parts({ method: 8 }), {}, /a\/0: cannot be unpacked/],
  ["fewer entries than it says", parts({}), { entries: 2 }, /zip directory: expected 2 entries, found 1/],
  ["more entries than it says", parts({}, {}), { entries: 1 }, /zip directory: expected 1 entries, found 2/],
  [
    "a directory that ends early",
    parts({}),
    { directoryBytes: 20 },
    /zip directory: expected 4 more bytes, found 0|expected .* more bytes/,
  ],
  ["a directory past the end", parts({}), { directoryBegin: 4000 }, /its zip directory ends at byte/],
  ["a directory of 4 GB", parts({}), { directoryBytes: 0xfffffff0 }, /its zip directory ends at byte/],
  [
    "a directory at 2^63",
    parts({}),
    { zip64: true, directoryBegin: 2n ** 63n },
    /its zip directory ends at byte/,
  ],
  [
    "a directory elsewhere",
    parts({}),
    { directoryBegin: 0 },
    /zip directory: expected an entry, found something else/,
  ],
  [
    "a ZIP64 record at 2^63",
    parts({}),
    { zip64: true, end64: 2n ** 63n },
    /expected 56 bytes from byte 9223372036854776000 on/,
  ],
  [
    "a ZIP64 record elsewhere",
    parts({}),
    { zip64: true, end64: 0n },
    /expected the ZIP64 end record at byte 0/,
  ],
];

for (const [what, written, options, expected] of LIES) {
  test(`refuses ${what}`, () => rejects(readAll(zipArchive(written, options)), "bytes: ", expected));
}

test("refuses sizes that the ZIP64 field should have and has not", async () => {
  const archive = zipArchive(parts({ packed: 0xffffffff, bytes: 0xffffffff }));
  await rejects(readAll(archive), "bytes: zip directory", /expected 8 more bytes, found 0/);
});

test("refuses every beginning of an archive that is cut short, and bytes behind one", async () => {
  const archive = zipArchive(parts({}, { deflate: true }), { zip64: true });
  for (let length = 0; length < archive.length; length++)
    await rejects(readAll(archive.subarray(0, length)), "bytes", /expected/);
  await rejects(readAll(Buffer.concat([archive, Buffer.from("x")])), "bytes", /end record of a zip archive/);
});
