import { describe, expect, it } from 'vitest';
import { deskPersonOf } from '../../support/people-call.ts';
import { settle } from './call-centre.ts';
import { openBoard, supervisor, talking } from './open-board.ts';

describe('a caller who wants a person', () => {
  it('rings at a free desk with everything that is known, and is joined with who accepts', async () => {
    const { begin, ask, connect, publish } = await openBoard();
    const caller = begin('c1');
    const { wire, request, line } = await connect(deskPersonOf('anna'));
    publish('c1', {
      type: 'turn',
      turn: 1,
      text: 'This is outrageous!',
      confidence: null,
      alternatives: [],
      startMs: 0,
      endMs: 1,
      endpointingMs: 0,
      recognitionMs: 0,
    });
    await ask(caller.call, caller.place);
    expect(caller.call.told[0]).toMatchObject({ type: 'queue-position', position: 1 });
    const [offer] = wire.ofType('offer');
    expect(offer?.card).toMatchObject({
      entryId: 'c1',
      briefing: { reason: 'angry', wanted: 'to return a lamp' },
      transcript: [{ who: 'caller', text: 'This is outrageous!', final: true }],
    });
    await request({ type: 'accept', entryId: 'c1' });
    expect(caller.call.seats).toEqual(new Map([['anna', 'talk']]));
    expect(caller.call.told.at(-1)).toEqual({ type: 'person-joined', name: 'ANNA' });
    expect(wire.ofType('conversation').at(-1)?.conversation).toMatchObject({ state: 'talking' });
    caller.call.say(new Int16Array(320));
    line.sound(new Int16Array(160));
    expect([wire.heard, caller.call.spoken]).toEqual([[320], [160]]);
  });

  it('is told their position, and again when it has changed', async () => {
    const { begin, ask, clock, connect } = await openBoard();
    const first = begin('c1');
    const second = begin('c2');
    await ask(first.call, first.place);
    await ask(second.call, second.place);
    expect(second.call.told).toEqual([{ type: 'queue-position', position: 2, waitMs: null }]);
    first.place.ended(false);
    await settle();
    await clock.advanceAsync(25_000, 500);
    expect(second.call.told.at(-1)).toMatchObject({ type: 'queue-position', position: 1 });
    const { wire } = await connect(deskPersonOf('anna'));
    expect(wire.ofType('offer').map(({ card }) => card.entryId)).toEqual(['c2']);
  });

  it('is taken out everywhere at once when they hang up, while it rings and while they talk', async () => {
    const { begin, ask, connect } = await openBoard();
    const { call, place } = begin('c1');
    const anna = await connect(deskPersonOf('anna'));
    await ask(call, place);
    place.ended(false);
    await settle();
    expect(anna.wire.ofType('offer-withdrawn')).toHaveLength(1);
    const next = begin('c2');
    await ask(next.call, next.place);
    await anna.request({ type: 'accept', entryId: 'c2' });
    next.place.ended(false);
    await settle();
    expect(anna.wire.ofType('conversation-ended')).toEqual([
      { type: 'conversation-ended', entryId: 'c2', because: 'caller-left' },
    ]);
  });

  it('keeps the place when only the stream is lost, and has it again when the call comes back', async () => {
    const { begin, ask, router, connect } = await openBoard();
    const first = begin('c1');
    await ask(first.call, first.place);
    first.place.ended(true);
    await settle();
    const before = router.state().entries[0];
    expect(before?.awaySinceEpochMs).not.toBeNull();
    const anna = await connect(deskPersonOf('anna'));
    expect(anna.wire.ofType('offer')).toEqual([]);
    const again = begin('c1');
    await ask(again.call, again.place);
    expect(router.state().entries[0]?.enqueuedAtEpochMs).toBe(before?.enqueuedAtEpochMs);
    expect(anna.wire.ofType('offer')).toHaveLength(1);
  });
});

