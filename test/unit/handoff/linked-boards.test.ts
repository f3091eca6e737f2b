import { describe, expect, it } from 'vitest';
import type { Phone } from '../../../src/handoff/phones.ts';
import { deskPersonOf, type FakePeopleCall } from '../../support/people-call.ts';
import { settle } from './call-centre.ts';
import { supervisor } from './open-board.ts';
import { linkBoards, openTwoBoards, talkingOverLink } from './two-boards.ts';

const packet = new Int16Array(320);

/** How the caller was last told that nobody is there any more; undefined while somebody is. */
function leftBecause({ told }: FakePeopleCall): string | undefined {
  const last = told.findLast(({ type }) => type === 'person-left' || type === 'person-joined');
  return last?.type === 'person-left' ? last.next : undefined;
}

describe('a call and a desk on linked nodes', () => {
  it('ring with the card, show lines and moods, and are joined so that both are heard', async () => {
    const { calls, desks } = await openTwoBoards();
    const anna = await desks.connect(deskPersonOf('anna'));
    const { call, place } = calls.begin('c1');
    await calls.ask(call, place);
    await settle();
    expect(anna.wire.ofType('offer')).toMatchObject([
      { card: { entryId: 'c1', briefing: { wanted: 'to return a lamp' }, call: { callId: 'c1' } } },
    ]);
    calls.publish('c1', { type: 'partial', text: 'Hello', turn: 1, mediaMs: 0 });
    await settle();
    expect(anna.wire.ofType('line')).toMatchObject([{ callId: 'c1', line: { text: 'Hello' } }]);
    await anna.request({ type: 'accept', entryId: 'c1' });
    await settle();
    expect(call.lastTold).toBe('person-joined');
    expect(call.seats.get('anna')).toBe('talk');
    expect(anna.wire.ofType('conversation').at(-1)).toMatchObject({
      conversation: { state: 'talking', people: [{ id: 'anna' }] },
    });
    call.say(packet);
    anna.line.sound(packet);
    await settle();
    expect(anna.wire.heard).toEqual([320]);
    expect(call.spoken).toEqual([320]);
    expect(anna.wire.ofType('problem')).toEqual([]);
    // What a desk hears of its own node comes once.
    const { length } = anna.wire.ofType('queue');
    await calls.ask(calls.begin('c2').call, calls.begin('c2').place);
    await settle();
    expect(anna.wire.ofType('queue').length - length).toBe(1);
  });

  it('carry out what is asked: hold, mute, keys, text, note, wrap-up', async () => {
    const { anna, call, calls } = await talkingOverLink();
    await anna.request({ type: 'hold', entryId: 'c1', on: true });
    await settle();
    expect(call.onHold).toBe(true);
    anna.line.sound(packet);
    await settle();
    expect(call.spoken).toEqual([]);
    await anna.request({ type: 'hold', entryId: 'c1', on: false });
    await anna.request({ type: 'mute', entryId: 'c1', on: true });
    await settle();
    expect(anna.wire.ofType('conversation').at(-1)).toMatchObject({
      conversation: { state: 'talking', people: [{ muted: true }] },
    });
    await anna.request({ type: 'keys', entryId: 'c1', digits: '12#' });
    await anna.request({ type: 'text', entryId: 'c1', text: 'Hi' });
    await anna.request({ type: 'note', callId: 'c1', text: 'kind' });
    await anna.request({ type: 'finish', entryId: 'c1' });
    await anna.request({ type: 'wrap-up', callId: 'c1', code: 'solved' });
    await settle();
    expect(call.notes).toEqual(['keys 12#', 'agent-note kind', 'wrap-up solved']);
    expect(call.written).toEqual(['ANNA: Hi']);
    expect(call.lastTold).toBe('person-left end');
    expect(anna.wire.ofType('conversation-ended')).toMatchObject([{ because: 'finished' }]);
    expect(calls.router.state().entries).toEqual([]);
  });

  it('decline, and transfer to a flow, a number and a queue', async () => {
    const { calls, desks } = await openTwoBoards();
    const anna = await desks.connect(deskPersonOf('anna'));
    const { call, place } = calls.begin('c1');
    await calls.ask(call, place);
    await settle();
    await anna.request({ type: 'decline', entryId: 'c1' });
    await settle();
    expect(anna.wire.ofType('offer-withdrawn')).toHaveLength(1);
    await anna.request({ type: 'choose', choice: { state: 'offline' } });
    const ben = await desks.connect(deskPersonOf('ben'));
    await settle();
    await ben.request({ type: 'accept', entryId: 'c1' });
    await ben.request({
      type: 'transfer',
      entryId: 'c1',
      to: { kind: 'queue', queue: 'returns' },
      note: 'an old lamp',
    });
    await settle();
    expect(call.told.map((event) => (event.type === 'person-left' ? event.next : event.type))).toContain(
      'queue',
    );
    const carl = await calls.connect(deskPersonOf('carl'));
    await settle();
    expect(carl.wire.ofType('offer').at(-1)?.card.briefing?.done).toEqual(['BEN: an old lamp']);
    await carl.request({ type: 'accept', entryId: 'c1' });
    await carl.request({ type: 'transfer', entryId: 'c1', to: { kind: 'flow', flow: 'survey' }, note: '' });
    expect(call.lastTold).toBe('person-left flow');
  });

  it('transfer to a number', async () => {
    const { anna, call } = await talkingOverLink();
    await anna.request({
      type: 'transfer',
      entryId: 'c1',
      to: { kind: 'number', number: '+15550009' },
      note: '',
    });
    await settle();
    expect(call.transferredTo).toBe('+15550009');
    expect(anna.wire.ofType('conversation-ended')).toMatchObject([{ because: 'transferred' }]);
  });

  it('consult a colleague of the other node, who takes over', async () => {
    const { anna, call, calls, desks } = await talkingOverLink();
    const ben = await calls.connect(deskPersonOf('ben'));
    const cora = await desks.connect(deskPersonOf('cora'));
    for (const [colleague, id] of [
      [ben, 'ben'],
      [cora, 'cora'],
    ] as const) {
      await anna.request({ type: 'consult', entryId: 'c1', agentId: id });
      await settle();
      const entryId = colleague.wire.ofType('offer').at(-1)?.card.entryId ?? '';
      await colleague.request({ type: 'accept', entryId });
      await settle();
      expect(call.onHold).toBe(true);
      expect([...call.seats]).toEqual([
        ['anna', 'aside'],
        [id, 'aside'],
      ]);
      await anna.request({ type: 'consult-end', entryId: 'c1', then: id === 'ben' ? 'back' : 'hand-over' });
      await settle();
    }
    expect([...call.seats]).toEqual([['cora', 'talk']]);
    expect(call.onHold).toBe(false);
  });

  it('part when the caller hangs up, and when the desk does not come back', async () => {
    const { anna, call, calls, desks, place } = await talkingOverLink();
    anna.line.gone();
    await calls.clock.advanceAsync(2_000, 250);
    await settle();
    expect(leftBecause(call)).toBe('lost');
    expect(call.seats.size).toBe(0);
    expect(calls.router.state().entries).toMatchObject([{ boost: 'very-front' }]);
    const again = await desks.connect(deskPersonOf('anna'));
    await settle();
    await again.request({ type: 'accept', entryId: 'c1' });
    await settle();
    expect(call.lastTold).toBe('person-joined');
    place.ended(false);
    await settle();
    expect(again.wire.ofType('conversation-ended')).toMatchObject([{ because: 'caller-left' }]);
  });

  it('go on after the page was loaded again', async () => {
    const { anna, call, calls, desks } = await talkingOverLink();
    anna.line.gone();
    await calls.clock.advanceAsync(1_000, 250);
    const again = await desks.connect(deskPersonOf('anna'), false);
    await settle();
    expect(again.wire.ofType('conversation')).toMatchObject([{ card: { entryId: 'c1' } }]);
    await calls.clock.advanceAsync(3_000, 250);
    again.line.sound(packet);
    await settle();
    expect(call.spoken).toEqual([320]);
    expect(call.lastTold).toBe('person-joined');
  });
});

