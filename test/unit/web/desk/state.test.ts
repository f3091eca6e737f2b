import { describe, expect, it } from 'vitest';
import type { ContactCard, DeskConversation, DeskMessage } from '../../../../src/core/desk.ts';
import {
  byAnger,
  emptyDesk,
  ownContacts,
  reduceDesk,
  soundNeeds,
  watchedContact,
  type DeskAction,
  type DeskState,
} from '../../../../src/web/desk/state.ts';
import { contactCard, deskAgent, liveCall, moodPoint, transcriptLine } from '../../../support/desk-cards.ts';

const nowEpochMs = Date.UTC(2026, 0, 1);
const told = (message: DeskMessage): DeskAction => ({ type: 'message', message, nowEpochMs });
const after = (state: DeskState, ...actions: readonly DeskAction[]) => actions.reduce(reduceDesk, state);
const conversation = (
  card: ContactCard,
  change: Partial<DeskConversation> = {},
): Extract<DeskMessage, { type: 'conversation' }> => ({
  type: 'conversation',
  card,
  conversation: {
    entryId: card.entryId,
    state: 'talking',
    mode: null,
    sinceEpochMs: nowEpochMs,
    people: [],
    ...change,
  },
});
const welcome = (change: Partial<Extract<DeskMessage, { type: 'welcome' }>> = {}): DeskAction =>
  told({
    type: 'welcome',
    me: { id: 'ada', name: 'Ada', role: 'agent' },
    agent: deskAgent(),
    colleagues: [],
    queues: ['general'],
    flows: [],
    wrapUpCodes: ['resolved'],
    telephone: null,
    device: 'browser',
    conversations: [],
    ...change,
  });
const open: DeskAction = { type: 'link', link: { state: 'open' } };
const voice = contactCard();
const text = contactCard({ callId: 'call_text', channel: 'text', customerName: 'Emma' });
const signedIn = after(emptyDesk, open, welcome());

describe('an offer', () => {
  const offered = after(signedIn, told({ type: 'offer', card: voice, untilEpochMs: nowEpochMs + 20_000 }));

  it('rings until it is answered, and becomes the selected conversation', () => {
    expect(offered.offers.map(({ card }) => card.entryId)).toEqual(['call_mia']);
    const talking = after(offered, told(conversation(voice)));
    expect(talking.offers).toEqual([]);
    expect(talking.selectedId).toBe('call_mia');
  });

  it('stops ringing when it is withdrawn, and when the line is lost', () => {
    expect(after(offered, told({ type: 'offer-withdrawn', entryId: 'call_mia' })).offers).toEqual([]);
    const lost: DeskAction = {
      type: 'link',
      link: { state: 'connecting', lostSinceEpochMs: nowEpochMs },
    };
    expect(after(offered, lost).offers).toEqual([]);
  });

  it('ends by the clock of this machine, however wrong that is', () => {
    const ahead = after(emptyDesk, open, welcome({ nowEpochMs: nowEpochMs - 60_000 }));
    const untilEpochMs = nowEpochMs - 60_000 + 20_000;
    const [offer] = after(ahead, told({ type: 'offer', card: voice, untilEpochMs })).offers;
    expect(offer?.untilEpochMs).toBe(nowEpochMs + 20_000);
  });

  it('gets what is said and felt meanwhile', () => {
    const line = transcriptLine(6, 'caller', 'Hello?');
    const mood = moodPoint(0, { mood: 'upset', anger: 0.5 });
    const [offer] = after(
      offered,
      told({ type: 'line', callId: 'call_mia', line }),
      told({ type: 'mood', callId: 'call_mia', mood }),
    ).offers;
    expect(offer?.card.transcript.at(-1)).toEqual(line);
    expect(offer?.card.call).toMatchObject({ mood: 'upset', anger: 0.5 });
  });
});

describe('a conversation', () => {
  const talking = after(signedIn, told(conversation(voice)));

  it('has each line once, the newer text of it, in their order', () => {
    const { contacts } = after(
      talking,
      told({ type: 'line', callId: 'call_mia', line: transcriptLine(7, 'agent', 'Seven') }),
      told({
        type: 'line',
        callId: 'call_mia',
        line: { ...transcriptLine(6, 'caller', 'Si'), final: false },
      }),
      told({ type: 'line', callId: 'call_mia', line: transcriptLine(6, 'caller', 'Six') }),
    );
    expect(contacts[0]?.card.transcript.slice(5).map((line) => line.text)).toEqual(['Six', 'Seven']);
  });

  it('does not lose the sight of a call to a new text, but to a call', () => {
    expect(after(talking, told(conversation(text))).selectedId).toBe('call_mia');
    const texting = after(signedIn, told(conversation(text)));
    expect(after(texting, told(conversation(voice))).selectedId).toBe('call_mia');
  });

  it('keeps what is being written while another one is looked at', () => {
    const state = after(
      talking,
      { type: 'draft', key: 'note:call_mia', text: 'Lamp' },
      told(conversation(text)),
      { type: 'select', entryId: 'call_text' },
      { type: 'select', entryId: 'call_mia' },
    );
    expect(state.drafts['note:call_mia']).toBe('Lamp');
  });

  it('stays for its after-call work when it is over, until it is dismissed', () => {
    const over = after(
      talking,
      { type: 'noted', callId: 'call_mia', text: 'Sent a label' },
      told({ type: 'conversation-ended', entryId: 'call_mia', because: 'caller-left' }),
      { type: 'wrapped-up', callId: 'call_mia', code: 'resolved' },
    );
    expect(over.contacts[0]).toMatchObject({
      ended: { because: 'caller-left' },
      notes: ['Sent a label'],
      wrapUpCode: 'resolved',
    });
    const dismissed = after(over, { type: 'dismiss', entryId: 'call_mia' });
    expect(dismissed.contacts).toEqual([]);
    expect(dismissed.selectedId).toBeNull();
  });

  it('cannot be dismissed while it goes on', () => {
    expect(after(talking, { type: 'dismiss', entryId: 'call_mia' }).contacts).toHaveLength(1);
  });
});

