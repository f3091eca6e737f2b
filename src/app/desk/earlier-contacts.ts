import { z } from 'zod';
import type { EarlierContact } from '../../core/desk-records.ts';
import { KefuError } from '../../core/errors.ts';
import type { CallEvent } from '../../core/events.ts';
import type { CallStore, CallSummary } from '../../core/store.ts';

/** The newest are what matters; more would have to be read through while somebody waits. */
const mostContacts = 5;

const agentNote = z.object({ name: z.string(), text: z.string() });
const wrapUp = z.object({ code: z.string() });

/**
 * The contacts before a call, of the same customer or from the same number, newest first, with what colleagues wrote down.
 * @throws KefuError `not_found` for no such call.
 */
export async function earlierContacts(store: CallStore, callId: string): Promise<readonly EarlierContact[]> {
  const call = await store.get(callId);
  if (!call) throw new KefuError('not_found', `There is no call ${callId}.`);
  const customerId = briefingsOf(await store.events(callId, 0)).at(-1)?.customer?.id;
  const before = await store.earlier({ callId, customerId, number: call.from, limit: mostContacts });
  return Promise.all(
    before.map(async (summary) => contactOf(summary, await store.events(summary.callId, 0))),
  );
}

function contactOf(summary: CallSummary, events: readonly CallEvent[]): EarlierContact {
  const notes: EarlierContact['notes'] = [];
  let wrapUpCode: string | null = null;
  for (const { body, atEpochMs } of events) {
    if (body.type !== 'note') continue;
    if (body.name === 'agent-note') {
      const note = agentNote.safeParse(body.data);
      if (note.success) notes.push({ ...note.data, atEpochMs });
    } else if (body.name === 'wrap-up') wrapUpCode = wrapUp.safeParse(body.data).data?.code ?? wrapUpCode;
  }
  return {
    callId: summary.callId,
    atEpochMs: summary.startedAtEpochMs,
    channel: summary.channel,
    outcome: summary.outcome,
    wanted: briefingsOf(events).at(-1)?.wanted ?? '',
    notes,
    wrapUpCode,
  };
}

function briefingsOf(events: readonly CallEvent[]) {
  return events.flatMap(({ body }) => (body.type === 'transfer' ? [body.briefing] : []));
}