describe('a conversation', () => {
  it('is held and resumed', async () => {
    const { call, anna } = await talking();
    await anna.request({ type: 'hold', entryId: 'c1', on: true });
    expect(call.onHold).toBe(true);
    anna.line.sound(new Int16Array(320));
    expect(call.spoken).toEqual([]);
    await anna.request({ type: 'hold', entryId: 'c1', on: false });
    expect(call.onHold).toBe(false);
    expect(anna.wire.ofType('conversation').at(-1)?.conversation.state).toBe('talking');
  });

  it('ends with the dialog saying goodbye', async () => {
    const { call, anna, router } = await talking();
    await anna.request({ type: 'finish', entryId: 'c1' });
    expect(call.lastTold).toBe('person-left end');
    expect(call.seats.size).toBe(0);
    expect(router.state().entries).toEqual([]);
    expect(anna.wire.ofType('conversation-ended').at(-1)?.because).toBe('finished');
  });

  it('goes back to a flow of Kefu, or is refused when there is none of that name', async () => {
    const { call, anna } = await talking();
    const to = (flow: string) => ({ kind: 'flow', flow }) as const;
    await anna.request({ type: 'transfer', entryId: 'c1', to: to('nothing'), note: '' });
    expect(anna.wire.ofType('problem').at(-1)).toMatchObject({ code: 'not_found' });
    expect(call.seats.size).toBe(1);
    await anna.request({ type: 'transfer', entryId: 'c1', to: to('survey'), note: '' });
    expect(call.told.at(-1)).toEqual({ type: 'person-left', next: 'flow', flow: 'survey' });
  });

  it('is handed to a colleague with a note, and to nobody else', async () => {
    const { call, anna, connect } = await talking();
    const ben = await connect(deskPersonOf('ben'));
    const carl = await connect(deskPersonOf('carl'));
    const to = { kind: 'agent', agentId: 'carl' } as const;
    await anna.request({ type: 'transfer', entryId: 'c1', to, note: 'Refund was promised.' });
    expect(call.lastTold).toMatch(/^person-left queue|queue-position/);
    expect(ben.wire.ofType('offer')).toEqual([]);
    expect(carl.wire.ofType('offer')[0]?.card.briefing?.done).toEqual(['ANNA: Refund was promised.']);
    await carl.request({ type: 'accept', entryId: 'c1' });
    expect(call.seats).toEqual(new Map([['carl', 'talk']]));
  });

  it('goes to another queue, where the one who let go is not asked first', async () => {
    const { anna, router, clock } = await talking();
    const to = { kind: 'queue', queue: 'returns' } as const;
    await anna.request({ type: 'transfer', entryId: 'c1', to, note: '' });
    await clock.advanceAsync(5_000, 500);
    expect(router.state().entries[0]).toMatchObject({ queue: 'returns', boost: 'front' });
    expect(anna.wire.ofType('offer')).toHaveLength(1);
  });

  it('stays with the agent when a number cannot be reached', async () => {
    const { call, anna } = await talking();
    const to = { kind: 'number', number: '+15551230000' } as const;
    call.transferError = new Error('busy');
    await anna.request({ type: 'transfer', entryId: 'c1', to, note: '' });
    expect(anna.wire.ofType('problem')).toHaveLength(1);
    expect(call.seats.size).toBe(1);
    call.transferError = undefined;
    await anna.request({ type: 'transfer', entryId: 'c1', to, note: '' });
    expect(call.transferredTo).toBe('+15551230000');
    expect(anna.wire.ofType('conversation-ended').at(-1)?.because).toBe('transferred');
  });

  it('keeps notes and codes, also after the call', async () => {
    const { call, anna, place, kept } = await talking();
    await anna.request({ type: 'note', callId: 'c1', text: 'Be nice.' });
    place.ended(false);
    await anna.request({ type: 'wrap-up', callId: 'c1', code: 'solved' });
    expect(call.notes).toEqual(['agent-note Be nice.']);
    expect(kept).toEqual(['c1 wrap-up']);
  });

  it('of text reaches the caller in the name of who writes', async () => {
    const { begin, ask, connect } = await openBoard();
    const profile = { ...deskPersonOf('anna').profile, textCapacity: 3 };
    const anna = await connect(deskPersonOf('anna', { profile }));
    for (const id of ['t1', 't2']) {
      const { call, place } = begin(id, 'text');
      await ask(call, place);
      await anna.request({ type: 'accept', entryId: id });
      await anna.request({ type: 'text', entryId: id, text: 'Hello' });
      expect(call.written).toEqual(['ANNA: Hello']);
    }
  });
});

describe('a second agent', () => {
  async function consulting() {
    const opened = await talking();
    const ben = await opened.connect(deskPersonOf('ben'));
    await opened.anna.request({ type: 'consult', entryId: 'c1', agentId: 'ben' });
    const entryId = ben.wire.ofType('offer').at(-1)?.card.entryId ?? '';
    return { ...opened, ben, entryId };
  }

  it('is asked while the caller is on hold, and leaves again', async () => {
    const { call, anna, ben, entryId, router } = await consulting();
    expect(call.onHold).toBe(true);
    await ben.request({ type: 'accept', entryId });
    expect(call.seats).toEqual(
      new Map([
        ['anna', 'aside'],
        ['ben', 'aside'],
      ]),
    );
    await anna.request({ type: 'consult-end', entryId: 'c1', then: 'back' });
    expect(call.seats).toEqual(new Map([['anna', 'talk']]));
    expect([call.onHold, router.state().entries.length]).toEqual([false, 1]);
  });

  it('takes the caller over', async () => {
    const { call, anna, ben, entryId } = await consulting();
    await ben.request({ type: 'accept', entryId });
    await anna.request({ type: 'consult-end', entryId: 'c1', then: 'hand-over' });
    expect(call.seats).toEqual(new Map([['ben', 'talk']]));
    expect(call.onHold).toBe(false);
    await ben.request({ type: 'finish', entryId });
    expect(call.lastTold).toBe('person-left end');
  });

  it('joins a conference, from which either may leave first', async () => {
    const { call, anna, ben, entryId } = await consulting();
    await ben.request({ type: 'accept', entryId });
    await anna.request({ type: 'consult-end', entryId: 'c1', then: 'conference' });
    expect([...call.seats.values()]).toEqual(['talk', 'talk']);
    await anna.request({ type: 'finish', entryId: 'c1' });
    expect(call.lastTold).toBe('person-joined');
    await ben.request({ type: 'finish', entryId });
    expect(call.lastTold).toBe('person-left end');
  });

  it('who declines or does not answer gives the caller back', async () => {
    const { call, anna, ben, entryId, clock } = await consulting();
    await ben.request({ type: 'decline', entryId });
    expect(call.onHold).toBe(false);
    expect(anna.wire.ofType('problem').at(-1)).toMatchObject({ code: 'no_answer' });
    await anna.request({ type: 'consult', entryId: 'c1', agentId: 'ben' });
    await clock.advanceAsync(31_000, 500);
    expect(call.onHold).toBe(false);
    expect(call.seats).toEqual(new Map([['anna', 'talk']]));
  });

  it('must be at the desk', async () => {
    const { anna, call } = await talking();
    await anna.request({ type: 'consult', entryId: 'c1', agentId: 'nobody' });
    expect(anna.wire.ofType('problem').at(-1)).toMatchObject({ code: 'not_found' });
    expect(call.onHold).toBe(false);
  });
});

