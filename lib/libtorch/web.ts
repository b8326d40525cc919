/**
 * Gets what lies on a web server, through the proxy that the environment names. Knows nothing of what it gets.
 *
 * On Node's http and not on a fetch: the fetch of Node 20 and 22 knows no proxy, and undici 7.30, which lends it to them,
 * was seen to end the process by an assertion of its own in the middle of a download.
 */
import { type Agent, get as getHttp, type IncomingMessage } from "node:http";
import { get as getHttps } from "node:https";
import type { Readable } from "node:stream";
import { getProxyForUrl } from "proxy-from-env";
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import { shownAddress } from "./address.js";

const SILENCE_MS = 60_000;
const REDIRECTED = [301, 302, 303, 307, 308];
const MOST_REDIRECTIONS = 5;

export interface Answer {
  readonly status: number;
  /** After redirections. */
  readonly url: string;
  readonly header: (name: string) => string | null;
  /** Fails when the connection is cut. */
  readonly body: Readable;
}

/**
 * @param headers    of the request; nothing that comes is packed.
 * @param silenceMs  a server that says nothing for so long has gone.
 * @throws {EngineError} E_NO_LIBTORCH when the server cannot be reached or does not answer with 2xx or 416, naming the
 *   address and the proxy that was gone through.
 */
export async function getUrl(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  silenceMs = SILENCE_MS,
): Promise<Answer> {
  // Its scheme may be written in capitals.
  let at = new URL(url).href;
  for (let hops = 0; ; hops++) {
    const answer = await ask(at, headers, silenceMs).catch((error: unknown) => {
      throw unreachable(at, reasonOf(error), error);
    });
    const { statusCode: status = 0 } = answer;
    const { location } = answer.headers;
    if (REDIRECTED.includes(status) && location !== undefined && hops < MOST_REDIRECTIONS) {
      answer.destroy();
      if (!URL.canParse(location, at) || !/^https?:$/.test(new URL(location, at).protocol))
        throw unreachable(at, `it leads to ${printable(shownAddress(location))}`);
      at = new URL(location, at).href;
      continue;
    }
    if ((status < 200 || status >= 300) && status !== 416) {
      answer.destroy();
      throw unreachable(at, `the answer is ${status}`);
    }
    const header = (name: string) => answer.headers[name]?.toString() ?? null;
    return { status, url: at, header, body: answer };
  }
}

async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  silenceMs: number,
): Promise<IncomingMessage> {
  const agent = await agentFor(url);
  return await new Promise((settle, reject) => {
    const get = url.startsWith("https:") ? getHttps : getHttp;
    const sent = { "accept-encoding": "identity", "user-agent": "vqathinker", ...headers };
    const request = get(url, { agent, headers: sent, timeout: silenceMs });
    let answered: IncomingMessage | null = null;
    request.once("timeout", () => {
      const why = new Error(`nothing came for ${silenceMs / 1000} seconds`);
      (answered ?? request).destroy(why);
    });
    request.on("error", reject);
    request.once("response", (answer) => {
      answered = answer;
      // A cut that comes before anybody reads is told to who reads.
      answer.on("error", () => {});
      settle(answer);
    });
  });
}

/** One connection for each request: nothing keeps the process waiting afterwards. */
async function agentFor(url: string): Promise<Agent | false> {
  const proxy = getProxyForUrl(url);
  if (proxy === "") return false;
  if (url.startsWith("https:")) return new (await import("https-proxy-agent")).HttpsProxyAgent(proxy);
  return new (await import("http-proxy-agent")).HttpProxyAgent(proxy);
}

/** Why a request or its body failed. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  // Of several addresses of one host each failed in its way.
  const [first] = error instanceof AggregateError ? error.errors : [];
  if (first !== undefined) return reasonOf(first);
  if (code === "ECONNRESET") return "the connection was closed";
  return printable(message || code || "no reason was given");
}

function unreachable(url: string, why: string, cause?: unknown): EngineError {
  const { protocol, host } = new URL(url);
  const shown = shownAddress(url);
  const proxy = getProxyForUrl(url);
  const way =
    proxy === ""
      ? "look at the network, or name your proxy by HTTPS_PROXY"
      : `through the proxy ${hostOf(proxy)} of ${protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY"}`;
  const file = "without a network give a file: setup --wheel FILE or --offline FILE";
  const message = `${host} cannot be fetched from: ${why} (${shown}); ${way}; ${file}`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { url: shown }, cause });
}

/** Without the password that may stand before it. */
function hostOf(proxy: string): string {
  return /^(?:\w+:\/\/)?(?:[^@/]*@)?([^/]+)/.exec(proxy)?.[1] ?? "?";
}
