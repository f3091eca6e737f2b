import { availableParallelism } from 'node:os';
import type { Clock } from '../core/clock.ts';
import { toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Decoding } from '../workers/recognizer-slot.ts';
import { reckonCapacity, usualCosts, type Capacity } from './capacity.ts';
import { measureUnitCosts, usableCores, type MeasuredParts } from './capacity-measurement.ts';
import type { Config } from './config.ts';
import { StrainGauge, watchEventLoop, type Strain } from './strain.ts';

/** How many calls this process takes at once, and where the number comes from. */
export interface LineCapacity {
  readonly calls: number;
  /** `set` by the operator, `measured` at the start, or `assumed` because measuring took too long. */
  readonly source: 'set' | 'measured' | 'assumed';
  /** What would be too busy with one call more; undefined when the number was set. */
  readonly limitedBy?: Capacity['limitedBy'];
}

/** Decides how many calls are taken. */
export interface Admission {
  readonly capacity: LineCapacity;
  /** What is too busy for a call more just now, however few go on; always undefined when the number of calls was set. */
  readonly strain: Strain | undefined;
  close(): void;
}

/** Hands what recogniser workers have read to whoever wants to know. */
export class Decodings {
  readonly #listeners = new Set<(decoding: Decoding) => void>();

  readonly publish = (decoding: Decoding): void => {
    for (const listener of this.#listeners) listener(decoding);
  };

  readonly subscribe = (listener: (decoding: Decoding) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/**
 * A number in `KEFU_MAX_CALLS` is taken as it is. With `auto` the machine is measured, and watched from then on: when it is busier than
 * was reckoned, by other programs for instance, new calls are refused before those that go on stutter.
 */
export async function startAdmission(
  config: Pick<Config, 'maxCalls' | 'recognizerThreads'>,
  parts: MeasuredParts & { readonly clock: Clock; readonly log: Logger },
): Promise<Admission> {
  const { clock, log, onDecoded } = parts;
  if (config.maxCalls !== 'auto') {
    return {
      capacity: { calls: config.maxCalls, source: 'set' },
      strain: undefined,
      close: () => undefined,
    };
  }
  const beganMs = clock.nowMs();
  const measured = await measureUnitCosts(parts).catch((error: unknown) => {
    log.warn({ error: toKefuError(error).message }, 'what a call costs could not be measured');
    return undefined;
  });
  const costs = measured ?? usualCosts;
  const cores = await usableCores();
  const { calls, limitedBy, cpuSPerCallMinute } = reckonCapacity(costs, {
    cores,
    recognizerThreads: config.recognizerThreads,
    voiceThreads: parts.engine.concurrency,
  });
  const source = measured ? 'measured' : 'assumed';
  log.info(
    {
      ...{ calls, source, limitedBy, cores, coresOfMachine: availableParallelism() },
      cpuSPerCallMinute: rounded(cpuSPerCallMinute),
      recognition: rounded(costs.recognition),
      speech: rounded(costs.speech),
      voiceActivity: rounded(costs.voiceActivity),
      tookMs: Math.round(clock.nowMs() - beganMs),
    },
    'how many calls this machine takes',
  );
  const gauge = new StrainGauge(clock);
  const stopWatching = watchEventLoop(gauge, clock);
  const stopListening = onDecoded(({ kind, waitMs }) => {
    if (kind === 'final') gauge.noteWait(waitMs);
  });
  return {
    capacity: { calls, source, limitedBy },
    get strain() {
      return gauge.strain;
    },
    close() {
      stopWatching();
      stopListening();
    },
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
