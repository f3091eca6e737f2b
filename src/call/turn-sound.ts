import type { AudioFrame } from '../core/audio.ts';
import { resampleClip } from '../media/resampler.ts';

/** The rate at which voices are looked at. */
const rateHz = 8000;
/** How much of the caller's sound is kept: longer turns are judged by their end, of which moods are read out of no more than this. */
const keptMs = 6_000;

/**
 * Keeps the newest seconds of a caller, so that a turn can be listened to again once it is known where it was. Only then its rate is
 * converted: most of what a line brings is silence.
 */
export class TurnSound {
  #ring = new Int16Array(0);
  #fromHz = 0;
  /** Samples ever put in, and the media time of the first of them. */
  #written = 0;
  #startMs = 0;

  /** A line that changes its rate begins anew. */
  hear({ samples, sampleRateHz, mediaMs }: AudioFrame): void {
    if (this.#fromHz !== sampleRateHz) {
      this.#ring = new Int16Array((keptMs * sampleRateHz) / 1000);
      this.#fromHz = sampleRateHz;
      this.#written = 0;
      this.#startMs = mediaMs;
    }
    let rest = samples;
    while (rest.length > 0) {
      const at = this.#written % this.#ring.length;
      const part = rest.subarray(0, this.#ring.length - at);
      this.#ring.set(part, at);
      this.#written += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** What was heard between two media times, as far as it is still there, at 8 kHz. */
  between(fromMs: number, toMs: number): Int16Array {
    const oldest = Math.max(0, this.#written - this.#ring.length);
    const place = (ms: number) => Math.round(((ms - this.#startMs) * this.#fromHz) / 1000);
    const from = Math.max(oldest, place(fromMs));
    const to = Math.min(this.#written, place(toMs));
    if (to <= from) return new Int16Array(0);
    const sound = Int16Array.from(
      { length: to - from },
      (_, index) => this.#ring[(from + index) % this.#ring.length] ?? 0,
    );
    return resampleClip(sound, this.#fromHz, rateHz);
  }
}
