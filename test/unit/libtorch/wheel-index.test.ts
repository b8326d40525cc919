/** Which wheel is chosen from an index, and what is said of a page that is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PINNED_WHEELS } from "../../../lib/libtorch/pins.js";
import { choose, findWheel, linksIn } from "../../../lib/libtorch/wheel-index.js";
import { PAGE } from "../../helpers/downloads.js";
import { coded } from "../../helpers/refused.js";
import { serve, sha256Of, torchWheel, WHEEL_NAME, wheelIndex } from "../../helpers/wheels.js";

const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
const sum = "ab".repeat(32);
const link = (name: string, sha256: string | null = sum) => ({
  url: `http://x.invalid/${name}`,
  name,
  sha256,
});
const refused = (...parts: string[]) => coded("E_NO_LIBTORCH", ...parts);

test("links are read as pip reads them: relative, absolute, encoded, with and without a sum", () => {
  const html = `<a href="/whl/cpu/torch-2.13.0%2Bcpu-cp310-cp310-linux_x86_64.whl#sha256=${sum.toUpperCase()}">x</a>
    <A class="y" HREF='https://other.invalid/torch-2.12.0-py3-none-any.whl?a=1&amp;b=2' data-yanked="">y</A>
    <a href="torch-2.13.0.tar.gz">source</a><a href="javascript:alert(1)">z</a><a href="%ZZ.whl"></a><a name="top"></a>`;
  assert.deepEqual(linksIn(html, "https://index.invalid/whl/cpu/torch/"), [
    {
      url: "https://index.invalid/whl/cpu/torch-2.13.0%2Bcpu-cp310-cp310-linux_x86_64.whl",
      name: "torch-2.13.0+cpu-cp310-cp310-linux_x86_64.whl",
      sha256: sum,
    },
    {
      url: "https://other.invalid/torch-2.12.0-py3-none-any.whl?a=1&b=2",
      name: "torch-2.12.0-py3-none-any.whl",
      sha256: null,
    },
  ]);
});

test("version, system and machine decide, the Python does not", () => {
  const good = link(`torch-2.13.0+cpu-cp313-cp313t-manylinux_2_28_${machine}.whl`);
  const others = [
    link(`torch-2.13.0-cp312-cp312-manylinux_2_28_${machine}.whl`),
    link(`torch-2.13.1+cpu-cp312-cp312-manylinux_2_28_${machine}.whl`),
    link("torch-2.13.0+cpu-cp312-cp312-win_amd64.whl"),
    link("torch-2.13.0+cpu-cp312-cp312-manylinux_2_28_s390x.whl"),
    link(`torch-2.13.0+cpu-cp312-cp312-musllinux_1_2_${machine}.whl`),
    link(`torchvision-2.13.0+cpu-cp312-cp312-manylinux_2_28_${machine}.whl`),
  ];
  const found = choose([...others, good], "2.13.0+cpu", "the page");
  assert.deepEqual(found, { ...good, vouched: "index" });
  assert.throws(
    () => choose(others, "2.13.0+cpu", "the page"),
    refused("the page: expected torch 2.13.0+cpu", machine, "2.13.1+cpu"),
  );
});

test("a wheel that this package knows goes first, and has its sum from the package", {
  skip: machine !== "x86_64",
}, () => {
  const [[name, pin] = ["", ""]] = Object.entries(PINNED_WHEELS);
  const known = link(name, null);
  const other = link(`torch-2.13.0+cpu-cp310-cp310-linux_${machine}.whl`);
  assert.deepEqual(choose([other, known], "2.13.0+cpu", "the page"), {
    ...known,
    sha256: pin,
    vouched: "pinned",
  });
  assert.deepEqual(choose([link(name, pin)], "2.13.0+cpu", "the page").vouched, "pinned");
  assert.throws(
    () => choose([link(name)], "2.13.0+cpu", "the page"),
    refused(name, sum, pin, "nothing was fetched"),
  );
});

test("a wheel that nobody vouches for is not taken", () => {
  const bare = link(`torch-2.13.0+cpu-cp310-cp310-linux_${machine}.whl`, null);
  assert.throws(() => choose([bare], "2.13.0+cpu", "the page"), refused("without a SHA-256"));
});

test("the pins are of the form that they must have, and of wheels that would be chosen", () => {
  for (const [name, pin] of Object.entries(PINNED_WHEELS)) {
    assert.match(pin, /^[\da-f]{64}$/);
    assert.match(name, /^torch-\d+\.\d+\.\d+\+cpu-cp\d+-cp\d+-manylinux_\w+_(x86_64|aarch64)\.whl$/);
  }
});

test("the page of an index is asked for, with or without a slash at the end", {
  skip: machine !== "x86_64",
}, async () => {
  const wheel = torchWheel();
  const index = await wheelIndex(wheel);
  for (const end of ["", "/"]) {
    const found = await findWheel(`${index.url}/whl/cpu${end}`, "2.13.0");
    assert.deepEqual([found.name, found.sha256], [WHEEL_NAME, sha256Of(wheel)]);
    assert.equal(found.url, `${index.url}/whl/cpu/${encodeURIComponent(WHEEL_NAME)}`);
  }
});

test("a proxy's page, an empty one and an endless one are said to be no index", async () => {
  for (const page of [PAGE, ""]) {
    const server = await serve((_, response) => response.end(page));
    await assert.rejects(
      findWheel(server.url, "2.13.0"),
      refused(`${server.url}/torch/: expected an index`, "HTTPS_PROXY", "--index", "--wheel"),
    );
  }
  const endless = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, " ")));
    };
    response.on("drain", more);
    more();
  });
  await assert.rejects(findWheel(endless.url, "2.13.0"), refused("expected an index"));
});
