/** The days of a time zone, as dates such as `2026-11-29`, which sort as they follow each other. */
export interface Days {
  /** The date of a moment. */
  of(epochMs: number): string;
  /** When a day begins. */
  startEpochMs(day: string): number;
  /** The parts of a span by day, oldest first. */
  split(fromEpochMs: number, toEpochMs: number): readonly { readonly day: string; readonly ms: number }[];
}

const dayMs = 24 * 60 * 60 * 1000;
/** No zone is further than this from UTC. */
const furthestMs = 15 * 60 * 60 * 1000;

/** @throws RangeError for a time zone that does not exist. */
export function daysOf(timeZone: string): Days {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const starts = new Map<string, number>();
  const of = (epochMs: number): string => format.format(epochMs);

  /** Searched for, since the offset of a zone changes at moments of its own, some of them at midnight. */
  const startEpochMs = (day: string): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    let before = Date.parse(`${day}T00:00:00Z`) - furthestMs;
    let within = before + 2 * furthestMs;
    while (within - before > 1) {
      const middle = Math.floor((before + within) / 2);
      if (of(middle) < day) before = middle;
      else within = middle;
    }
    starts.set(day, within);
    return within;
  };

  return {
    of,
    startEpochMs,
    split(fromEpochMs, toEpochMs) {
      const parts: { day: string; ms: number }[] = [];
      let atEpochMs = fromEpochMs;
      while (atEpochMs < toEpochMs) {
        const day = of(atEpochMs);
        const endEpochMs = Math.min(toEpochMs, startEpochMs(following(day)));
        parts.push({ day, ms: endEpochMs - atEpochMs });
        atEpochMs = endEpochMs;
      }
      return parts;
    },
  };
}

function following(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
}
