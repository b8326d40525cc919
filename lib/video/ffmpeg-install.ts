/** The one command that installs ffmpeg on a system. Pure. */

/** Names in ID and ID_LIKE of os-release. */
const LINUX: readonly (readonly [systems: readonly string[], command: string])[] = [
  [["debian", "ubuntu"], "apt-get install ffmpeg"],
  [["rhel", "centos"], "dnf install ffmpeg, from RPM Fusion"],
  [["fedora"], "dnf install ffmpeg-free"],
  [["alpine"], "apk add ffmpeg"],
  [["arch"], "pacman -S ffmpeg"],
  [["suse", "opensuse"], "zypper install ffmpeg"],
  [["nixos"], "nix profile install nixpkgs#ffmpeg"],
];
const OTHERS: Readonly<Record<string, string>> = {
  darwin: "brew install ffmpeg",
  win32: "winget install ffmpeg",
  freebsd: "pkg install ffmpeg",
};

/**
 * @param platform   as process.platform says it.
 * @param osRelease  what /etc/os-release holds; "" where there is none.
 * @returns null for a system that is not known.
 */
export function installCommand(platform: string, osRelease: string): string | null {
  if (platform !== "linux") return OTHERS[platform] ?? null;
  // The system's own name before those that it is like.
  for (const key of ["ID", "ID_LIKE"]) {
    const said = new RegExp(`^${key}=(.*)$`, "m").exec(osRelease)?.[1] ?? "";
    const names = said
      .replace(/["']/g, "")
      .toLowerCase()
      .split(/[\s-]+/);
    const found = LINUX.find(([systems]) => systems.some((system) => names.includes(system)));
    if (found !== undefined) return found[1];
  }
  return null;
}
