import type { AudioFrame } from '../core/audio.ts';
import { createResampler, type Resampler } from '../media/resampler.ts';

/** The rate at which voices are looked at. */
const rateHz = 8000;
const samplesPerMs = rateHz / 1000;
/** How much of the caller's sound is kept: longer turns are judged by their end. */
const keptMs = 10_000;

/** Keeps the newest seconds of a caller, so that a turn can be listened to again once it is known where it was. */
export class TurnSound {
  readonly #ring = new Int16Array(keptMs * samplesPerMs);
  #resampler: Resampler | undefined;
  #fromHz = 0;
  /** Samples ever put in, and the media time of the first of them. */
  #written = 0;
  #startMs = 0;

  hear({ samples, sampleRateHz, mediaMs }: AudioFrame): void {
    if (!this.#resampler || this.#fromHz !== sampleRateHz) {
      this.#resampler = createResampler(sampleRateHz, rateHz);
      this.#fromHz = sampleRateHz;
      this.#startMs = mediaMs - this.#written / samplesPerMs;
    }
    for (const sample of this.#resampler.process(samples)) {
      this.#ring[this.#written % this.#ring.length] = sample;
      this.#written += 1;
    }
  }

  /** What was heard between two media times, as far as it is still there, at 8 kHz. */
  between(fromMs: number, toMs: number): Int16Array {
    const oldest = Math.max(0, this.#written - this.#ring.length);
    const place = (ms: number) => Math.round((ms - this.#startMs) * samplesPerMs);
    const from = Math.max(oldest, place(fromMs));
    const to = Math.min(this.#written, place(toMs));
    return Int16Array.from(
      { length: Math.max(0, to - from) },
      (_, index) => this.#ring[(from + index) % this.#ring.length] ?? 0,
    );
  }
}
