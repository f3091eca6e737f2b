import { describe, expect, it } from 'vitest';
import { createDeskMessages } from '../../../../src/app/desk/messages.ts';
import { earlierContacts } from '../../../../src/app/desk/earlier-contacts.ts';
import type { CallSummary } from '../../../../src/core/store.ts';
import type { CallEventBody } from '../../../../src/core/events.ts';
import { fakeStore } from '../../../support/call-fakes.ts';
import { briefingOf, deskPersonOf } from '../../../support/people-call.ts';
import { openBoard } from '../../handoff/open-board.ts';
import { settle } from '../../handoff/call-centre.ts';

const left = {
  type: 'note',
  name: 'voicemail',
  data: { text: 'Call me, please.', durationMs: 4_000 },
} as const;

/** A caller who has left a message, with the list of messages as desks read it. */
async function withMessage(number = 'c1') {
  const opened = await openBoard();
  const store = fakeStore();
  const kept: string[] = [];
  const messages = createDeskMessages({
    router: opened.router,
    callbacks: { get: (callId) => Promise.resolve(opened.promised.get(callId)) },
    store,
    voicemails: { path: (callId) => Promise.resolve(`/recordings/${callId}.wav`) },
    nameOf: (id) => id.toUpperCase(),
    keepNote: (callId, name) => Promise.resolve(void kept.push(`${callId} ${name}`)),
    clock: opened.clock,
  });
  const { call, place } = opened.begin(number);
  await store.append({ callId: number, seq: 1, atEpochMs: 0, body: left });
  const contact = {
    queue: 'general',
    reason: 'voicemail',
    anger: 0,
    value: 0,
    language: 'en',
    skills: [],
  } as const;
  place.message('Call me, please.', { briefing: briefingOf(number), contact: { ...contact, skills: [] } });
  await settle();
  place.ended(false);
  await settle();
  return { ...opened, messages, kept, call, store };
}

describe('the messages that callers leave', () => {
  it('are listed with their words until somebody settles them, once', async () => {
    const { messages, kept, promised } = await withMessage();
    expect(await messages.list()).toMatchObject([
      {
        callId: 'c1',
        number: '+15550001111',
        text: 'Call me, please.',
        durationMs: 4_000,
        hasSound: true,
        takenBy: null,
      },
    ]);
    await messages.settle('c1', 'anna');
    await settle();
    expect([await messages.list(), kept, promised.size]).toEqual([[], ['c1 message-settled'], 0]);
    await expect(messages.settle('c1', 'ben')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('ring at the desk of whoever takes one, and are left alone by others then', async () => {
    const { messages, connect, router, clock } = await withMessage();
    const anna = await connect(deskPersonOf('anna'), false);
    await expect(messages.take('c1', 'anna')).rejects.toMatchObject({ code: 'message_busy' });
    // It was tried lately, and would wait for its next time.
    await router.postpone('c1', clock.epochMs() + 3_600_000);
    await anna.request({ type: 'choose', choice: { state: 'available' } });
    await messages.take('c1', 'anna');
    await settle();
    expect(anna.wire.ofType('offer')).toMatchObject([
      { card: { entryId: 'c1', call: { channel: 'callback' } } },
    ]);
    expect(await messages.list()).toMatchObject([{ takenBy: 'ANNA' }]);
    await expect(messages.settle('c1', 'ben')).rejects.toMatchObject({
      code: 'message_busy',
      message: 'ANNA has this message.',
    });
    await anna.request({ type: 'accept', entryId: 'c1' });
    await anna.request({ type: 'finish', entryId: 'c1' });
    expect(await messages.list()).toEqual([]);
  });
});

describe('earlier contacts', () => {
  const summary: CallSummary = {
    ...{ callId: 'before', gateway: 'twilio', from: '+1555', to: '' },
    channel: 'voice',
    language: 'en',
    ...{ startedAtEpochMs: 1_000, endedAtEpochMs: 2_000, outcome: 'resolved', hasRecording: false },
  };
  const transfer = (callId: string): CallEventBody => ({
    ...{ type: 'transfer', skill: 'general', target: 'queue', ok: null, code: null },
    briefing: {
      ...briefingOf(callId),
      customer: { id: 'customer_1', name: 'Mia', verifiedBy: 'order number' },
    },
  });

  it('are those of the customer that the call is about, with notes and what they were about', async () => {
    const store = fakeStore();
    const add = (callId: string, seq: number, body: CallEventBody) =>
      store.append({ callId, seq, atEpochMs: seq, body });
    await add('now', 1, transfer('now'));
    await add('before', 1, transfer('before'));
    await add('before', 2, {
      type: 'note',
      name: 'agent-note',
      data: { personId: 'a', name: 'Anna', text: 'Sent.' },
    });
    await add('before', 3, {
      type: 'note',
      name: 'wrap-up',
      data: { personId: 'a', name: 'Anna', code: 'solved' },
    });
    await add('before', 4, { type: 'note', name: 'escalation', data: { rule: 'angry' } });
    const asked: unknown[] = [];
    const contacts = await earlierContacts(
      {
        ...store,
        get: () => Promise.resolve({ ...summary, callId: 'now' }),
        earlier: (than) => {
          asked.push(than);
          return Promise.resolve([summary]);
        },
      },
      'now',
    );
    expect(asked).toEqual([{ callId: 'now', customerId: 'customer_1', number: '+1555', limit: 5 }]);
    expect(contacts).toEqual([
      {
        ...{
          callId: 'before',
          atEpochMs: 1_000,
          channel: 'voice',
          outcome: 'resolved',
          wrapUpCode: 'solved',
        },
        wanted: briefingOf('before').wanted,
        notes: [{ name: 'Anna', text: 'Sent.', atEpochMs: 2 }],
      },
    ]);
  });

  it('are not told of a call that nobody knows', async () => {
    await expect(earlierContacts(fakeStore(), 'none')).rejects.toMatchObject({ code: 'not_found' });
  });
});
