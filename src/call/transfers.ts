import type { DialogEffect, DialogEngine, DialogEvent, DialogState } from '../core/dialog.ts';
import { toKefuError } from '../core/errors.ts';
import type { Briefing } from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import type { Line } from './line.ts';
import type { CallRecorder } from './recorder.ts';

export interface TransfersParts {
  readonly line: Line;
  readonly engine: DialogEngine;
  readonly recorder: CallRecorder;
  readonly log: Logger;
  readonly deliver: (event: Extract<DialogEvent, { type: 'transfer-finished' }>) => void;
}

/** Hands a call to a number, by Kefu's or a person's will. */
export class Transfers {
  /** Where the dialog goes on when nobody answers there and the carrier brings the caller back. */
  stateOnReturn: DialogState | undefined;
  readonly #parts: TransfersParts;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
  }

  /** The dialog hands the call over; what came of it is delivered. */
  async start(effect: Extract<DialogEffect, { type: 'transfer' }>, state: DialogState): Promise<void> {
    const { line, recorder, log, deliver } = this.#parts;
    const { skill, target, briefing } = effect;
    let failure: string | null = null;
    this.stateOnReturn = state;
    recorder.record({ type: 'transfer', skill, target, briefing, ok: null, code: null });
    try {
      await line.transfer(skill, target, briefing);
    } catch (error) {
      failure = toKefuError(error, 'transfer_failed').code;
      // A caller who hangs up before the transfer is no failure of it.
      if (failure === 'aborted') log.info({}, 'the call ended before it was handed over');
      else log.warn({ err: error, code: failure }, 'a transfer failed');
    }
    const ok = failure === null;
    recorder.record({ type: 'transfer', skill, target, briefing, ok, code: failure });
    deliver({ type: 'transfer-finished', ok, ...(failure !== null && { code: failure }) });
  }

  /** A person sends the caller on. When nobody answers there, the caller waits in the queue again. Rejects as the line does. */
  async byPerson(target: string, briefing: Briefing, state: DialogState): Promise<void> {
    const { line, engine, recorder } = this.#parts;
    this.stateOnReturn = engine.advance(state, { type: 'person-left', next: 'queue' }).state;
    await line.transfer(briefing.reason, target, briefing);
    recorder.record({ type: 'transfer', skill: briefing.reason, target, briefing, ok: true, code: null });
  }
}
