import type { Expecting, ExpectingKind } from '../core/dialog.ts';

export interface NoInputOptions {
  readonly limitMs: number;
  /** For answers that callers first have to look up or think about. */
  readonly longLimitMs: number;
}

export const defaultNoInput: NoInputOptions = { limitMs: 6000, longLimitMs: 8000 };

const lookedUp: ReadonlySet<ExpectingKind> = new Set([
  'order_number',
  'email',
  'postal_code',
  'phone_number',
  'digits',
  'tax_number',
  'number',
  'amount',
  'date',
  'address',
]);

/**
 * How long the caller has said and keyed nothing while an answer is awaited. It runs only while Kefu is silent and no speech is
 * heard; the end of playback, the end of speech that came to nothing, and every key start it anew.
 */
export class NoInput {
  readonly #options: NoInputOptions;
  #limitMs: number | undefined;
  #fromMs: number | undefined;
  #playing = false;
  #hearing = false;

  constructor(options: NoInputOptions) {
    this.#options = options;
  }

  listen(expecting: Expecting | null, atMs: number): void {
    const { limitMs, longLimitMs } = this.#options;
    this.#limitMs =
      expecting === null
        ? undefined
        : (expecting.noInputMs ?? (lookedUp.has(expecting.kind) ? longLimitMs : limitMs));
    this.#fromMs = atMs;
  }

  playback(speaking: boolean, atMs: number): void {
    this.#playing = speaking;
    this.#fromMs = atMs;
  }

  hearing(speech: boolean, atMs: number): void {
    this.#hearing = speech;
    this.#fromMs = atMs;
  }

  digit(atMs: number): void {
    this.#fromMs = atMs;
  }

  /** The caller has answered: nothing is awaited until `listen`. */
  answered(): void {
    this.#limitMs = undefined;
  }

  /** True once when the limit has run out; then it waits for the next playback to end, or for `listen`. */
  expired(nowMs: number): boolean {
    if (this.#limitMs === undefined || this.#fromMs === undefined || this.#playing || this.#hearing)
      return false;
    if (nowMs - this.#fromMs < this.#limitMs) return false;
    this.#fromMs = undefined;
    return true;
  }
}
