/** The command that installs ffmpeg, by system. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { installCommand } from "../../../lib/video/ffmpeg-install.js";

const SYSTEMS: readonly (readonly [release: string, command: string | null])[] = [
  ['PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n', "apt-get install ffmpeg"],
  ["ID=linuxmint\nID_LIKE=ubuntu\n", "apt-get install ffmpeg"],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install ffmpeg, from RPM Fusion"],
  ["ID=fedora\n", "dnf install ffmpeg-free"],
  ["ID=alpine\n", "apk add ffmpeg"],
  ["ID=manjaro\nID_LIKE=arch\n", "pacman -S ffmpeg"],
  ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "zypper install ffmpeg"],
  ["ID=unheardof\n", null],
  ["", null],
];

test("each system has its own, and one that is not known has none", () => {
  for (const [release, command] of SYSTEMS) assert.equal(installCommand("linux", release), command, release);
  assert.equal(installCommand("darwin", ""), "brew install ffmpeg");
  assert.equal(installCommand("aix", ""), null);
});
