import type { ContactCard, LiveCall, MoodPoint, TranscriptLine } from '../../src/core/desk.ts';
import type { AgentState } from '../../src/core/handoff.ts';

const minuteMs = 60_000;

/** An agent of a desk, offline unless said otherwise. */
export function deskAgent(change: Partial<AgentState> = {}): AgentState {
  return {
    id: 'ada',
    teams: ['orders'],
    languages: ['en', 'zh'],
    skills: { orders: 4 },
    textCapacity: 3,
    state: 'offline',
    breakReason: null,
    sinceEpochMs: Date.now(),
    idleSinceEpochMs: Date.now(),
    holding: [],
    busy: null,
    afterwards: null,
    recentHandleMs: [],
    nodeId: 'node_1',
    ...change,
  };
}

export function liveCall(change: Partial<LiveCall> = {}): LiveCall {
  return {
    callId: 'call_mia',
    channel: 'voice',
    gateway: 'twilio',
    from: '+12025550143',
    language: 'en',
    startedAtEpochMs: Date.now() - 3 * minuteMs,
    phase: 'waiting',
    mood: 'angry',
    anger: 0.82,
    wanted: 'to send back a lamp',
    customerName: 'Mia Garcia',
    agents: [],
    ...change,
  };
}

export function moodPoint(agoMs: number, change: Partial<MoodPoint> = {}): MoodPoint {
  return {
    atEpochMs: Date.now() - agoMs,
    mood: 'neutral',
    anger: 0.1,
    words: 'Hello.',
    causes: [],
    ...change,
  };
}

export function transcriptLine(id: number, who: TranscriptLine['who'], text: string): TranscriptLine {
  return { id, atEpochMs: Date.now() - (100 - id) * 1000, who, text, final: true };
}

/** What is known of an angry caller whose lamp arrived broken. */
export function contactCard(change: Partial<LiveCall> = {}): ContactCard {
  const call = liveCall(change);
  return {
    entryId: call.callId,
    call,
    briefing: {
      callId: call.callId,
      from: call.from,
      language: call.language,
      reason: 'angry',
      mood: 'angry',
      wanted: call.wanted,
      customer: { id: 'mia_garcia_2723', name: call.customerName ?? '', verifiedBy: 'order number' },
      slots: { order_number: 'W2378156', item_choice: ['desk lamp'], refund_destination: 'PayPal' },
      done: ['A return label was sent by e-mail.', 'A refund of 45.90 USD was promised within five days.'],
      summary:
        'Mia Garcia wants to send back a lamp that arrived broken. Handed over because the caller is angry ("This is the third time!").',
    },
    moods: [
      moodPoint(150_000, { words: 'Hi, I have a problem with my lamp.' }),
      moodPoint(110_000, { mood: 'upset', anger: 0.45, words: 'It is broken again.', causes: ['repeated'] }),
      moodPoint(70_000, { mood: 'upset', anger: 0.4, words: 'W2378156' }),
      moodPoint(30_000, {
        mood: 'angry',
        anger: 0.82,
        words: 'This is the third time!',
        causes: ['interrupted', 'voice', 'asked-for-person'],
      }),
    ],
    transcript: [
      transcriptLine(1, 'kefu', 'Hello, this is the Kefu demo shop. How can I help you?'),
      transcriptLine(2, 'caller', 'Hi, I have a problem with my lamp. It is broken again.'),
      transcriptLine(3, 'kefu', 'I am sorry to hear that. What is your order number?'),
      transcriptLine(4, 'caller', 'W2378156. This is the third time! Get me a person.'),
      transcriptLine(5, 'kefu', 'I understand. I will connect you with a colleague.'),
    ],
    enqueuedAtEpochMs: Date.now() - 25_000,
  };
}

/** What the shop knows of the same caller. */
export const shopCustomer = {
  customer: {
    id: 'mia_garcia_2723',
    name: { first: 'Mia', last: 'Garcia' },
    emails: ['mia.garcia2723@example.com'],
    phones: ['+12025550143'],
    address: { line1: '123 Elm Street', city: 'Denver', state: 'CO', country: 'US', postalCode: '80280' },
    paymentMethods: [],
    tier: 'gold',
  },
  orders: [
    {
      id: '#W2378156',
      customerId: 'mia_garcia_2723',
      placedAt: '2026-11-12T10:00:00Z',
      status: 'shipped',
      flags: [],
      address: { line1: '123 Elm Street', city: 'Denver', country: 'US', postalCode: '80280' },
      items: [
        {
          itemId: '1',
          productId: 'p1',
          name: 'Desk lamp',
          quantity: 1,
          price: { amount: '45.90', currency: 'USD' },
          options: { colour: 'black', brightness: 'high' },
        },
        {
          itemId: '2',
          productId: 'p2',
          name: 'Mechanical keyboard',
          quantity: 2,
          price: { amount: '120.00', currency: 'USD' },
          options: { switch: 'clicky' },
        },
      ],
      payments: [],
      shipments: [
        {
          id: 's1',
          carrier: 'UPS',
          trackingNumber: '1Z999AA10123456784',
          status: 'in transit',
          itemIds: ['1', '2'],
          estimatedAt: '2026-12-01T12:00:00Z',
          events: [{ at: '2026-11-28T08:00:00Z', place: 'Denver', text: 'Arrived at the depot' }],
        },
      ],
    },
  ],
} as const;

export const shopFigures = {
  sinceEpochMs: Date.now() - 8 * 60 * minuteMs,
  queues: [
    {
      queue: 'general',
      offered: 120,
      answered: 110,
      abandoned: 6,
      serviceLevel: 0.86,
      averageAnswerMs: 14_000,
      averageHandleMs: 215_000,
      callbacksPromised: 5,
      callbacksKept: 4,
      waiting: 2,
      longestWaitMs: 31_000,
    },
    {
      queue: 'complaints',
      offered: 14,
      answered: 14,
      abandoned: 0,
      serviceLevel: 1,
      averageAnswerMs: 6_000,
      averageHandleMs: 402_000,
      callbacksPromised: 0,
      callbacksKept: 0,
      waiting: 0,
      longestWaitMs: 0,
    },
  ],
  agents: [
    { id: 'ada', name: 'Ada Okafor', handled: 41, averageHandleMs: 201_000, occupancy: 0.71 },
    { id: 'wei', name: '王伟', handled: 37, averageHandleMs: 243_000, occupancy: 0.78 },
  ],
  transfersByReason: [
    { reason: 'asked-for-person', count: 61 },
    { reason: 'angry', count: 22 },
    { reason: 'not-found', count: 9 },
  ],
  calls: 412,
  contained: 278,
} as const;
