/** Known holes in what an install brings. A registry that cannot be asked is said, never taken for a good answer. */
import { ReleaseError, said } from "./shell.js";

interface Report {
  readonly error?: { readonly summary?: string };
  readonly message?: string;
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
}

/**
 * One line about what was found.
 *
 * @param required  an audit that cannot be made is an error.
 * @throws {ReleaseError} for any known hole.
 */
export function audit(root: string, required: boolean): string {
  const { stdout, stderr } = said(root, "npm", "audit", "--omit", "dev", "--json");
  const counts = parsed(stdout)?.metadata?.vulnerabilities;
  if (counts === undefined) {
    const why = parsed(stdout)?.message ?? stderr.trim().split("\n")[0] ?? "no answer";
    const line = `NOT DONE: the registry did not answer npm audit (${why})`;
    if (required) throw new ReleaseError(`${line}; ask again where it does`);
    return line;
  }
  const found = Object.entries(counts).filter(([name, count]) => name !== "total" && count > 0);
  if (found.length === 0) return "no known vulnerability";
  const list = found.map(([name, count]) => `${count} ${name}`).join(", ");
  throw new ReleaseError(`npm audit found ${list}; npm audit --omit dev says where, raise those packages`);
}

function parsed(text: string): Report | null {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return null;
  }
}
