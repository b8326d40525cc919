/** What has changed since the last release: the subjects of its commits, which say why as well as what. */
import { output, said } from "./shell.js";
import { tagOf } from "./versions.js";

/** The newest version tag that this commit descends from; null before the first. */
export function lastTag(root: string): string | null {
  const { code, stdout } = said(root, "git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*");
  return code === 0 ? stdout.trim() : null;
}

/** A section for CHANGELOG.md, newest commit first, merges left out. */
export function changelogSection(root: string, version: string): string {
  const since = lastTag(root);
  const range = since === null ? ["HEAD"] : [`${since}..HEAD`];
  const subjects = output(root, "git", "log", "--no-merges", "--format=%s", ...range)
    .split("\n")
    .filter((line) => line !== "");
  const date = output(root, "git", "show", "--no-patch", "--format=%cs", "HEAD").trim();
  const title = `## ${tagOf(version)} (${date})`;
  const scope = since === null ? "The first release." : `Since ${since}:`;
  return `${[title, "", scope, "", ...subjects.map((line) => `- ${line}`)].join("\n")}\n`;
}

const HEADING = "# Changelog\n";

/** The whole file with the section on top, in place of the one that it may have of the same version. */
export function withSection(changelog: string, section: string): string {
  const title = /^## \S+/.exec(section)?.[0] ?? "";
  const sections = changelog.split(/^(?=## )/m).filter((one) => one.startsWith("## "));
  const others = sections.filter((one) => !one.startsWith(`${title} `));
  return [HEADING, section, ...others]
    .map((one) => one.trimEnd())
    .join("\n\n")
    .concat("\n");
}
