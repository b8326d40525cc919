/** Gets what lies on a web server, through the proxy that the environment names. Knows nothing of wheels. */
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import type { Environment } from "./cache.js";

/** A server that says nothing for so long has gone. */
const SILENCE_MS = 60_000;

export interface Answer {
  readonly status: number;
  /** After redirections. */
  readonly url: string;
  readonly header: (name: string) => string | null;
  readonly body: Readable;
}

/**
 * @param headers  of the request; nothing that comes is packed.
 * @throws {EngineError} E_NO_LIBTORCH when the server cannot be reached or does not answer with 2xx or 416, naming the
 *   address and the proxy that was gone through.
 */
export async function getUrl(
  url: string,
  env: Environment,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent({
    // Empty instead of absent: this process's own variables are not for those who name others.
    httpProxy: proxyOf(env, "http") ?? "",
    httpsProxy: proxyOf(env, "https") ?? "",
    noProxy: env["no_proxy"] ?? env["NO_PROXY"] ?? "",
    bodyTimeout: SILENCE_MS,
    headersTimeout: SILENCE_MS,
    // One request, one connection: nothing keeps the process waiting afterwards.
    pipelining: 0,
  });
  try {
    const sent = { "accept-encoding": "identity", ...headers };
    const answer = await fetch(url, { dispatcher, headers: sent, redirect: "follow" });
    const { status, body } = answer;
    if (!answer.ok && status !== 416) throw unreachable(url, env, `the answer is ${status}`);
    const stream = body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream);
    // A cut that comes before anybody reads is told to who reads.
    stream.on("error", () => {});
    return {
      status,
      url: answer.url,
      header: (name) => answer.headers.get(name),
      body: stream,
    };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw unreachable(url, env, reasonOf(error), error);
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
