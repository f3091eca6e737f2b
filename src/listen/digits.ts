import type { Expecting } from '../core/dialog.ts';
import type { DigitCollector } from '../core/turn.ts';

export interface DigitOptions {
  /** The wait for the next key before what was keyed counts as complete; `longGapMs` for answers longer than `longFrom` keys. */
  readonly gapMs: number;
  readonly longGapMs: number;
  readonly longFrom: number;
  /** The same key within this time is one key delivered twice: nobody keys that fast. */
  readonly duplicateMs: number;
  /** More keys than this end the answer when the question sets no limit. */
  readonly maxKeys: number;
}

export const defaultDigitOptions: DigitOptions = {
  gapMs: 3000,
  longGapMs: 4000,
  longFrom: 6,
  duplicateMs: 40,
  maxKeys: 32,
};

/** A collector for one call. `options` replace single defaults. */
export function createDigitCollector(options: Partial<DigitOptions> = {}): DigitCollector {
  return new Collector({ ...defaultDigitOptions, ...options });
}

class Collector implements DigitCollector {
  readonly #options: DigitOptions;
  #expecting: Expecting | null = null;
  #keys = '';
  #lastKeyMs = 0;
  #last: { readonly digit: string; readonly atMs: number } | undefined;

  constructor(options: DigitOptions) {
    this.#options = options;
  }

  expect(expecting: Expecting | null): void {
    // Keys are kept: a caller who knows the menu keys ahead of the question.
    this.#expecting = expecting;
  }

  push(digit: string, atMs: number): string | undefined {
    if (!/^[0-9*#]$/.test(digit)) return undefined;
    const last = this.#last;
    this.#last = { digit, atMs };
    if (last?.digit === digit && atMs - last.atMs < this.#options.duplicateMs) return undefined;
    this.#lastKeyMs = atMs;
    if (digit === '*') {
      this.#keys = '';
      return undefined;
    }
    // A lone `#` (keyed twice, or after the limit was reached) answers nothing.
    if (digit === '#') return this.#keys === '' ? undefined : this.#take();
    this.#keys += digit;
    return this.#keys.length >= this.#maxKeys() ? this.#take() : undefined;
  }

  tick(atMs: number): string | undefined {
    if (this.#keys === '') return undefined;
    // Keys keyed ahead may already be all that the question asks for.
    if (this.#keys.length >= this.#maxKeys()) return this.#take();
    const { gapMs, longGapMs, longFrom } = this.#options;
    const limitMs = this.#maxKeys() > longFrom ? longGapMs : gapMs;
    return atMs - this.#lastKeyMs >= limitMs ? this.#take() : undefined;
  }

  #take(): string {
    const keys = this.#keys;
    this.#keys = '';
    return keys;
  }

  #maxKeys(): number {
    const { keys, kind } = this.#expecting ?? {};
    if (keys) return keys.max;
    return kind === 'yes_no' || kind === 'choice' ? 1 : this.#options.maxKeys;
  }
}
