import type { SuperviseMode } from '../core/desk.ts';
import { KefuError } from '../core/errors.ts';
import type { Desk } from './desks.ts';
import { watchId } from './desks.ts';
import type { RegisteredCall } from './places.ts';
import type { BoardInside } from './board.ts';

/** Supervisors on calls of Kefu and of agents; each deed is written into the audit log. */
export class Supervising {
  readonly #board: BoardInside;

  constructor(board: BoardInside) {
    this.#board = board;
  }

  /** Takes part in a call of others, or changes how. */
  watch(desk: Desk, callId: string, mode: SuperviseMode): void {
    this.#watched(desk, callId);
    const before = desk.conversations.get(watchId(callId));
    const seatMode = mode === 'join' ? 'talk' : mode;
    if (mode === 'join' && !this.#board.desks.all().some((each) => each.talkingOn(callId) !== undefined))
      throw new KefuError('not_found', 'Kefu has this call. Take it over to speak with the caller.');
    if (before) {
      before.mode = mode;
      before.seat?.setMode(seatMode);
    } else {
      this.#board.join(desk, watchId(callId), callId, {
        mode: seatMode,
        state: 'supervising',
        supervise: mode,
        isQueued: false,
      });
    }
    this.#board.options.audit({ person: desk.person, action: `supervise-${mode}`, callId, details: {} });
    this.#board.show(callId);
  }

  /** Leaves a call that was watched. */
  leave(desk: Desk, callId: string): void {
    const conversation = desk.conversations.get(watchId(callId));
    if (conversation) this.#board.part(desk, conversation, 'finished');
    this.#board.show(callId);
  }

  /** The caller is the supervisor's from now on. */
  async takeOver(desk: Desk, callId: string): Promise<void> {
    const { desks, options } = this.#board;
    const registered = this.#watched(desk, callId);
    options.audit({ person: desk.person, action: 'take-over', callId, details: {} });
    registered.stopPositions();
    const watching = desk.conversations.get(watchId(callId));
    if (watching) this.#board.part(desk, watching, 'finished');
    for (const other of desks.all()) {
      const conversation = other.talkingOn(callId);
      if (!conversation || other === desk) continue;
      this.#board.part(other, conversation, 'taken-over');
      if (conversation.isQueued) await options.router.finish(other.person.id, conversation.entryId);
    }
    await options.router.leave(callId);
    // Who speaks with a caller is offered nobody else.
    await options.router.setState(desk.person.id, { state: 'break', reason: 'take-over' });
    registered.call.hold(false);
    this.#board.join(desk, callId, callId, {
      mode: 'talk',
      state: 'talking',
      supervise: null,
      isQueued: false,
    });
    registered.call.tell({ type: 'person-joined', name: desk.person.name });
    this.#board.show(callId);
  }

  #watched(desk: Desk, callId: string): RegisteredCall {
    if (!desk.person.supervises)
      throw new KefuError('forbidden', 'Only supervisors may listen to calls of others.');
    const registered = this.#board.calls.get(callId);
    if (!registered) throw new KefuError('not_found', 'This call is over.');
    return registered;
  }
}
