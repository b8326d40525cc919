/** Which of a libtorch's library files are opened, and which the system maps along with them. Looks at names alone. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Libtorch, namesIn } from "../libtorch/libtorch.js";

/** Of Python alone: never opened here. */
const OF_PYTHON = /^lib(torch_python|shm)\.so/;

/**
 * The library files to open, in order. A CPU build is opened in dependency order, because its libraries would
 * otherwise look into LD_LIBRARY_PATH first. A CUDA build finds its NVIDIA libraries by paths relative to
 * libtorch.so, as long as the wheel's layout is kept, so that one file is enough.
 */
export function librariesToOpen({ root, cuda }: Libtorch): string[] {
  const folder = join(root, "lib");
  if (cuda) return [join(folder, "libtorch.so")];
  const gomp = namesIn(folder).filter((name) => /^libgomp.*\.so/.test(name));
  return [...gomp, "libc10.so", "libtorch_cpu.so", "libtorch.so"]
    .map((name) => join(folder, name))
    .filter(existsSync);
}

/** Of a CUDA build also what libtorch.so leads to, at once or later: its neighbours and NVIDIA's, where the wheel puts them. */
export function librariesMapped(libtorch: Libtorch): string[] {
  if (!libtorch.cuda) return librariesToOpen(libtorch);
  const nvidia = join(dirname(libtorch.root), "nvidia");
  const folders = [join(libtorch.root, "lib"), ...namesIn(nvidia).map((name) => join(nvidia, name, "lib"))];
  return folders.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => /\.so(\.|$)/.test(name) && !OF_PYTHON.test(name))
      .map((name) => join(folder, name)),
  );
}