describe('a link that is lost', () => {
  it('gives the caller to others at once, whichever end notices it first', async () => {
    for (const first of ['goneAtCalls', 'goneAtDesks'] as const) {
      const { anna, call, calls, desks, link } = await talkingOverLink();
      const ben = await calls.connect(deskPersonOf('ben'));
      link.cut();
      link[first]();
      await settle();
      expect(leftBecause(call)).toBe('lost');
      expect(ben.wire.ofType('offer')).toHaveLength(1);
      link.lose();
      await settle();
      expect(anna.wire.ofType('conversation-ended')).toMatchObject([{ because: 'lost' }]);
      expect(call.seats.size).toBe(0);
      expect(desks.router.state().agents.find(({ id }) => id === 'anna')).toMatchObject({
        holding: [],
        reaches: [],
      });
      // It comes back, with whatever one end has not noticed, and Anna is asked again.
      await ben.request({ type: 'choose', choice: { state: 'offline' } });
      linkBoards(desks.board, 'n1', calls.board);
      await settle();
      expect(anna.wire.ofType('offer')).toHaveLength(2);
    }
  });

  it('stops a ring, and rings elsewhere', async () => {
    const { calls, desks, link } = await openTwoBoards();
    const anna = await desks.connect(deskPersonOf('anna'));
    const { call, place } = calls.begin('c1');
    await calls.ask(call, place);
    await settle();
    link.lose();
    await settle();
    expect(anna.wire.ofType('offer-withdrawn')).toHaveLength(1);
    expect(calls.router.state().entries).toMatchObject([{ boost: 'front', progress: { state: 'waiting' } }]);
    const ben = await calls.connect(deskPersonOf('ben'));
    expect(ben.wire.ofType('offer')).toHaveLength(1);
    expect(anna.wire.ofType('problem')).toEqual([]);
  });

  it('is made anew although the node of the calls still has the old one', async () => {
    const { call, calls, desks, link } = await talkingOverLink();
    link.cut();
    link.goneAtDesks();
    await settle();
    linkBoards(desks.board, 'n1', calls.board);
    await settle();
    expect(desks.router.state().agents).toMatchObject([{ reaches: ['n1'] }]);
    link.goneAtCalls();
    await settle();
    expect(desks.router.state().agents).toMatchObject([{ reaches: ['n1'] }]);
    expect(leftBecause(call)).toBe('lost');
  });
});

