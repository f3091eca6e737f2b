import type { DeskRequest } from '../core/desk.ts';
import { KefuError, toKefuError } from '../core/errors.ts';
import {
  callOf,
  checkColleague,
  conversationOf,
  finishConversation,
  wishless,
} from './desk-conversations.ts';
import type { Conversation, Desk } from './desks.ts';
import type { BoardInside } from './board.ts';

/** A colleague is waited for this long, while the caller is on hold. */
const consultMs = 30_000;

type RequestOf<Type extends DeskRequest['type']> = Extract<DeskRequest, { type: Type }>;

/**
 * Asking a second agent while the caller is on hold. The question is a contact of its own in the queue, for this one colleague, so
 * that they ring, answer, decline and are lost as with any other.
 */
export class Consulting {
  readonly #board: BoardInside;
  #count = 0;
  /** Ends of the time that colleagues are waited for, by consultation. */
  readonly #limits = new Map<string, () => void>();

  constructor(board: BoardInside) {
    this.#board = board;
  }

  /** Idempotent. */
  close(): void {
    for (const cancel of this.#limits.values()) cancel();
    this.#limits.clear();
  }

  /** Rings at a colleague's desk; the caller is on hold meanwhile. */
  async begin(desk: Desk, { entryId, agentId }: RequestOf<'consult'>): Promise<void> {
    const { options, places, callOfEntry } = this.#board;
    const conversation = conversationOf(desk, entryId);
    const registered = callOf(this.#board, desk, entryId);
    checkColleague(this.#board, agentId, desk);
    if (conversation.state !== 'talking' && conversation.state !== 'hold')
      throw new KefuError('not_found', 'You are asking a colleague already.');
    const wish = registered.wish ?? wishless(registered);
    this.#count += 1;
    const { callId } = conversation;
    const consultId = `${callId}~${options.clock.epochMs().toString(36)}${String(this.#count)}`;
    const contact = {
      ...places.contactOf(registered.call, wish, registered.call.channel),
      id: consultId,
      reason: 'consult',
      direct: { agentId, untilEpochMs: options.clock.epochMs() + consultMs },
    };
    callOfEntry.set(consultId, callId);
    conversation.state = 'consulting';
    conversation.seat?.setMode('aside');
    registered.call.hold(true);
    this.#board.show(callId);
    const admission = await options.router.enqueue(contact);
    if (!admission.admitted) {
      this.failed(consultId, callId);
      return;
    }
    this.#limits.set(
      consultId,
      options.clock.setTimer(() => {
        this.#limits.delete(consultId);
        const entry = options.router.state().entries.find(({ id }) => id === consultId);
        if (entry?.progress.state === 'waiting') this.failed(consultId, callId);
      }, consultMs),
    );
  }

  async end(desk: Desk, { entryId, then }: RequestOf<'consult-end'>): Promise<void> {
    const { desks, options } = this.#board;
    const asking = conversationOf(desk, entryId);
    const registered = callOf(this.#board, desk, entryId);
    const { callId } = asking;
    if (asking.state !== 'consulting') throw new KefuError('not_found', 'No consultation is going on.');
    const other = desks
      .all()
      .filter((each) => each !== desk)
      .flatMap((each) =>
        [...each.conversations.values()].map((conversation) => ({ desk: each, conversation })),
      )
      .find(({ conversation }) => conversation.callId === callId && conversation.state === 'consulted');
    if (!other) {
      if (then !== 'back')
        throw new KefuError(
          'not_found',
          'Your colleague has not answered yet. Wait, or go back to the caller.',
        );
      const pending = [...this.#board.callOfEntry].find(([, of]) => of === callId)?.[0];
      this.#backToCaller(asking);
      if (pending !== undefined) await options.router.leave(pending);
      this.#board.show(callId);
      return;
    }
    options.audit({ person: desk.person, action: `consult-${then}`, callId, details: {} });
    if (then === 'back') {
      this.#backToCaller(asking);
      this.#board.part(other.desk, other.conversation, 'finished');
      await options.router.finish(other.desk.person.id, other.conversation.entryId);
      this.#board.show(callId);
      return;
    }
    registered.call.hold(false);
    other.conversation.seat?.setMode('talk');
    asking.seat?.setMode('talk');
    other.conversation.state = then === 'conference' ? 'conference' : 'talking';
    asking.state = 'conference';
    if (then === 'hand-over') await finishConversation(this.#board, desk, asking, undefined, 'transferred');
    this.#board.show(callId);
  }

  /** The colleague who was asked did not answer, declined, or was lost. */
  failed(entryId: string, callId: string): void {
    const { desks, options } = this.#board;
    for (const desk of desks.all()) {
      const conversation = desk.conversations.get(entryId);
      if (conversation) this.#board.part(desk, conversation, 'lost');
    }
    void options.router.leave(entryId).catch((error: unknown) => {
      options.log.error({ err: toKefuError(error) }, 'a consultation could not be ended');
    });
    for (const desk of desks.all()) {
      const asking = desk.talkingOn(callId);
      if (asking?.state !== 'consulting') continue;
      this.#backToCaller(asking);
      desk.send({ type: 'problem', code: 'no_answer', message: 'Your colleague could not take the call.' });
    }
    this.#board.show(callId);
  }

  #backToCaller(asking: Conversation): void {
    asking.state = 'talking';
    asking.seat?.setMode('talk');
    this.#board.calls.get(asking.callId)?.call.hold(false);
  }
}
