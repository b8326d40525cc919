/** Gets what lies on a web server, through the proxy that the environment names. Knows nothing of wheels. */
import { Readable } from "node:stream";
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import type { Environment } from "./cache.js";

const SILENCE_MS = 60_000;

export interface Answer {
  readonly status: number;
  /** After redirections. */
  readonly url: string;
  readonly header: (name: string) => string | null;
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
  env: Environment,
  headers: Readonly<Record<string, string>> = {},
  silenceMs = SILENCE_MS,
): Promise<Answer> {
  const silence = new Silence(silenceMs);
  try {
    const fetch = await fetchThrough(env);
    const sent = { "accept-encoding": "identity", ...headers };
    const answer = await fetch(url, { headers: sent, redirect: "follow", signal: silence.signal });
    const { status, body } = answer;
    if (!answer.ok && status !== 416) throw unreachable(url, env, `the answer is ${status}`);
    const stream = Readable.from(body === null ? [] : silence.watched(body as AsyncIterable<Uint8Array>));
    // A cut that comes before anybody reads is told to who reads.
    stream.on("error", () => {});
    return { status, url: answer.url, header: (name) => answer.headers.get(name), body: stream };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw unreachable(url, env, reasonOf(error), error);
  }
}

/**
 * Node's own fetch knows no proxy before version 24; those of Bun and Deno do, and neither runs undici as Node does (Bun
 * puts its own in its place, under Deno a cut connection ends the process).
 */
async function fetchThrough(env: Environment): Promise<typeof globalThis.fetch> {
  if (process.versions["bun"] !== undefined || process.versions["deno"] !== undefined)
    return globalThis.fetch;
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent({
    // Empty instead of absent: this process's own variables are not for those who name others.
    httpProxy: proxyOf(env, "http") ?? "",
    httpsProxy: proxyOf(env, "https") ?? "",
    noProxy: env["no_proxy"] ?? env["NO_PROXY"] ?? "",
    // One request, one connection: nothing keeps the process waiting afterwards.
    pipelining: 0,
    bodyTimeout: 0,
    headersTimeout: 0,
  });
  const through = (url: string, options: object) => fetch(url, { ...options, dispatcher });
  return through as unknown as typeof globalThis.fetch;
}

/** Aborts what has brought nothing for a while. */
class Silence {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    const why = new Error(`nothing came for ${ms / 1000} seconds`);
    this.#timer = setTimeout(() => this.#controller.abort(why), ms).unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async *watched(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of pieces) {
        yield piece;
        // A reader that takes its time is no silence.
        this.#timer.refresh();
      }
    } finally {
      clearTimeout(this.#timer);
    }
  }
}

/** Why a request or its body failed: undici's own message is of no use, its cause is. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return printable(message);
  const { code } = cause as NodeJS.ErrnoException;
  return printable(cause.message || code || message);
}

function unreachable(url: string, env: Environment, why: string, cause?: unknown): EngineError {
  const { protocol, host } = new URL(url);
  const scheme = protocol === "https:" ? "https" : "http";
  const proxy = proxyOf(env, scheme) ?? (scheme === "https" ? proxyOf(env, "http") : undefined);
  const way =
    proxy === undefined
      ? "is there a network, or a proxy that HTTPS_PROXY should name?"
      : `through the proxy ${hostOf(proxy)} of ${scheme.toUpperCase()}_PROXY`;
  const message = `${host} cannot be fetched from: ${why} (${url}); ${way}`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { url }, cause });
}

function proxyOf(env: Environment, scheme: "http" | "https"): string | undefined {
  return env[`${scheme}_proxy`] || env[`${scheme.toUpperCase()}_PROXY`] || undefined;
}

/** Without the password that may stand before it. */
function hostOf(proxy: string): string {
  return /^(?:\w+:\/\/)?(?:[^@/]*@)?([^/]+)/.exec(proxy)?.[1] ?? "?";
}
