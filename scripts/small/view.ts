/** How the small model is shown a video: six groups of four neighbouring frames as 4 × 4 patches, and a whole frame. Plain data. */
export const VIEWED = { frames: 25, size: 64, fragments: { patch: 16, neighbours: 4, seed: 0 } } as const;
