/**
 * npm run kernels:facts: compiles every CUDA kernel for every architecture, writes what the compiler says of them into
 * docs/kernels.md and fails when a card could not run one. Needs nvcc, no card.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import { compilerVersion, cudaCompiler } from "./compile.js";
import { cudaFiles, factsOf } from "./facts.js";
import { judge, SPILLING } from "./judge.js";
import { factsTable, withTable } from "./table.js";

const version = compilerVersion();
if (version === null) {
  console.error(
    `kernels:facts: expected a CUDA compiler named '${cudaCompiler()}' (or in CUDACXX), found none`,
  );
  process.exitCode = 1;
} else {
  const facts = await factsOf(cudaFiles());
  const table = factsTable(facts, version);
  const file = join(packageRoot(), "docs", "kernels.md");
  writeFileSync(file, withTable(readFileSync(file, "utf8"), table));
  console.log(table);
  const complaints = judge(facts, SPILLING);
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length === 0 ? 0 : 1;
}
