import { toKefuError, type KefuError } from '../core/errors.ts';
import type { Piece } from './pieces.ts';
import type { RenderQueue, Timing } from './render-queue.ts';

/** One reader's view of a rendering: the pieces from the first one on, also those rendered before it joined. */
export interface RenderingReader {
  /** The next piece with the pause after it; undefined after the last. Rejects when rendering failed. */
  next(): Promise<Int16Array | undefined>;
  /** Ends `next` at once. Idempotent. Rendering stops when nobody reads any more. */
  release(): void;
}

export interface SentenceRenderingOptions {
  readonly pieces: readonly Piece[];
  readonly queue: RenderQueue;
  readonly sampleRateHz: number;
  /** 1 is the voice's own pace, less is slower. */
  readonly pace?: number;
  /** Called with the whole sentence once it is rendered. */
  readonly onComplete: (samples: Int16Array) => void;
  /** Called once when nothing more comes: complete, failed, or not wanted any more. */
  readonly onEnd: () => void;
}

/** The rendering of one sentence, piece by piece, for everybody who wants the same words at the same time. */
export class SentenceRendering {
  readonly #options: SentenceRenderingOptions;
  readonly #rendered: Int16Array[] = [];
  readonly #readers = new Set<() => Timing>();
  readonly #abort = new AbortController();
  #waiting: (() => void)[] = [];
  #ended = false;
  #error: KefuError | undefined;

  constructor(options: SentenceRenderingOptions) {
    this.#options = options;
  }

  /** False once it was given up: who wants the sentence then begins a new one. */
  get wanted(): boolean {
    return !this.#abort.signal.aborted;
  }

  /** Joins. The first reader starts the rendering; its urgency is that of its most urgent reader. */
  read(timing: () => Timing): RenderingReader {
    // A key of its own for each reader: two may share one timing function.
    const own = (): Timing => timing();
    this.#readers.add(own);
    if (this.#readers.size === 1 && this.#rendered.length === 0) void this.#render();
    let at = 0;
    let released = false;
    return {
      next: async () => {
        while (at >= this.#rendered.length && !this.#ended && !released) await this.#nextChange();
        if (released) return undefined;
        const piece = this.#rendered[at];
        at += 1;
        if (piece === undefined && this.#error !== undefined) throw this.#error;
        return piece;
      },
      release: () => {
        if (released) return;
        released = true;
        this.#readers.delete(own);
        if (this.#readers.size === 0) this.#abort.abort();
        this.#wake();
      },
    };
  }

  async #render(): Promise<void> {
    const { pieces, queue, sampleRateHz, pace = 1, onComplete, onEnd } = this.#options;
    try {
      for (const piece of pieces) {
        const sound = await queue.render(
          { spoken: piece.text, pace, timing: () => this.#timing() },
          this.#abort.signal,
        );
        this.#rendered.push(withPause(sound, Math.round((piece.pauseMs / 1000) * sampleRateHz)));
        this.#wake();
      }
      onComplete(joined(this.#rendered));
    } catch (thrown) {
      this.#error = toKefuError(thrown, 'tts_failed');
    } finally {
      this.#ended = true;
      onEnd();
      this.#wake();
    }
  }

  #timing(): Timing {
    let best: Timing = { kind: 'ahead' };
    for (const reader of this.#readers) {
      const timing = reader();
      if (timing.kind === 'first') {
        if (best.kind !== 'first' || timing.sinceMs < best.sinceMs) best = timing;
      } else if (timing.kind === 'next' && best.kind !== 'first') {
        if (best.kind !== 'next' || timing.dryAtMs < best.dryAtMs) best = timing;
      }
    }
    return best;
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function withPause(sound: Int16Array, pauseSamples: number): Int16Array {
  if (pauseSamples === 0) return sound;
  const padded = new Int16Array(sound.length + pauseSamples);
  padded.set(sound);
  return padded;
}

function joined(pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
