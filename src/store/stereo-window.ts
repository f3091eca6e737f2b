/** The two sides of a recording. */
export type Side = 'caller' | 'kefu';

/** The part of a stereo recording that is still open: what comes late still finds its place in it. */
export interface StereoWindow {
  /** Puts samples at their place, counted in samples from the start. What was there first stays; what is too old is dropped. */
  write(side: Side, start: number, samples: Int16Array): void;
  /** Takes everything up to `end`, or as far as anything was written: pairs of caller left, Kefu right; gaps are silence. */
  take(end: number): Int16Array;
  /** Where the open part begins, and where what was written ends. */
  readonly start: number;
  readonly end: number;
}

interface Track {
  samples: Int16Array;
  /** 1 where a sample was written. */
  written: Uint8Array;
}

export function createStereoWindow(initialCapacity: number): StereoWindow {
  const emptyTrack = (capacity: number): Track => ({
    samples: new Int16Array(capacity),
    written: new Uint8Array(capacity),
  });
  let capacity = initialCapacity;
  const tracks: Record<Side, Track> = { caller: emptyTrack(capacity), kefu: emptyTrack(capacity) };
  let start = 0;
  let end = 0;

  /** Makes room for samples up to `needed`, counted from `start`. */
  const grow = (needed: number): void => {
    if (needed <= capacity) return;
    capacity = Math.max(needed, capacity * 2);
    for (const side of ['caller', 'kefu'] as const) {
      const grown = emptyTrack(capacity);
      grown.samples.set(tracks[side].samples);
      grown.written.set(tracks[side].written);
      tracks[side] = grown;
    }
  };

  return {
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    write(side, at, samples) {
      const skipped = Math.max(0, start - at);
      if (skipped >= samples.length) return;
      const from = at + skipped - start;
      grow(from + samples.length - skipped);
      const track = tracks[side];
      for (let index = skipped; index < samples.length; index += 1) {
        const place = from + index - skipped;
        if (track.written[place] === 1) continue;
        track.samples[place] = samples[index] ?? 0;
        track.written[place] = 1;
      }
      end = Math.max(end, at + samples.length);
    },
    take(limit) {
      const count = Math.max(0, Math.min(limit, end) - start);
      const pairs = new Int16Array(count * 2);
      for (let index = 0; index < count; index += 1) {
        pairs[index * 2] = tracks.caller.samples[index] ?? 0;
        pairs[index * 2 + 1] = tracks.kefu.samples[index] ?? 0;
      }
      for (const { samples, written } of [tracks.caller, tracks.kefu]) {
        samples.copyWithin(0, count);
        samples.fill(0, samples.length - count);
        written.copyWithin(0, count);
        written.fill(0, written.length - count);
      }
      start += count;
      return pairs;
    },
  };
}
