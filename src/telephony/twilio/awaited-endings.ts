import type { Clock } from '../../core/clock.ts';
import type { PlannedEndings } from './endings.ts';

/** Endings of which it is known whether the carrier has asked for them. */
export interface AwaitedEndings extends PlannedEndings {
  /**
   * Resolves once every ending of the last 2 s was asked for, or will not be: carriers ask within a second, and another node may
   * have been asked instead. Who stops serving the carrier's questions waits for this, or its last callers hear an error.
   */
  asked(): Promise<void>;
}

/** How long a carrier's question is waited for. */
const patienceMs = 2_000;

/** Watches `endings`: what is recorded here waits for its question. */
export function awaitEndings(endings: PlannedEndings, clock: Clock): AwaitedEndings {
  /** What ends the wait for each call's question. */
  const waits = new Map<string, () => void>();
  const onAllAsked: (() => void)[] = [];
  const settle = (callSid: string): void => {
    waits.get(callSid)?.();
    waits.delete(callSid);
    if (waits.size > 0) return;
    for (const resolve of onAllAsked.splice(0)) resolve();
  };
  return {
    async record(callSid, ending) {
      waits.get(callSid)?.();
      waits.set(
        callSid,
        clock.setTimer(() => settle(callSid), patienceMs),
      );
      await endings.record(callSid, ending);
    },
    async take(callSid) {
      const ending = await endings.take(callSid);
      settle(callSid);
      return ending;
    },
    asked() {
      return waits.size === 0 ? Promise.resolve() : new Promise((resolve) => onAllAsked.push(resolve));
    },
  };
}
