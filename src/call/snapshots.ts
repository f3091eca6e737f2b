import type { Clock } from '../core/clock.ts';
import type { DialogState } from '../core/dialog.ts';
import type { Logger } from '../core/log.ts';
import type { CallSnapshot, SnapshotStore } from '../core/store.ts';
import type { CallRecorder } from './recorder.ts';

export interface CallSnapshotsParts {
  readonly callId: string;
  readonly store: SnapshotStore;
  readonly recorder: CallRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The snapshots of one call, with which another stream or node goes on. */
export class CallSnapshots {
  readonly #parts: CallSnapshotsParts;

  constructor(parts: CallSnapshotsParts) {
    this.#parts = parts;
  }

  /** Nobody waits for it: a call goes on without. */
  save(dialog: DialogState): void {
    const { store, log } = this.#parts;
    store.save(this.#snapshotOf(dialog)).catch((error: unknown) => {
      log.warn({ err: error }, 'a snapshot could not be saved: this call cannot move to another node');
    });
  }

  /** The call is over: what it may go on from stays, or nothing does. */
  async settle(resumable: DialogState | undefined): Promise<void> {
    const { store, callId, log } = this.#parts;
    try {
      if (resumable) await store.save(this.#snapshotOf(resumable));
      else await store.remove(callId);
    } catch (error) {
      log.warn({ err: error }, 'the snapshot of an ended call could not be put in order');
    }
  }

  #snapshotOf(dialog: DialogState): CallSnapshot {
    const { callId, recorder, clock } = this.#parts;
    return { callId, dialog, lastSeq: recorder.lastSeq, savedAtEpochMs: clock.epochMs() };
  }
}