describe('a reconnect', () => {
  const busy = after(signedIn, told(conversation(voice)), told(conversation(text)), {
    type: 'noted',
    callId: 'call_mia',
    text: 'A note',
  });

  it('restores what survived, with its notes, and says of the rest that it was lost', () => {
    const { card, conversation: kept } = conversation(voice, { state: 'hold' });
    const back = after(busy, welcome({ conversations: [{ card, conversation: kept }] }));
    expect(back.contacts.map(({ entryId, ended }) => [entryId, ended?.because])).toEqual([
      ['call_mia', undefined],
      ['call_text', 'lost'],
    ]);
    expect(back.contacts[0]).toMatchObject({ notes: ['A note'], conversation: { state: 'hold' } });
    expect(back.selectedId).toBe('call_mia');
  });
});

describe('a page loaded anew', () => {
  it('goes on muted for who was muted', () => {
    const people = [{ id: 'ada', name: 'Ada', muted: true }];
    const { card, conversation: kept } = conversation(voice, { people });
    expect(after(emptyDesk, open, welcome({ conversations: [{ card, conversation: kept }] })).muted).toBe(
      true,
    );
  });
});

describe('the sound', () => {
  const needs = (change: Partial<DeskConversation>, ...actions: readonly DeskAction[]) =>
    soundNeeds(after(signedIn, told(conversation(voice, change)), ...actions));

  it('is open in a call and leaves the page unless muted or on hold', () => {
    expect(needs({})).toEqual({ devices: 'both', heard: true });
    expect(needs({}, { type: 'muted', on: true })).toEqual({ devices: 'both', heard: false });
    expect(needs({ state: 'hold' })).toEqual({ devices: 'both', heard: false });
    expect(needs({ state: 'consulting' })).toEqual({ devices: 'both', heard: true });
  });

  it('stays closed for who speaks by telephone', () => {
    expect(needs({}, told({ type: 'device', device: 'telephone' }))).toEqual({
      devices: 'none',
      heard: false,
    });
  });

  it('needs no microphone for listening, and nothing for reading and writing', () => {
    const watching = { state: 'supervising', mode: 'listen' } as const;
    expect(needs(watching)).toEqual({ devices: 'none', heard: false });
    expect(needs(watching, { type: 'silent', on: false })).toEqual({ devices: 'loudspeaker', heard: false });
    expect(needs({ state: 'supervising', mode: 'whisper' })).toEqual({ devices: 'both', heard: true });
    expect(soundNeeds(after(signedIn, told(conversation(text)))).devices).toBe('none');
  });

  it('is not muted in a new call because the last one was', () => {
    const muted = after(signedIn, told(conversation(voice)), { type: 'muted', on: true });
    const next = contactCard({ callId: 'call_next' });
    const ended = told({ type: 'conversation-ended', entryId: 'call_mia', because: 'finished' });
    expect(after(muted, ended, told(conversation(next))).muted).toBe(false);
    // News of the same call changes nothing.
    expect(after(muted, told(conversation(voice, { state: 'hold' }))).muted).toBe(true);
  });
});

describe('supervising', () => {
  const calls = [
    liveCall({ callId: 'calm', mood: 'neutral', anger: 0.1 }),
    liveCall({ callId: 'angry', anger: 0.9 }),
    liveCall({ callId: 'with-kefu', phase: 'kefu', anger: 0.4 }),
    liveCall({ callId: 'waits', phase: 'waiting', anger: 0.4 }),
  ];

  it('has the angriest first, and among equals who waits', () => {
    expect(byAnger(calls).map(({ callId }) => callId)).toEqual(['angry', 'waits', 'with-kefu', 'calm']);
  });

  it('follows calls until they end', () => {
    const state = after(signedIn, told({ type: 'live-calls', calls }));
    const call = liveCall({ callId: 'calm', phase: 'ended' });
    const gone = after(state, told({ type: 'live-call', call }));
    expect(gone.liveCalls.map(({ callId }) => callId)).not.toContain('calm');
    const fresh = after(gone, told({ type: 'live-call', call: liveCall({ callId: 'new' }) }));
    expect(fresh.liveCalls.at(-1)?.callId).toBe('new');
  });

  it('puts no watched call on the desk, and leaves no after-call work', () => {
    const watching = after(signedIn, told(conversation(voice, { state: 'supervising', mode: 'listen' })));
    expect(watchedContact(watching)?.entryId).toBe('call_mia');
    expect(ownContacts(watching)).toEqual([]);
    expect(watching.selectedId).toBeNull();
    const over = told({ type: 'conversation-ended', entryId: 'call_mia', because: 'finished' });
    expect(after(watching, over).contacts).toEqual([]);
    // Taken over, it is a conversation of this desk.
    const taken = after(watching, told(conversation(voice)));
    expect(ownContacts(taken)).toHaveLength(1);
    expect(taken.selectedId).toBe('call_mia');
  });
});
