/** The frames that test/goldens/recipes/formula_pixels.py makes, so that no recording has to hold them. */

/** [frames, 3, size, size]: float32(sin(double(i² mod 10007) · 0.7 + double(i mod 13))), i the flat index. */
export function formulaPixels(frames: number, size: number): Float32Array {
  return Float32Array.from({ length: frames * 3 * size * size }, (_, i) => {
    // Exact as long as i² is below 2⁵³: three frames of 5,000 pixels a side.
    return Math.sin(((i * i) % 10007) * 0.7 + (i % 13));
  });
}
