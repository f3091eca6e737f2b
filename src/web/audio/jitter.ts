/** What a jitter buffer has been through, for people and tests. */
export interface JitterStats {
  /** How much sound waits to be played: the delay that the buffer adds. */
  readonly levelMs: number;
  readonly targetMs: number;
  /** Times it ran dry although the other side went on sending. */
  readonly underruns: number;
  /** Sound left out to catch up. */
  readonly trimmedMs: number;
}

const minimumTargetMs = 40;
const maximumTargetMs = 70;
const stepMs = 10;
/** Above the target by so much, playing speeds up at once instead of waiting for a quiet window. */
const slackMs = 10;
/** Further behind than this nobody wants to hear what was missed: the oldest is dropped. */
const hopelessMs = 500;
/** A gap longer than this is a pause of the sender, not jitter. */
const pauseMs = 400;
const windowMs = 2000;
/** Cuts are blended over so much, at the lag where both sides are most alike, and not more often than so. */
const blendMs = 5;
const shortestCutMs = 3;
const longestCutMs = 12;
const cutEveryMs = 20;

/**
 * Evens out packets that arrive unevenly. It starts to play when the target is reached, aims higher after it ran dry, and lower again
 * after calm windows; what waits longer than it must is shortened piecewise by overlapping, so that no word is lost to a short stall.
 */
export class JitterBuffer {
  readonly #perMs: number;
  readonly #ring: Float32Array;
  #read = 0;
  #size = 0;
  #playing = false;
  #targetMs = minimumTargetMs;
  #pulledMs = 0;
  #dryAtMs: number | undefined;
  #windowEndMs = windowMs;
  #windowLowMs = Infinity;
  #lastCutMs = -Infinity;
  #surplusMs = 0;
  #underruns = 0;
  #trimmed = 0;

  constructor(sampleRateHz: number) {
    this.#perMs = sampleRateHz / 1000;
    this.#ring = new Float32Array(Math.ceil(this.#perMs * (hopelessMs + 500)));
  }

  get stats(): JitterStats {
    return {
      levelMs: this.#levelMs,
      targetMs: this.#targetMs,
      underruns: this.#underruns,
      trimmedMs: this.#trimmed / this.#perMs,
    };
  }

  push(packet: Int16Array): void {
    if (this.#dryAtMs !== undefined) {
      if (this.#pulledMs - this.#dryAtMs < pauseMs) {
        this.#underruns += 1;
        this.#targetMs = Math.min(maximumTargetMs, this.#targetMs + 2 * stepMs);
      }
      this.#dryAtMs = undefined;
    }
    const over = this.#size + packet.length - this.#ring.length;
    if (over > 0) this.#skip(over);
    for (const sample of packet) {
      this.#ring[(this.#read + this.#size) % this.#ring.length] = sample / 32_768;
      this.#size += 1;
    }
    if (this.#levelMs > hopelessMs) this.#skip(this.#size - Math.round(this.#targetMs * this.#perMs));
  }

  /** Fills `output` with the next samples, or with silence, and returns their peak. */
  pull(output: Float32Array): number {
    this.#pulledMs += output.length / this.#perMs;
    if (!this.#playing && this.#levelMs >= this.#targetMs) this.#start();
    output.fill(0);
    if (!this.#playing) return 0;
    this.#adapt();
    const count = Math.min(output.length, this.#size);
    let peak = 0;
    for (let index = 0; index < count; index += 1) {
      const sample = this.#at(index);
      output[index] = sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    this.#advance(count);
    if (count < output.length) {
      this.#playing = false;
      this.#dryAtMs = this.#pulledMs;
    }
    this.#windowLowMs = Math.min(this.#windowLowMs, this.#levelMs);
    return peak;
  }

  clear(): void {
    this.#size = 0;
    this.#playing = false;
    this.#dryAtMs = undefined;
    this.#surplusMs = 0;
  }

  get #levelMs(): number {
    return this.#size / this.#perMs;
  }

  #start(): void {
    this.#playing = true;
    this.#windowEndMs = this.#pulledMs + windowMs;
    this.#windowLowMs = Infinity;
  }

  #adapt(): void {
    if (this.#pulledMs >= this.#windowEndMs) {
      // What was never needed in the whole window is too much: aim lower, and get rid of it.
      const spareMs = this.#windowLowMs - stepMs;
      if (spareMs > stepMs && this.#targetMs > minimumTargetMs) this.#targetMs -= stepMs;
      this.#surplusMs = Math.max(0, spareMs - stepMs);
      this.#windowEndMs = this.#pulledMs + windowMs;
      this.#windowLowMs = Infinity;
    }
    const behind = this.#levelMs > this.#targetMs + slackMs;
    if (!behind && this.#surplusMs < shortestCutMs) return;
    if (this.#pulledMs - this.#lastCutMs < cutEveryMs) return;
    this.#lastCutMs = this.#pulledMs;
    this.#surplusMs = Math.max(0, this.#surplusMs - this.#cut());
  }

  /** Leaves a short stretch out where the sound before and after it is most alike; returns how much, in ms. */
  #cut(): number {
    const blend = Math.round(blendMs * this.#perMs);
    const longest = Math.round(longestCutMs * this.#perMs);
    if (this.#size < blend + longest) return 0;
    let best = longest;
    let bestLikeness = -Infinity;
    for (let lag = Math.round(shortestCutMs * this.#perMs); lag <= longest; lag += 1) {
      let product = 0;
      let energy = 1e-9;
      for (let index = 0; index < blend; index += 1) {
        const later = this.#at(index + lag);
        product += this.#at(index) * later;
        energy += later * later;
      }
      const likeness = product / Math.sqrt(energy);
      // Silence is alike everywhere: then the longest cut is the best.
      if (likeness < bestLikeness) continue;
      best = lag;
      bestLikeness = likeness;
    }
    for (let index = 0; index < blend; index += 1) {
      const share = (index + 0.5) / blend;
      const place = (this.#read + index + best) % this.#ring.length;
      this.#ring[place] = this.#at(index) * (1 - share) + this.#at(index + best) * share;
    }
    this.#skip(best);
    return best / this.#perMs;
  }

  #at(offset: number): number {
    return this.#ring[(this.#read + offset) % this.#ring.length] ?? 0;
  }

  #advance(count: number): void {
    this.#read = (this.#read + count) % this.#ring.length;
    this.#size -= count;
  }

  #skip(count: number): void {
    const skipped = Math.min(count, this.#size);
    this.#advance(skipped);
    this.#trimmed += skipped;
  }
}
