import type { Callback, CallbackStore } from '../core/callbacks.ts';
import type { PersonWish } from '../core/conversation.ts';
import type { ContactCard } from '../core/desk.ts';
import type { DialogState } from '../core/dialog.ts';
import { toKefuError } from '../core/errors.ts';
import type { CallEvent } from '../core/events.ts';
import type { QueueEntry } from '../core/handoff.ts';
import type { BoardInside } from './board.ts';
import { repeatTone, type ProgressTones } from './call-progress.ts';
import type { Conversation, Desk } from './desks.ts';
import { createLiveCalls } from './live-calls.ts';
import type { RegisteredCall } from './places.ts';

/** For so long an agent hears that nobody was reached. */
const busyMs = 2_000;

/** How people are called back. */
export interface CallbackParts {
  readonly store: CallbackStore;
  /** The record of the call in which it was promised. */
  readonly events: (callId: string) => Promise<readonly CallEvent[]>;
  /**
   * Calls the number; once somebody has answered, the call goes on under its id and registers again. Rejects as `OutboundDialer` does.
   * Undefined where Kefu cannot dial: the agent does, and finishes the contact.
   */
  readonly dial?: ((callback: Callback, signal: AbortSignal) => Promise<void>) | undefined;
  /** What the agent hears while it is called for them. */
  readonly tones: ProgressTones;
  readonly rules: () => {
    readonly callbacks: 'agent-first' | 'caller-first';
    readonly callbackTries: number;
    readonly callbackPauseMs: number;
  };
}

/** Keeps promised calls and carries them out when it is their turn. */
export class Callbacks {
  readonly #board: BoardInside;
  readonly #parts: CallbackParts;
  readonly #dialling = new Map<string, AbortController>();
  /** Calls that go on since Kefu has dialled them. */
  readonly #dialled = new Set<string>();

  constructor(board: BoardInside, parts: CallbackParts) {
    this.#board = board;
    this.#parts = parts;
  }

