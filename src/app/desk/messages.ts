import { z } from 'zod';
import type { CallbackStore } from '../../core/callbacks.ts';
import type { Clock } from '../../core/clock.ts';
import type { OpenMessage } from '../../core/desk-records.ts';
import { KefuError } from '../../core/errors.ts';
import { contactSchema, type HandoffRouter, type QueueEntry } from '../../core/handoff.ts';
import type { CallStore, RecordingStore } from '../../core/store.ts';

/** More messages than anybody would read through at once. */
const mostMessages = 50;
/** For so long a message that somebody takes is offered to nobody else. */
const takeMs = 60_000;

const leftMessage = z.object({ text: z.string(), durationMs: z.number() });

export interface DeskMessagesParts {
  readonly router: Pick<HandoffRouter, 'state' | 'enqueue' | 'leave'>;
  readonly callbacks: Pick<CallbackStore, 'get'>;
  readonly store: Pick<CallStore, 'events'>;
  readonly voicemails: Pick<RecordingStore, 'path'>;
  readonly nameOf: (personId: string) => string;
  readonly keepNote: (callId: string, name: string, data: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly clock: Clock;
}

/** The messages that callers have left, for those who look through them by themselves; they are offered one by one as well. */
export interface DeskMessages {
  /** Oldest first. */
  list(): Promise<readonly OpenMessage[]>;
  /** It rings at the person's desk next. Rejects with `not_found`, or `message_busy` when it cannot be. */
  take(callId: string, personId: string): Promise<void>;
  /** Nothing is left to do about it. Rejects with `not_found`, or `message_busy` when somebody has it. */
  settle(callId: string, personId: string): Promise<void>;
}

export function createDeskMessages(parts: DeskMessagesParts): DeskMessages {
  const { router, callbacks, store, voicemails, nameOf, clock } = parts;

  const entries = (): readonly QueueEntry[] =>
    router
      .state()
      .entries.filter(({ channel, reason }) => channel === 'callback' && reason === 'voicemail')
      .toSorted((left, right) => left.enqueuedAtEpochMs - right.enqueuedAtEpochMs);
  const waiting = (callId: string): QueueEntry => {
    const entry = entries().find(({ id }) => id === callId);
    if (!entry) throw new KefuError('not_found', `There is no open message of call ${callId}.`);
    if (entry.progress.state !== 'waiting')
      throw new KefuError('message_busy', `${nameOf(entry.progress.agentId)} has this message.`);
    return entry;
  };

  async function messageOf({ id, progress }: QueueEntry): Promise<OpenMessage | undefined> {
    const [kept, events, path] = await Promise.all([
      callbacks.get(id),
      store.events(id, 0),
      voicemails.path(id),
    ]);
    if (!kept) return undefined;
    const left = events.flatMap(({ body }) =>
      body.type === 'note' && body.name === 'voicemail' ? [leftMessage.parse(body.data)] : [],
    );
    return {
      callId: id,
      number: kept.number,
      customerName: kept.briefing.customer?.name ?? null,
      language: kept.language,
      leftAtEpochMs: kept.promisedAtEpochMs,
      text: left.at(-1)?.text ?? '',
      durationMs: left.at(-1)?.durationMs ?? 0,
      hasSound: path !== undefined,
      takenBy: progress.state === 'waiting' ? null : nameOf(progress.agentId),
    };
  }

  return {
    async list() {
      const messages = await Promise.all(entries().slice(0, mostMessages).map(messageOf));
      return messages.filter((message) => message !== undefined);
    },
    async take(callId, personId) {
      const contact = contactSchema.parse(waiting(callId));
      const agent = router.state().agents.find(({ id }) => id === personId);
      if (agent?.state !== 'available')
        throw new KefuError('message_busy', 'Choose available first: the message then rings at your desk.');
      await router.enqueue({
        ...contact,
        direct: { agentId: personId, untilEpochMs: clock.epochMs() + takeMs },
      });
    },
    async settle(callId, personId) {
      waiting(callId);
      // Whoever was quicker has settled it.
      if (!(await router.leave(callId)))
        throw new KefuError('not_found', `There is no open message of call ${callId}.`);
      await parts.keepNote(callId, 'message-settled', { personId, name: nameOf(personId) });
    },
  };
}
