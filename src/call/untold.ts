import { shopOperations, type ShopOperation } from '../core/commerce.ts';
import type { FinishedChange, UntoldChangeStore } from '../core/changes.ts';
import type { TaskResult } from '../core/dialog.ts';
import type { CallEventBody } from '../core/events.ts';
import type { Logger } from '../core/log.ts';
import type { CallRecorder } from './recorder.ts';
import type { TaskEffect } from './tasks.ts';

interface Awaiting {
  readonly change: FinishedChange;
  /** Number of the last utterance that came too early to tell the result: one after it, heard whole, has told it. */
  readonly after: number;
  readonly isFromEarlierCall: boolean;
}

/** The note of a flow that has just said what came of a change of an earlier call. */
const toldNote = 'change-told';

/**
 * Follows which results of changes the caller has heard. It reads the record of the call: what was said after the shop's answer,
 * and whether it was played to its end before the caller had gone.
 */
export class UntoldChanges {
  readonly #callId: string;
  readonly #store: UntoldChangeStore;
  readonly #log: Logger;
  readonly #earlier: readonly FinishedChange[];
  #awaiting: Awaiting[] = [];
  #lastUtterance = 0;

  constructor(parts: {
    readonly callId: string;
    readonly store: UntoldChangeStore;
    readonly log: Logger;
    /** Changes of earlier calls that this one is to tell. */
    readonly earlier: readonly FinishedChange[];
  }) {
    this.#callId = parts.callId;
    this.#store = parts.store;
    this.#log = parts.log;
    this.#earlier = parts.earlier;
  }

  /** The same recorder, with all that it records seen here, too. */
  watch(recorder: CallRecorder): CallRecorder {
    return {
      record: (body) => {
        recorder.record(body);
        this.#see(body);
      },
      get lastSeq() {
        return recorder.lastSeq;
      },
      flush: () => recorder.flush(),
    };
  }

  /** The shop has answered a task. */
  finished({ taskId, operation, input }: TaskEffect, result: TaskResult): void {
    if (!Object.hasOwn(shopOperations, operation)) return;
    const { write, needsYes } = shopOperations[operation as ShopOperation];
    // A one-time code is of use in its own call only.
    if (!write || !needsYes || operation === 'startVerification') return;
    const orderId = typeof input.orderId === 'string' ? input.orderId : null;
    const change = { callId: this.#callId, taskId, operation, orderId, code: codeOf(result) };
    this.#awaiting.push({ change, after: this.#lastUtterance, isFromEarlierCall: false });
  }

  /** Keeps what the caller did not hear, for the next call from the number. */
  async keep(from: string): Promise<void> {
    const changes = this.#awaiting
      .filter(({ isFromEarlierCall }) => !isFromEarlierCall)
      .map(({ change }) => change);
    if (changes.length === 0) return;
    try {
      await this.#store.keep(from, changes);
    } catch (error) {
      this.#log.error({ err: error }, 'what came of a change could not be kept for the next call');
    }
  }

  #see(body: CallEventBody): void {
    if (body.type === 'say') this.#lastUtterance = body.utterance;
    else if (body.type === 'heard' && body.complete) this.#hear(body.utterance);
    else if (body.type === 'note' && body.name === toldNote) this.#tell(body.data);
  }

  #tell({ callId, taskId }: Readonly<Record<string, unknown>>): void {
    const change = this.#earlier.find((each) => each.callId === callId && each.taskId === taskId);
    if (change) this.#awaiting.push({ change, after: this.#lastUtterance - 1, isFromEarlierCall: true });
  }

  #hear(utterance: number): void {
    const told = this.#awaiting.filter(({ after }) => utterance > after);
    this.#awaiting = this.#awaiting.filter((each) => !told.includes(each));
    for (const { change, isFromEarlierCall } of told) {
      if (!isFromEarlierCall) continue;
      this.#store.markTold(change).catch((error: unknown) => {
        this.#log.warn({ err: error }, 'a result that was told could not be marked: it will be told again');
      });
    }
  }
}

/** Null for what was done. A shop may also answer in good order that it will not hurry an order or grant a lower price. */
function codeOf(result: TaskResult): string | null {
  if (!result.ok) return result.code;
  const { value } = result;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return value.accepted === false || value.granted === false ? 'not_granted' : null;
}
