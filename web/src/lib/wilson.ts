export interface Interval {
  low: number;
  high: number;
}

/**
 * The Wilson score interval of a share at 95 %, both ends between 0 and 1; null where nothing was judged.
 * E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209–212.
 */
export function wilson(passed: number, judged: number): Interval | null {
  if (judged === 0) return null;
  const z = 1.959963984540054;
  const share = passed / judged;
  const spread = z * Math.sqrt((share * (1 - share)) / judged + (z * z) / (4 * judged * judged));
  const middle = share + (z * z) / (2 * judged);
  const scale = 1 + (z * z) / judged;
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}
