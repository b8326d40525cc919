/** Draws scored videos: some of their frames, the answer and the score on its scale. Knows no video and no model. */

export interface DrawnVideo {
  /** Of some frames, in order, JPEG. */
  readonly frames: readonly Uint8Array[];
  readonly score: number;
  readonly scale: { readonly min: number; readonly max: number };
  readonly reasoning: string;
  /** What the clip was rendered to be worth. */
  readonly truth: number;
}

const [WIDTH, ROW, FRAME, GAP, EDGE] = [760, 128, 96, 6, 16];
/** Letters of a line of reasoning. */
const LINE = 52;
const BAR = { x: EDGE + 3 * (FRAME + GAP) + 14, width: 392, height: 10 } as const;

/** An SVG that needs no font, script or file of its own. */
export function scoreSvg(videos: readonly DrawnVideo[], caption: string): string {
  const height = videos.length * ROW + 2 * EDGE + 24;
  const rows = videos.map((video, i) => row(video, EDGE + i * ROW)).join("");
  return `<svg xmlns="${["http:", "", "www.w3.org", "2000", "svg"].join("/")}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif">
<title>${escaped(caption)}</title>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#fff" stroke="#ccd"/>
${rows}<text x="${EDGE}" y="${height - EDGE}" font-size="12" fill="#556">${escaped(caption)}</text>
</svg>
`;
}

function row({ frames, score, scale, reasoning, truth }: DrawnVideo, y: number): string {
  const at = (value: number) => BAR.x + (BAR.width * (value - scale.min)) / (scale.max - scale.min);
  const pictures = frames.map((bytes, i) => {
    const data = Buffer.from(bytes).toString("base64");
    return `<image x="${EDGE + i * (FRAME + GAP)}" y="${y}" width="${FRAME}" height="${FRAME}" href="data:image/jpeg;base64,${data}"/>\n`;
  });
  const words = wrapped(reasoning).map((line, i) =>
    text(BAR.x, y + 12 + 16 * i, line, `font-size="13" fill="#223"`),
  );
  const bar = y + 62;
  const ends = [scale.min, scale.max].map((value) =>
    text(at(value) - 3, bar + 26, `${value}`, `font-size="11" fill="#778"`),
  );
  return [
    ...pictures,
    ...words,
    `<rect x="${BAR.x}" y="${bar}" width="${BAR.width}" height="${BAR.height}" rx="5" fill="#e3e6ee"/>\n`,
    `<rect x="${BAR.x}" y="${bar}" width="${(at(score) - BAR.x).toFixed(1)}" height="${BAR.height}" rx="5" fill="#3465c4"/>\n`,
    `<rect x="${(at(truth) - 1).toFixed(1)}" y="${bar - 4}" width="2" height="${BAR.height + 8}" fill="#c33"/>\n`,
    ...ends,
    text(
      BAR.x + 24,
      bar + 28,
      `score ${score.toFixed(2)}`,
      `font-size="15" font-weight="600" fill="#3465c4"`,
    ),
    text(BAR.x + 130, bar + 28, `rendered to be worth ${truth.toFixed(2)}`, `font-size="12" fill="#c33"`),
  ].join("");
}

function text(x: number, y: number, words: string, style: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${style}>${escaped(words)}</text>\n`;
}

/** Two lines at most; what is longer ends in dots. */
function wrapped(words: string): string[] {
  const lines = [""];
  for (const word of words.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (`${line} ${word}`.length > LINE && line !== "") lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.length <= 2 ? lines : [lines[0] ?? "", `${lines[1]} …`];
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