  /** Promises a call: what is needed for it is kept before the place in the queue becomes that of a call. */
  async keep(
    { call, language }: RegisteredCall,
    number: string,
    wish: PersonWish,
    resume: DialogState | undefined,
  ): Promise<void> {
    const { places, options } = this.#board;
    await this.#parts.store.keep({
      callId: call.callId,
      number,
      language,
      promisedAtEpochMs: options.clock.epochMs(),
      briefing: wish.briefing,
      contact: wish.contact,
      dialog: resume ?? null,
      tries: 0,
    });
    await options.router.enqueue(places.contactOf(call, wish, 'callback'));
  }

  /** It is somebody's turn: the agent's desk rings, or the caller's telephone first. */
  async offered(desk: Desk, entry: QueueEntry, ring: (card: ContactCard) => void): Promise<void> {
    const { router } = this.#board.options;
    const callback = await this.#parts.store.get(entry.id);
    if (!callback) {
      // Taken up by somebody meanwhile, or lost with its database: there is nobody to call.
      await router.leave(entry.id);
      return;
    }
    if (this.#parts.dial && callback.dialog && this.#parts.rules().callbacks === 'caller-first') {
      await this.#dial(callback);
      return;
    }
    const card = await this.cardOf(callback);
    if (!card) return;
    desk.offers.set(entry.id, entry.id);
    ring(card);
  }

  /** An agent has taken it: now the caller is called. */
  async accepted(desk: Desk, entry: QueueEntry): Promise<void> {
    const callback = await this.#parts.store.get(entry.id);
    const card = callback && (await this.cardOf(callback));
    if (!callback || !card) return;
    const conversation: Conversation = {
      entryId: entry.id,
      callId: entry.id,
      seat: undefined,
      state: 'talking',
      mode: null,
      sinceEpochMs: this.#board.options.clock.epochMs(),
      muted: false,
      isQueued: true,
    };
    desk.offers.delete(entry.id);
    desk.conversations.set(entry.id, conversation);
    desk.send({ type: 'conversation', conversation: this.#board.desks.view(conversation), card });
    if (this.#parts.dial && callback.dialog) await this.#dial(callback, desk);
  }

  /** Caller and agent are joined: the promise is kept, if there was one. */
  async joined(callId: string): Promise<void> {
    if (this.#dialled.delete(callId)) await this.#parts.store.remove(callId);
  }

  /** The place in the queue is gone: nobody is called any more. */
  async removed({ id, channel }: QueueEntry): Promise<void> {
    this.#dialling.get(id)?.abort();
    if (this.#dialled.delete(id) || channel === 'callback') await this.#parts.store.remove(id);
  }

  /** What the agent sees: the call in which it was promised. */
  async cardOf(callback: Callback): Promise<ContactCard | undefined> {
    const live = createLiveCalls(() => undefined);
    for (const event of await this.#parts.events(callback.callId))
      if (event.body.type !== 'call-ended') live.take(event);
    const record = live.get(callback.callId);
    if (!record) return undefined;
    return {
      entryId: callback.callId,
      call: { ...record.call, channel: 'callback', from: callback.number, phase: 'waiting', agents: [] },
      briefing: callback.briefing,
      moods: [...record.moods],
      transcript: [...record.transcript],
      enqueuedAtEpochMs: callback.promisedAtEpochMs,
    };
  }

  /** Idempotent. */
  close(): void {
    for (const abort of this.#dialling.values()) abort.abort();
    this.#dialling.clear();
  }

  async #dial(callback: Callback, desk?: Desk): Promise<void> {
    const { log } = this.#board.options;
    const { callId } = callback;
    if (this.#dialling.has(callId)) return;
    const abort = new AbortController();
    this.#dialling.set(callId, abort);
    const isOff = () => abort.signal.aborted;
    const progress = desk && this.#progressFor(desk, callId, isOff);
    try {
      this.#dialled.add(callId);
      await this.#parts.dial?.(callback, abort.signal);
      progress?.answered();
    } catch (error) {
      this.#dialled.delete(callId);
      if (isOff()) return;
      const { message } = toKefuError(error, 'transfer_failed');
      log.info({ callId, why: message }, 'somebody could not be called back');
      desk?.send({ type: 'problem', code: 'no_answer', message: `Nobody could be reached: ${message}` });
      // The agent is not free for others before the tone is over.
      await progress?.failed();
      if (isOff()) return;
      await this.#tryLater(callback);
      const conversation = desk?.conversations.get(callId);
      if (desk && conversation) this.#board.part(desk, conversation, 'caller-left');
    } finally {
      this.#dialling.delete(callId);
    }
  }

  /** Lets the agent hear how the call goes, as long as they have it and nobody else is on the line. */
  #progressFor(
    desk: Desk,
    callId: string,
    isOff: () => boolean,
  ): { readonly answered: () => void; readonly failed: () => Promise<void> } {
    const { clock } = this.#board.options;
    const { ringing, busy } = this.#parts.tones;
    let isRinging = true;
    const play = (tone: Int16Array, isWanted: () => boolean) =>
      repeatTone(tone, {
        clock,
        hear: (samples) => {
          desk.hear(samples);
        },
        isWanted: () => {
          const conversation = desk.conversations.get(callId);
          return isWanted() && !isOff() && conversation !== undefined && !conversation.seat;
        },
      });
    void play(ringing, () => isRinging);
    return {
      answered: () => {
        isRinging = false;
      },
      failed: () => {
        isRinging = false;
        const untilMs = clock.nowMs() + busyMs;
        return play(busy, () => clock.nowMs() < untilMs);
      },
    };
  }

  async #tryLater(callback: Callback): Promise<void> {
    const { router, clock } = this.#board.options;
    const { callbackTries, callbackPauseMs } = this.#parts.rules();
    const tries = callback.tries + 1;
    if (tries >= callbackTries) {
      await this.#parts.store.remove(callback.callId);
      await router.leave(callback.callId);
      return;
    }
    await this.#parts.store.keep({ ...callback, tries });
    await router.postpone(callback.callId, clock.epochMs() + callbackPauseMs);
  }
}