describe('the store of the queue', () => {
  it('may be away while a link is lost: the caller goes to others as soon as it answers', async () => {
    for (const isLinkedAgain of [false, true]) {
      const { call, calls, desks, link } = await talkingOverLink();
      calls.store.severed = desks.store.severed = true;
      link.lose();
      await settle();
      if (isLinkedAgain) linkBoards(desks.board, 'n1', calls.board);
      await settle();
      expect(call.seats.size).toBe(0);
      await calls.clock.advanceAsync(2_000, 250);
      calls.store.severed = desks.store.severed = false;
      await calls.clock.advanceAsync(3_000, 250);
      await settle();
      expect(leftBecause(call)).toBe('lost');
      expect(desks.router.state().agents).toMatchObject([{ reaches: isLinkedAgain ? ['n1'] : [] }]);
    }
  });
});

describe('a person', () => {
  it('who opens a desk on the other node has the conversations of the first one given to others', async () => {
    const { anna, call, calls } = await talkingOverLink();
    const there = await calls.connect(deskPersonOf('anna'));
    await settle();
    expect(anna.wire.closed).toContain('another place');
    expect(leftBecause(call)).toBe('lost');
    await there.request({ type: 'choose', choice: { state: 'available' } });
    await calls.clock.advanceAsync(31_000, 1_000);
    await settle();
    expect(there.wire.ofType('offer')).toHaveLength(1);
  });

  it('may sit at a telephone', async () => {
    const rung: string[] = [];
    const heard: number[] = [];
    let speak: (samples: Int16Array) => void = () => undefined;
    let hangUp: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (hangUp = resolve));
    const phone: Phone = {
      hear: (samples) => void heard.push(samples.length),
      onSpeech: (listener) => void (speak = listener),
      gone,
      hangUp: () => undefined,
    };
    const { calls, desks } = await openTwoBoards({
      ring: (_, number) => {
        rung.push(number);
        return Promise.resolve(phone);
      },
    });
    const anna = await desks.connect(deskPersonOf('anna', { telephone: '+15550001' }), false);
    await anna.request({ type: 'device', device: 'telephone' });
    await anna.request({ type: 'choose', choice: { state: 'available' } });
    const { call, place } = calls.begin('c1');
    await calls.ask(call, place);
    await settle();
    expect(rung).toEqual(['+15550001']);
    expect(call.lastTold).toBe('person-joined');
    call.say(packet);
    speak(packet);
    await settle();
    expect([heard, call.spoken]).toEqual([[320], [320]]);
    hangUp();
    await settle();
    expect(call.lastTold).toBe('person-left end');
  });
});

describe('a supervisor', () => {
  it('sees the calls of all nodes, listens to them and takes them over', async () => {
    const { anna, call, calls, desks, link } = await talkingOverLink();
    const sue = await desks.connect(supervisor, false);
    await settle();
    expect(sue.wire.ofType('live-call')).toMatchObject([{ call: { callId: 'c1' } }]);
    await sue.request({ type: 'supervise', callId: 'c1', mode: 'listen' });
    await settle();
    expect(call.seats.get('sue')).toBe('listen');
    call.say(packet);
    await settle();
    expect(sue.wire.heard).toEqual([320]);
    await sue.request({ type: 'supervise-end', callId: 'c1' });
    await sue.request({ type: 'take-over', callId: 'c1' });
    await settle();
    expect([...call.seats]).toEqual([['sue', 'talk']]);
    expect(anna.wire.ofType('conversation-ended')).toMatchObject([{ because: 'taken-over' }]);
    expect(calls.deeds.map(({ person, action }) => `${person.id} ${action}`)).toEqual([
      'sue supervise-listen',
      'sue take-over',
    ]);
    link.lose();
    await settle();
    expect(leftBecause(call)).toBe('lost');
    expect(sue.wire.ofType('live-call').at(-1)).toMatchObject({ call: { phase: 'ended' } });
    await sue.request({ type: 'take-over', callId: 'c1' });
    expect(sue.wire.ofType('problem')).toMatchObject([{ code: 'not_found' }]);
  });

  it('of another node has no rights that the person does not have', async () => {
    const { anna, desks } = await talkingOverLink();
    const ben = await desks.connect(deskPersonOf('ben'));
    await ben.request({ type: 'take-over', callId: 'c1' });
    await anna.request({ type: 'take-over', callId: 'c1' });
    await settle();
    expect(ben.wire.ofType('problem')).toMatchObject([{ code: 'forbidden' }]);
    expect(anna.wire.ofType('problem')).toMatchObject([{ code: 'forbidden' }]);
  });
});
