import type { ContactCard } from '../core/desk.ts';
import type { BoardInside, DeskDeed } from './board.ts';
import { wishless } from './desk-conversations.ts';
import type { DeskPerson } from './desks.ts';

/** A call that a person has in hand. */
export interface HeldCall {
  readonly person: DeskPerson;
  readonly card: ContactCard;
}

type Listener = (personId: string, callId: string) => void;

/** Who has which call in hand, for what people do about a call beside talking. */
export class Holding {
  readonly #board: BoardInside;
  readonly #listeners = new Set<Listener>();

  constructor(board: BoardInside) {
    this.#board = board;
  }

  /** Undefined unless this person talks with the caller; who is only asked, or supervises, does not. */
  held(personId: string, callId: string): HeldCall | undefined {
    const { desks, calls } = this.#board;
    const desk = desks.get(personId);
    const conversation = desk?.talkingOn(callId);
    if (!desk || !conversation || conversation.state === 'consulted' || !calls.has(callId)) return undefined;
    const card = this.#board.cardOf(conversation.entryId);
    return card && { person: desk.person, card };
  }

  /**
   * Puts a deed into the call's record and into the audit log; what was `done` by it is read by whoever has the caller next. Also for
   * calls that are over by now.
   */
  async record(
    deed: DeskDeed & { readonly callId: string },
    note: { readonly name: string; readonly data: Readonly<Record<string, unknown>> },
    done: readonly string[],
  ): Promise<void> {
    const { calls, options } = this.#board;
    const { callId, person } = deed;
    options.audit(deed);
    const data = { personId: person.id, name: person.name, ...note.data };
    const registered = calls.get(callId);
    if (!registered) {
      await options.keepNote(callId, note.name, data);
      return;
    }
    registered.call.note(note.name, data);
    if (done.length === 0) return;
    const wish = registered.wish ?? wishless(registered);
    registered.wish = { ...wish, briefing: { ...wish.briefing, done: [...wish.briefing.done, ...done] } };
    this.#board.show(callId);
  }

  /** Tells who no longer talks on which call; returns the function that ends it. */
  onParted(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  parted(personId: string, callId: string): void {
    for (const listener of this.#listeners) listener(personId, callId);
  }
}
