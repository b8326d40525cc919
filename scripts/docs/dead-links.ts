/** Links of a folder of HTML pages that lead nowhere: to a file or a place in a page that is not there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** An address of another site, or of a program: not ours to follow. */
const ELSEWHERE = /^(?:[a-z][a-z+.-]*:|\/\/)/i;

/** Each as "page: link". */
export function deadLinks(site: string): string[] {
  const pages = readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html"))
    .map((name) => resolve(site, name));
  const places = new Map(pages.map((page) => [page, placesOf(readFileSync(page, "utf8"))]));
  return pages.flatMap((page) =>
    linksOf(readFileSync(page, "utf8"))
      .filter((link) => leadsNowhere(page, link, places))
      .map((link) => `${relative(site, page)}: ${link}`),
  );
}

function leadsNowhere(page: string, link: string, places: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const [path = "", place = ""] = link.split("#").map(decodeURIComponent);
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return true;
  return place !== "" && places.get(target)?.has(place) === false;
}

function linksOf(html: string): string[] {
  const links = [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, link = ""]) =>
    link.replaceAll("&amp;", "&"),
  );
  return [...new Set(links)].filter((link) => link !== "" && !ELSEWHERE.test(link));
}

function placesOf(html: string): Set<string> {
  return new Set([...html.matchAll(/\bid="([^"]+)"/g)].map(([, id = ""]) => id.replaceAll("&amp;", "&")));
}
