import { startCall } from '../call/start-call.ts';
import type { CallServices, RunningCall } from '../call/services.ts';
import { callingNumber, type FinishedChange } from '../core/changes.ts';
import { newCallId } from '../core/ids.ts';
import { toKefuError } from '../core/errors.ts';
import type { BusEvents } from '../core/events.ts';
import type { CallSnapshot } from '../core/store.ts';
import type { IncomingCall } from '../core/telephony.ts';
import type { CallFlows } from './flows/running.ts';
import type { Strain } from './strain.ts';

/** The calls of this process: admission, resuming, draining. */
export interface Calls {
  readonly active: number;
  /** Takes, resumes or refuses a call. Never throws. */
  take(incoming: IncomingCall): void;
  /** Takes no more calls, waits up to `limitMs` for those going on, then ends the rest. */
  drain(limitMs: number): Promise<void>;
}

export interface CallsOptions {
  readonly maxCalls: number;
  /** What is too busy for a call more; undefined when nothing is. Not asked while no call goes on. */
  readonly strain?: () => Strain | undefined;
  /** The flows a call began with, by the hash in its state; without one, those that new calls begin with. */
  readonly flowsFor: (contentHash?: string) => Promise<CallFlows>;
}

/** How long a call may wait to learn whether its caller is still to be told something. */
const untoldLimitMs = 300;

export function createCalls(services: Omit<CallServices, keyof CallFlows>, options: CallsOptions): Calls {
  const { bus, clock, log, snapshots, store, untoldChanges } = services;
  const running = new Map<string, RunningCall>();
  /** Calls that are being answered count against the limit, too. */
  let answering = 0;
  let closing = false;

  /** The state of a call that this stream continues, or undefined when there is none to be found. */
  async function snapshotOf(incoming: IncomingCall): Promise<CallSnapshot | undefined> {
    if (incoming.resumes === undefined) return undefined;
    // The first stream may not have been given up yet: its end must come before the new beginning.
    const former = running.get(incoming.resumes);
    former?.hangup('interrupted');
    await former?.done;
    const { calledBack } = incoming;
    const snapshot = calledBack
      ? { callId: incoming.resumes, dialog: calledBack.dialog, lastSeq: 0, savedAtEpochMs: clock.epochMs() }
      : await snapshots.take(incoming.resumes);
    if (!snapshot) return undefined;
    // A process that died had kept events after its last snapshot: the numbering goes on behind them.
    const later = await store.events(snapshot.callId, snapshot.lastSeq);
    return { ...snapshot, lastSeq: later.at(-1)?.seq ?? snapshot.lastSeq };
  }

  /**
   * What came of changes of earlier calls from this number. A call that goes on tells of its own by itself; a database that is
   * slow or away keeps nobody waiting, and then it is told the next time.
   */
  async function untoldFor({ from }: IncomingCall, snapshot: CallSnapshot | undefined) {
    const nothing: readonly FinishedChange[] = [];
    let cancel: () => void = () => undefined;
    const limit = new Promise<typeof nothing>((resolve) => {
      cancel = clock.setTimer(() => resolve(nothing), untoldLimitMs);
    });
    const lookUp = async () => {
      if (snapshot) await untoldChanges.forgetCall(snapshot.callId);
      return snapshot || callingNumber(from) === undefined ? nothing : untoldChanges.find(from);
    };
    const found = lookUp().catch((error: unknown) => {
      log.warn({ err: error }, 'results of earlier calls could not be looked up');
      return nothing;
    });
    const untold = await Promise.race([found, limit]);
    cancel();
    return untold;
  }

  async function answer(incoming: IncomingCall): Promise<void> {
    const snapshot = await snapshotOf(incoming);
    // A call whose state is gone begins anew, under an id of its own: the old one has a record already.
    const proposed = incoming.resumes === undefined ? incoming.proposedCallId : undefined;
    const callId = snapshot?.callId ?? proposed ?? newCallId(clock.epochMs());
    const flows = await options.flowsFor(snapshot?.dialog.flowsVersion);
    const untold = await untoldFor(incoming, snapshot);
    const call = startCall(incoming, callId, { ...services, ...flows }, snapshot, untold);
    running.set(callId, call);
    await call.done;
    running.delete(callId);
  }

  function refusal({ resumes }: IncomingCall): BusEvents['call-refused']['reason'] | undefined {
    if (closing) return 'closing';
    // A call that goes on after its line was lost has its place already.
    if (resumes !== undefined) return undefined;
    if (answering >= options.maxCalls) return 'full';
    // Only calls that go on can stutter: without any, a slow answer is better than none.
    return answering > 0 ? options.strain?.() : undefined;
  }

  return {
    get active() {
      return running.size;
    },
    take(incoming) {
      const reason = refusal(incoming);
      if (reason !== undefined) {
        const { gateway } = incoming;
        bus.publish('call-refused', { gateway, reason });
        if (reason === 'full')
          log.warn({ gateway, maxCalls: options.maxCalls }, 'call refused: all lines are busy');
        else if (reason !== 'closing')
          log.warn({ gateway, strain: reason, calls: answering }, 'call refused: the machine is too busy');
        incoming.reject(reason === 'closing' ? 'closing' : 'overloaded');
        return;
      }
      answering += 1;
      answer(incoming)
        .catch((error: unknown) => {
          log.error({ err: error, code: toKefuError(error).code }, 'a call could not be answered');
          incoming.reject('overloaded');
        })
        .finally(() => {
          answering -= 1;
        });
    },
    async drain(limitMs) {
      closing = true;
      const calls = [...running.values()];
      if (calls.length === 0) return;
      log.info({ calls: calls.length, limitMs }, 'waiting for calls to end');
      const done = Promise.all(calls.map((call) => call.done));
      let cancel: () => void = () => undefined;
      const limit = new Promise<void>((resolve) => {
        cancel = clock.setTimer(resolve, limitMs);
      });
      await Promise.race([done, limit]);
      cancel();
      for (const call of running.values()) call.hangup('interrupted');
      await done;
    },
  };
}
