/** Samples of a page of metrics in Prometheus' text format, by name and labels as they are written: `name{a="b"}`. */
export type MetricSamples = ReadonlyMap<string, number>;

export function parseMetrics(page: string): MetricSamples {
  const samples = new Map<string, number>();
  for (const line of page.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)/.exec(line);
    if (match?.[1] !== undefined) samples.set(match[1], Number(match[2]));
  }
  return samples;
}

/** All samples of one metric, by their labels. */
export function samplesOf(samples: MetricSamples, name: string): Readonly<Record<string, number>> {
  const found = [...samples].flatMap(([key, value]) => {
    if (key === name) return [['', value] as const];
    return key.startsWith(`${name}{`) ? [[key.slice(name.length + 1, -1), value] as const] : [];
  });
  return Object.fromEntries(found);
}

/** What all samples of one metric come to; 0 when there are none. */
export function totalOf(samples: MetricSamples, name: string): number {
  return Object.values(samplesOf(samples, name)).reduce((total, value) => total + value, 0);
}

/** Reads Kefu's metrics. @throws Error when it does not answer with them. */
export async function fetchMetrics(url: string, apiToken: string | undefined): Promise<MetricSamples> {
  const response = await fetch(`${url}/metrics`, {
    headers: { ...(apiToken !== undefined && { authorization: `Bearer ${apiToken}` }) },
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`The metrics cannot be read: ${url} answered ${response.status}.`);
  return parseMetrics(await response.text());
}
