import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { SpeechEngine } from '../core/speech.ts';

/** How much time a rendering has. */
export type Timing =
  /** A caller hears nothing yet and waits since `sinceMs`. */
  | { readonly kind: 'first'; readonly sinceMs: number }
  /** A caller is being spoken to, and falls into silence at `dryAtMs` unless this is rendered by then. */
  | { readonly kind: 'next'; readonly dryAtMs: number }
  /** Nobody waits. */
  | { readonly kind: 'ahead' };

export interface QueuedRendering {
  readonly spoken: string;
  /** Default 1, the voice's own pace. */
  readonly pace?: number;
  /** Asked anew at every choice: a caller's audio runs on, and others may join. */
  readonly timing: () => Timing;
}

/** Kept between the expected end of a rendering and the moment its caller would hear silence. */
const safetyMs = 200;

/**
 * Which of the waiting renderings comes next: first those whose caller would otherwise fall into silence in the middle of
 * speech, by how soon; then callers that wait for their first sound, in order of arrival; then what callers with audio in
 * hand will need, by how soon; at last what is rendered ahead. Undefined when none may start.
 */
export function chooseNext<Job extends QueuedRendering>(
  waiting: readonly Job[],
  nowMs: number,
  expectedMs: (spoken: string) => number,
  mayRenderAhead: boolean,
): Job | undefined {
  let best: Job | undefined;
  let bestRank: readonly [number, number] = [Infinity, Infinity];
  for (const job of waiting) {
    const rank = rankOf(job.timing(), nowMs, expectedMs(job.spoken));
    if (rank[0] === aheadClass && !mayRenderAhead) continue;
    if (rank[0] < bestRank[0] || (rank[0] === bestRank[0] && rank[1] < bestRank[1])) {
      best = job;
      bestRank = rank;
    }
  }
  return best;
}

const aheadClass = 3;

function rankOf(timing: Timing, nowMs: number, expectedMs: number): readonly [number, number] {
  switch (timing.kind) {
    case 'first':
      return [1, timing.sinceMs];
    case 'next':
      return [timing.dryAtMs - nowMs < 2 * expectedMs + safetyMs ? 0 : 2, timing.dryAtMs];
    case 'ahead':
      return [aheadClass, 0];
  }
}

interface Job extends QueuedRendering {
  readonly resolve: (samples: Int16Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Hands texts to an engine, as many at once as it takes, the most urgent first. A rendering that has begun is not stopped. */
export class RenderQueue {
  readonly #engine: SpeechEngine;
  readonly #clock: Clock;
  readonly #waiting = new Set<Job>();
  #running = 0;
  #runningAhead = 0;
  /** Learnt from what was rendered; the start value is that of Piper on a slow core. */
  #msPerCharacter = 5;

  constructor(engine: SpeechEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** Rejects with `aborted` as soon as `signal` aborts, and with what the engine rejects with. */
  render(rendering: QueuedRendering, signal: AbortSignal): Promise<Int16Array> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new KefuError('aborted', 'The rendering was not wanted any more.'));
        return;
      }
      const job: Job = {
        ...rendering,
        resolve: (samples) => {
          signal.removeEventListener('abort', abort);
          resolve(samples);
        },
        reject: (error) => {
          signal.removeEventListener('abort', abort);
          reject(error instanceof Error ? error : new KefuError('tts_failed', String(error)));
        },
      };
      const abort = (): void => {
        this.#waiting.delete(job);
        job.reject(new KefuError('aborted', 'The rendering was not wanted any more.'));
      };
      signal.addEventListener('abort', abort);
      this.#waiting.add(job);
      this.#startNext();
    });
  }

  #startNext(): void {
    while (this.#running < this.#engine.concurrency) {
      const job = chooseNext(
        [...this.#waiting],
        this.#clock.nowMs(),
        (spoken) => spoken.length * this.#msPerCharacter,
        // One at a time, and the last free place is for callers when there are several.
        this.#runningAhead === 0 &&
          (this.#engine.concurrency === 1 || this.#running < this.#engine.concurrency - 1),
      );
      if (job === undefined) return;
      this.#waiting.delete(job);
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const ahead = job.timing().kind === 'ahead' ? 1 : 0;
    this.#running += 1;
    this.#runningAhead += ahead;
    const startedMs = this.#clock.nowMs();
    try {
      job.resolve(await this.#engine.render(job.spoken, job.pace));
      const msPerCharacter = (this.#clock.nowMs() - startedMs) / Math.max(1, job.spoken.length);
      this.#msPerCharacter += 0.1 * (msPerCharacter - this.#msPerCharacter);
    } catch (thrown) {
      job.reject(thrown);
    } finally {
      this.#running -= 1;
      this.#runningAhead -= ahead;
      this.#startNext();
    }
  }
}
