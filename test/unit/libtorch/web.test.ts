/** Getting what lies on a server, straight and through a proxy on this machine. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, test } from "node:test";
import { getUrl } from "../../../lib/libtorch/web.js";
import { serve } from "../../helpers/wheels.js";

const PASSWORD = "user:secret@";

/** Tunnels and forwards, and notes where to. */
async function proxy(): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server: Server = createServer((request, response) => {
    seen.push(`forward ${request.url}`);
    response.end("by the proxy");
  });
  server.on("connect", (request, socket) => {
    seen.push(`tunnel ${request.url}`);
    const [host, port] = (request.url ?? "").split(":");
    const there = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(there).pipe(socket);
    });
    there.on("error", () => socket.destroy());
    socket.on("error", () => there.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://${PASSWORD}127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function bodyOf(url: string, env: Record<string, string>): Promise<string> {
  let text = "";
  for await (const piece of (await getUrl(url, env)).body)
    text += Buffer.from(piece as Uint8Array).toString();
  return text;
}

test("a proxy is gone through where the environment names one, and is not for hosts of NO_PROXY", async () => {
  const server = await serve((_, response) => response.end("straight"));
  const { url: address, seen } = await proxy();
  for (const name of ["http_proxy", "HTTP_PROXY"]) {
    const text = await bodyOf(`${server.url}/x`, { [name]: address });
    assert.equal(seen.length, 1, name);
    assert.ok(text === "by the proxy" || seen[0] === `tunnel ${server.url.slice(7)}`, seen[0]);
    seen.length = 0;
  }
  assert.equal(await bodyOf(server.url, { HTTP_PROXY: address, NO_PROXY: "127.0.0.1" }), "straight");
  assert.equal(await bodyOf(server.url, { HTTPS_PROXY: address }), "straight");
  assert.deepEqual(seen, []);
});

test("this process's own proxy is not for those who name an environment", async () => {
  const server = await serve((_, response) => response.end("straight"));
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = "http://127.0.0.1:1";
  try {
    assert.equal(await bodyOf(server.url, {}), "straight");
  } finally {
    if (before === undefined) delete process.env["http_proxy"];
    else process.env["http_proxy"] = before;
  }
});

test("a proxy that is not there is named without its password", async () => {
  await assert.rejects(
    getUrl("https://wheels.invalid/x", { HTTPS_PROXY: `http://${PASSWORD}127.0.0.1:1` }),
    (error: Error) => {
      assert.match(
        error.message,
        /^wheels\.invalid cannot be fetched from: .*through the proxy 127\.0\.0\.1:1 of HTTPS_PROXY$/,
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});

test("redirections are followed, and the address at their end is known", async () => {
  const server = await serve((request, response) =>
    request.url === "/a" ? response.writeHead(302, { location: "/b" }).end() : response.end(request.url),
  );
  const answer = await getUrl(`${server.url}/a`, {});
  assert.equal(answer.url, `${server.url}/b`);
  answer.body.destroy();
});

test("a server that says nothing is given up, before its answer and within it", async () => {
  const mute = await serve(() => {});
  await assert.rejects(getUrl(mute.url, {}, {}, 200), {
    code: "E_NO_LIBTORCH",
    message: /nothing came for 0\.2 seconds/,
  });
  const stalled = await serve((_, response) => response.writeHead(200).write("some"));
  const { body } = await getUrl(stalled.url, {}, {}, 200);
  let came = "";
  await assert.rejects(async () => {
    for await (const piece of body) came += Buffer.from(piece as Uint8Array).toString();
  }, /nothing came for 0\.2 seconds/);
  assert.equal(came, "some");
});
