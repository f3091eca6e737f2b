/** What a row of measurements comes to. Undefined fields mean that nothing was measured. */
export interface Summary {
  readonly count: number;
  readonly mean: number | undefined;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly max: number | undefined;
}

/**
 * The `share` quantile (0 to 1) with linear interpolation between the two nearest values (type 7 of Hyndman and Fan 1996, as
 * numpy and R do by default); undefined for no values.
 */
export function quantile(values: readonly number[], share: number): number | undefined {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`A quantile lies between 0 and 1, not at ${share}.`);
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (position - Math.floor(position));
}

export function summarize(values: readonly number[]): Summary {
  return {
    count: values.length,
    mean: mean(values),
    p50: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    max: quantile(values, 1),
  };
}

export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : sum(values) / values.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Values by the name that `nameOf` gives them, in order of first appearance. */
export function groupBy<Value>(
  values: readonly Value[],
  nameOf: (value: Value) => string,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const name = nameOf(value);
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}
