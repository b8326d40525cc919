/** Getting what lies on a server, straight and through a proxy on this machine. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, test } from "node:test";
import { type Answer, getUrl } from "../../../lib/libtorch/web.js";
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

const NAMES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** With these variables of the proxies' and no others. */
async function within<T>(env: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, env);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

async function textOf({ body }: Answer): Promise<string> {
  let text = "";
  for await (const piece of body) text += Buffer.from(piece as Uint8Array).toString();
  return text;
}

const bodyOf = (url: string, env: Readonly<Record<string, string>>) =>
  within(env, async () => textOf(await getUrl(url)));

test("a proxy is gone through where the environment names one, and is not for hosts of NO_PROXY", async () => {
  const server = await serve((_, response) => response.end("straight"));
  const { url: address, seen } = await proxy();
  for (const name of ["http_proxy", "HTTP_PROXY", "ALL_PROXY"]) {
    assert.equal(await bodyOf(`${server.url}/x`, { [name]: address }), "by the proxy");
    assert.deepEqual(seen.splice(0), [`forward ${server.url}/x`]);
  }
  assert.equal(await bodyOf(server.url, { HTTP_PROXY: address, NO_PROXY: "127.0.0.1" }), "straight");
  assert.equal(await bodyOf(server.url, { HTTPS_PROXY: address }), "straight");
  assert.deepEqual(seen, []);
});

test("the scheme of an address may be written in capitals, the proxy's too", async () => {
  const server = await serve((_, response) => response.end("straight"));
  const { url: address, seen } = await proxy();
  const loud = (url: string) => url.replace("http:", "HTTP:");
  assert.equal(await bodyOf(loud(server.url), {}), "straight");
  assert.equal(await bodyOf(loud(server.url), { HTTP_PROXY: loud(address) }), "by the proxy");
  assert.deepEqual(seen.splice(0), [`forward ${server.url}/`]);
  // Sent without encryption, it would be answered.
  await assert.rejects(bodyOf(server.url.replace("http:", "HTTPS:"), {}), { code: "E_NO_LIBTORCH" });
});

test("what is encrypted goes through a tunnel", async () => {
  const server = await serve((_, response) => response.end("not encrypted"));
  const { url: address, seen } = await proxy();
  // Through the tunnel it meets a server that does not encrypt.
  await assert.rejects(bodyOf(server.url.replace("http:", "https:"), { HTTPS_PROXY: address }), {
    code: "E_NO_LIBTORCH",
  });
  assert.deepEqual(seen, [`tunnel ${server.url.slice("http://".length)}`]);
});

test("a proxy that is not there is named without its password", async () => {
  const asked = bodyOf("https://wheels.invalid/x", { HTTPS_PROXY: `http://${PASSWORD}127.0.0.1:1` });
  await assert.rejects(asked, (error: Error) => {
    assert.match(
      error.message,
      /^wheels\.invalid cannot be fetched from: .*through the proxy 127\.0\.0\.1:1 of HTTPS_PROXY; without a network .*--wheel FILE or --offline FILE$/,
    );
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("redirections are followed, and the address at their end is known", async () => {
  const server = await serve((request, response) =>
    request.url === "/a" ? response.writeHead(302, { location: "/b" }).end() : response.end(request.url),
  );
  const answer = await getUrl(`${server.url}/a`);
  assert.equal(answer.url, `${server.url}/b`);
  answer.body.destroy();
});

test("a server that says nothing is given up, before its answer and within it", async () => {
  const mute = await serve(() => {});
  await assert.rejects(getUrl(mute.url, {}, 200), {
    code: "E_NO_LIBTORCH",
    message: /nothing came for 0\.2 seconds/,
  });
  const stalled = await serve((_, response) => response.writeHead(200).write("some"));
  const { body } = await getUrl(stalled.url, {}, 200);
  let came = "";
  await assert.rejects(async () => {
    for await (const piece of body) came += Buffer.from(piece as Uint8Array).toString();
  }, /nothing came for 0\.2 seconds/);
  assert.equal(came, "some");
});

test("a redirection without an end, or to what is no web server, is told", async () => {
  const round = await serve((_, response) => response.writeHead(302, { location: "/again" }).end());
  await assert.rejects(getUrl(round.url), { code: "E_NO_LIBTORCH", message: /the answer is 302/ });
  const away = await serve((_, response) =>
    response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  );
  await assert.rejects(getUrl(away.url), { code: "E_NO_LIBTORCH", message: /it leads to file:/ });
});

test("a server that closes while its answer waits for a slow reader costs nothing but that answer", async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { "content-length": 2 ** 24, connection: "close" });
    response.end(Buffer.alloc(2 ** 24));
  });
  const { body } = await getUrl(server.url);
  let bytes = 0;
  for await (const piece of body) {
    bytes += (piece as Uint8Array).length;
    if (bytes < 2 ** 21) await new Promise((ready) => setTimeout(ready, 5));
  }
  assert.equal(bytes, 2 ** 24);
});
