import type { ContactCard } from '../core/desk.ts';
import { toKefuError } from '../core/errors.ts';
import type { BoardInside } from './board.ts';
import type { Consulting } from './consulting.ts';
import { finishConversation } from './desk-conversations.ts';
import type { Conversation, Desk, DeskPerson } from './desks.ts';

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
   * stops it, and `onAnswered` tells that somebody, or a mailbox, listens now.
   */
  ring(
    person: DeskPerson,
    number: string,
    card: ContactCard,
    ringing: { readonly signal: AbortSignal; readonly onAnswered: () => void },
  ): Promise<Phone | 'declined' | 'no-answer'>;
}

/** While a person listens the queue is told so often: well within the shortest time that an offer may ring. */
const renewEveryMs = 2_000;

/** The telephones of the desks of this node. */
export class Phones {
  readonly #board: BoardInside;
  readonly #consulting: Pick<Consulting, 'end'>;
  readonly #ringing = new Map<string, AbortController>();

  constructor(board: BoardInside, consulting: Pick<Consulting, 'end'>) {
    this.#board = board;
    this.#consulting = consulting;
  }

  /** A contact is offered to somebody who is at the telephone. */
  ring(desk: Desk, card: ContactCard): void {
    const { telephones, log } = this.#board.options;
    const number = desk.telephone;
    if (number === undefined || !telephones || card.call.channel === 'text') return;
    this.#answered(desk, number, card, telephones).catch((error: unknown) => {
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

  async #answered(desk: Desk, number: string, card: ContactCard, telephones: Telephones): Promise<void> {
    const { router } = this.#board.options;
    const { entryId } = card;
    const { id } = desk.person;
    const abort = new AbortController();
    this.#ringing.set(entryId, abort);
    let stopRenewing: () => void = () => undefined;
    const answer = await telephones.ring(desk.person, number, card, {
      signal: abort.signal,
      onAnswered: () => {
        stopRenewing = this.#renew(id, entryId);
      },
    });
    stopRenewing();
    if (abort.signal.aborted) {
      if (typeof answer === 'object') answer.hangUp();
      return;
    }
    this.#ringing.delete(entryId);
    if (typeof answer === 'string') {
      await router.decline(id, entryId);
      // Whose telephone nobody answers is not rung again and again.
      if (answer === 'no-answer') await router.setState(id, { state: 'break', reason: 'no-answer' });
      return;
    }
    this.#take(desk, answer);
    if (!(await router.accept(id, entryId))) this.hangUp(desk);
  }

  /** Keeps the offer from being taken away while the person listens; returns what ends that. */
  #renew(agentId: string, entryId: string): () => void {
    const { router, clock, log } = this.#board.options;
    let cancel: () => void = () => undefined;
    const renew = () => {
      cancel = clock.setTimer(renew, renewEveryMs);
      router.renewOffer(agentId, entryId).catch((error: unknown) => {
        log.warn({ err: toKefuError(error) }, 'the queue could not be told that a person listens');
      });
    };
    renew();
    return () => {
      cancel();
    };
  }

  #take(desk: Desk, phone: Phone): void {
    desk.phone = phone;
    phone.onSpeech((samples) => {
      desk.speak(samples);
    });
    const hungUp = async () => {
      if (desk.phone !== phone) return;
      desk.phone = undefined;
      for (const conversation of [...desk.conversations.values()])
        if (conversation.mode === null) await this.#hungUp(desk, conversation);
      for (const [entryId, { isOffer }] of desk.away)
        if (!isOffer) this.#board.elsewhere.forward(desk, { type: 'finish', entryId });
    };
    void phone.gone.then(hungUp).catch((error: unknown) => {
      this.#board.options.log.error({ err: toKefuError(error) }, 'a person could not hang up');
    });
  }

  /** Who hangs up has finished with the caller; a colleague who was asked, and has answered, keeps them. */
  async #hungUp(desk: Desk, conversation: Conversation): Promise<void> {
    const { desks, calls, options } = this.#board;
    const { entryId, callId, state } = conversation;
    if (!calls.has(callId)) {
      // Who is to be called back has not answered yet: somebody else speaks with them.
      this.#board.part(desk, conversation, 'finished');
      await options.router.postpone(entryId, options.clock.epochMs());
      return;
    }
    if (state === 'consulted' || state === 'consulting') {
      const isAnswered = desks
        .all()
        .some((each) =>
          [...each.conversations.values()].some(
            (other) => other !== conversation && other.callId === callId && other.state === 'consulted',
          ),
        );
      const then = isAnswered ? 'hand-over' : 'back';
      await this.#consulting.end(desk, { type: 'consult-end', entryId, then });
    }
    if (desk.conversations.get(entryId) === conversation)
      await finishConversation(this.#board, desk, conversation, { next: 'end' });
  }
}
