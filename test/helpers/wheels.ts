/** Wheels of a few bytes that look like torch's, and servers on this machine that hand them out well or badly. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";
import { zipArchive } from "./zip.js";

/** Bytes that cannot be packed, the same every time. */
export function noise(length: number): Buffer {
  let state = 2463534242;
  return Buffer.from(
    Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    }),
  );
}

export interface WheelFacts {
  readonly name?: string;
  readonly version?: string;
  readonly requires?: readonly string[];
  /** More files, or other contents of those that are there. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What RECORD says, made from the honest one. */
  readonly record?: (honest: string) => string;
  readonly zip64?: boolean;
  readonly tag?: string;
}

/** @param version  of torch. */
export function wheelName(version: string): string {
  return `torch-${version}+cpu-cp312-cp312-manylinux_2_28_x86_64.whl`;
}

export const WHEEL_NAME = wheelName("2.13.0");

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A wheel whose libtorch is a text. */
export function torchWheel(facts: WheelFacts = {}): Uint8Array {
  const {
    name = "torch",
    version = "2.13.0+cpu",
    requires = [],
    record = (honest) => honest,
    tag = "py3-none-any",
  } = facts;
  const [major, minor, patch] = version.split("+")[0]?.split(".") ?? [];
  const files: Record<string, string | Uint8Array> = {
    "torch/lib/libtorch_cpu.so": "library",
    "torch/include/torch/headeronly/version.h": [`MAJOR ${major}`, `MINOR ${minor}`, `PATCH ${patch}`]
      .map((line) => `#define TORCH_VERSION_${line}\n`)
      .join(""),
    "torch/share/cmake/note, quoted": "kept",
    "torch/nn/__init__.py": "left",
    "torch/bin/protoc": "left",
    ...facts.files,
  };
  const info = `${name}-${version}.dist-info`;
  const needs = requires.map((line) => `Requires-Dist: ${line}\n`).join("");
  files[`${info}/METADATA`] = `Metadata-Version: 2.4\nName: ${name}\nVersion: ${version}\n${needs}\nprose\n`;
  files[`${info}/WHEEL`] = `Wheel-Version: 1.0\nTag: ${tag}\n`;
  const rows = Object.entries(files).map(([path, content]) => {
    const quoted = /[",]/.test(path) ? `"${path}"` : path;
    return `${quoted},sha256=${createHash("sha256").update(content).digest("base64url")},${content.length}\n`;
  });
  files[`${info}/RECORD`] = record([...rows, `${info}/RECORD,,\n`].join(""));
  const parts = Object.entries(files).map(([path, content]) => ({
    name: path,
    data: typeof content === "string" ? new TextEncoder().encode(content) : content,
    deflate: true,
  }));
  return zipArchive(parts, { zip64: facts.zip64 ?? false });
}

export interface Served {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  /** What was asked: path and Range. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function serve(answer: RequestListener): Promise<Served> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push([request.url, request.headers.range].filter(Boolean).join(" "));
    answer(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

export interface IndexFacts {
  /** Of each answer with a file: how many bytes are sent before the connection is cut; the last one holds for the rest. */
  readonly cuts?: readonly number[];
  /** Answers a range with the whole file. */
  readonly noRanges?: boolean;
  /** What the link says; null for none. */
  readonly sha256?: string | null;
  readonly name?: string;
}

/** An index with one wheel, in the shape of PyTorch's. */
export function wheelIndex(wheel: Uint8Array, facts: IndexFacts = {}): Promise<Served> {
  const { cuts = [], name = WHEEL_NAME, sha256 = sha256Of(wheel) } = facts;
  const address = `/whl/cpu/${encodeURIComponent(name)}`;
  let files = 0;
  return serve((request, response) => {
    if (request.url === "/whl/cpu/torch/") {
      const others = [
        "torch-2.12.0%2Bcpu-cp312-cp312-manylinux_2_28_x86_64.whl",
        "torch-2.13.0%2Bcpu-cp312-cp312-win_amd64.whl",
      ];
      const rows = [
        ...others.map((other) => `/whl/cpu/${other}`),
        address + (sha256 === null ? "" : `#sha256=${sha256}`),
      ];
      const links = rows.map((row) => `<a href="${row}" data-dist-info-metadata="sha256=00">${row}</a><br/>`);
      response.end(
        `<!DOCTYPE html>\n<html><body><h1>Links for torch</h1>\n${links.join("\n")}\n</body></html>`,
      );
    } else if (request.url === address) {
      const cut = cuts[files] ?? Number.POSITIVE_INFINITY;
      files++;
      const begin = facts.noRanges ? 0 : rangeOf(request);
      if (begin >= wheel.length) {
        response.writeHead(416, { "content-range": `bytes */${wheel.length}` }).end();
        return;
      }
      const headers = { "content-length": wheel.length - begin, "content-type": "application/octet-stream" };
      if (begin > 0)
        response.writeHead(206, {
          ...headers,
          "content-range": `bytes ${begin}-${wheel.length - 1}/${wheel.length}`,
        });
      else response.writeHead(200, headers);
      const rest = wheel.subarray(begin);
      if (cut >= rest.length) response.end(rest);
      else response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), 100));
    } else {
      response.writeHead(404).end("not found");
    }
  });
}

function rangeOf({ headers }: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
}