describe('a desk that disappears', () => {
  it('has its conversation again when it is back in time', async () => {
    const { call, anna, clock, connect } = await talking();
    anna.line.gone();
    await clock.advanceAsync(1_000, 500);
    const again = await connect(deskPersonOf('anna'), false);
    await clock.advanceAsync(5_000, 500);
    expect(call.seats).toEqual(new Map([['anna', 'talk']]));
    expect(again.wire.ofType('welcome')[0]?.conversations).toHaveLength(1);
    call.say(new Int16Array(320));
    expect([again.wire.heard, anna.wire.heard]).toEqual([[320], []]);
  });

  it('leaves the caller to the next agent, who is told so within two seconds', async () => {
    const { call, anna, clock, begin, ask, connect } = await talking();
    const other = begin('c2');
    await ask(other.call, other.place);
    anna.line.gone();
    await clock.advanceAsync(2_000, 500);
    expect(call.told.filter(({ type }) => type === 'person-left')).toEqual([
      { type: 'person-left', next: 'lost' },
    ]);
    const ben = await connect(deskPersonOf('ben'));
    expect(ben.wire.ofType('offer').map(({ card }) => card.entryId)).toEqual(['c1']);
    await ben.request({ type: 'accept', entryId: 'c1' });
    expect(call.seats).toEqual(new Map([['ben', 'talk']]));
  });

  it('gives way to the newest tab of the same person', async () => {
    const { anna, connect, call } = await talking();
    const second = await connect(deskPersonOf('anna'), false);
    expect(anna.wire.closed).toBeDefined();
    anna.line.sound(new Int16Array(320));
    second.line.sound(new Int16Array(160));
    expect(call.spoken).toEqual([160]);
  });
});

describe('a supervisor', () => {
  it('listens, whispers and joins, and each is written down', async () => {
    const { call, connect, deeds } = await talking();
    const sue = await connect(supervisor, false);
    for (const mode of ['listen', 'whisper', 'join'] as const)
      await sue.request({ type: 'supervise', callId: 'c1', mode });
    expect(call.seats.get('sue')).toBe('talk');
    expect(deeds.map(({ action }) => action)).toEqual([
      'supervise-listen',
      'supervise-whisper',
      'supervise-join',
    ]);
    await sue.request({ type: 'supervise-end', callId: 'c1' });
    expect(call.seats.has('sue')).toBe(false);
  });

  it('takes a call over from Kefu and from an agent', async () => {
    const { call, anna, connect, begin } = await talking();
    const sue = await connect(supervisor, false);
    await sue.request({ type: 'take-over', callId: 'c1' });
    expect(call.seats).toEqual(new Map([['sue', 'talk']]));
    expect(anna.wire.ofType('conversation-ended').at(-1)?.because).toBe('taken-over');
    await sue.request({ type: 'finish', entryId: 'c1' });
    expect(call.lastTold).toBe('person-left end');
    const bot = begin('c2');
    await sue.request({ type: 'take-over', callId: 'c2' });
    expect(bot.call.lastTold).toBe('person-joined');
  });

  it('sees all running calls, and an agent none of others', async () => {
    const { begin, connect } = await openBoard();
    const { call } = begin('c1');
    const sue = await connect(supervisor, false);
    const anna = await connect(deskPersonOf('anna'), false);
    expect(sue.wire.ofType('live-calls')[0]?.calls.map(({ callId }) => callId)).toEqual(['c1']);
    expect(anna.wire.ofType('live-calls')).toEqual([]);
    await anna.request({ type: 'supervise', callId: 'c1', mode: 'listen' });
    await anna.request({ type: 'take-over', callId: 'c1' });
    expect(anna.wire.ofType('problem').map(({ code }) => code)).toEqual(['forbidden', 'forbidden']);
    expect(call.seats.size).toBe(0);
  });
});
