import type { ContactCard } from '../core/desk.ts';
import { toKefuError } from '../core/errors.ts';
import { finishConversation } from './desk-conversations.ts';
import type { Desk, DeskPerson } from './desks.ts';
import type { BoardInside } from './board.ts';

/** A person's telephone while they are on it. */
export interface Phone {
  /** Samples at 16 kHz of any number. */
  hear(samples: Int16Array): void;
  onSpeech(listener: (samples: Int16Array) => void): void;
  /** Settles when the line is dead. */
  readonly gone: Promise<void>;
  /** Idempotent. */
  hangUp(): void;
}

/** Rings the telephones of people who do not sit at a browser. */
export interface Telephones {
  /**
   * Rings, says what the call is about, and waits for 1 (the phone), 2 (`declined`) or nobody (`no-answer`). Never rejects; `signal`
   * stops it.
   */
  ring(
    person: DeskPerson,
    number: string,
    card: ContactCard,
    signal: AbortSignal,
  ): Promise<Phone | 'declined' | 'no-answer'>;
}

/** The telephones of the desks of this node. */
export class Phones {
  readonly #board: BoardInside;
  readonly #ringing = new Map<string, AbortController>();

  constructor(board: BoardInside) {
    this.#board = board;
  }

  /** A contact is offered to somebody who is at the telephone. */
  ring(desk: Desk, card: ContactCard): void {
    const { telephones, router, log } = this.#board.options;
    const number = desk.telephone;
    if (number === undefined || !telephones || card.call.channel === 'text') return;
    const { entryId } = card;
    const abort = new AbortController();
    this.#ringing.set(entryId, abort);
    const { id } = desk.person;
    const work = async () => {
      const answer = await telephones.ring(desk.person, number, card, abort.signal);
      this.#ringing.delete(entryId);
      if (abort.signal.aborted) {
        if (typeof answer === 'object') answer.hangUp();
        return;
      }
      if (typeof answer === 'string') {
        await router.decline(id, entryId);
        // Whose telephone nobody answers is not rung again and again.
        if (answer === 'no-answer') await router.setState(id, { state: 'break', reason: 'no-answer' });
        return;
      }
      this.#take(desk, answer);
      if (!(await router.accept(id, entryId))) this.hangUp(desk);
    };
    work().catch((error: unknown) => {
      log.error({ err: toKefuError(error) }, 'the telephone of a person could not be rung');
    });
  }

  /** The offer is gone: it stops ringing. */
  stop(entryId: string): void {
    this.#ringing.get(entryId)?.abort();
    this.#ringing.delete(entryId);
  }

  /** The last conversation of the desk is over. */
  hangUp(desk: Desk): void {
    const { phone } = desk;
    desk.phone = undefined;
    phone?.hangUp();
  }

  /** Idempotent. */
  close(): void {
    for (const abort of this.#ringing.values()) abort.abort();
    this.#ringing.clear();
    for (const desk of this.#board.desks.all()) this.hangUp(desk);
  }

  #take(desk: Desk, phone: Phone): void {
    desk.phone = phone;
    phone.onSpeech((samples) => {
      desk.speak(samples);
    });
    void phone.gone.then(async () => {
      if (desk.phone !== phone) return;
      desk.phone = undefined;
      // Who hangs up has finished with the caller.
      for (const conversation of [...desk.conversations.values()])
        await finishConversation(this.#board, desk, conversation, { next: 'end' });
      for (const [entryId, { isOffer }] of desk.away)
        if (!isOffer) this.#board.elsewhere.forward(desk, { type: 'finish', entryId });
    });
  }
}
