import { describe, expect, it } from 'vitest';
import type { Phone } from '../../../src/handoff/phones.ts';
import { deskPersonOf } from '../../support/people-call.ts';
import { settle } from './call-centre.ts';
import { openBoard } from './open-board.ts';

describe('an agent at a telephone', () => {
  /** A telephone that is answered as a test says. */
  async function atTheTelephone() {
    let hangUp: () => void = () => undefined;
    const heard: number[] = [];
    const rung: string[] = [];
    let speak: (samples: Int16Array) => void = () => undefined;
    let lift: () => void = () => undefined;
    let answer: (key: '1' | '2' | 'nobody') => void = () => undefined;
    const phone: Phone = {
      hear: (samples) => void heard.push(samples.length),
      onSpeech: (listener) => {
        speak = listener;
      },
      gone: new Promise((resolve) => {
        hangUp = resolve;
      }),
      hangUp: () => {
        rung.push('hung up');
        hangUp();
      },
    };
    const opened = await openBoard({
      ring: (_person, number, card, { signal, onAnswered }) => {
        rung.push(`${number}: ${card.briefing?.summary ?? ''}`);
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve('no-answer'));
          lift = onAnswered;
          answer = (key) => resolve(key === '1' ? phone : key === '2' ? 'declined' : 'no-answer');
        });
      },
    });
    const anna = await opened.connect(deskPersonOf('anna', { telephone: '+15557770000' }), false);
    await anna.request({ type: 'device', device: 'telephone' });
    await anna.request({ type: 'choose', choice: { state: 'available' } });
    const { call, place } = opened.begin('c1');
    await opened.ask(call, place);
    return {
      ...opened,
      anna,
      call,
      place,
      heard,
      rung,
      say: (samples: Int16Array) => {
        speak(samples);
      },
      lift: () => {
        lift();
      },
      hangUp: async () => {
        hangUp();
        await settle();
      },
      key: async (key: '1' | '2' | 'nobody') => {
        answer(key);
        await settle();
      },
    };
  }

  it('who is dismissed in a conversation is hung up and signed off, and the caller goes to the very front', async () => {
    const { board, call, key, rung, anna, clock, router } = await atTheTelephone();
    anna.line.gone();
    await key('1');
    board.dismiss('anna', 'no longer an agent');
    await clock.advanceAsync(100, 50);
    expect(call.seats.size).toBe(0);
    expect(call.told).toContainEqual({ type: 'person-left', next: 'lost' });
    expect(rung.at(-1)).toBe('hung up');
    expect(router.state()).toMatchObject({
      agents: [{ state: 'offline', nodeId: null, holding: [] }],
      entries: [{ id: 'c1', boost: 'very-front', progress: { state: 'waiting' } }],
    });
    await clock.advanceAsync(60_000, 5_000);
    expect(rung.filter((each) => each.startsWith('+'))).toHaveLength(1);
  });

  it('who is dismissed while the telephone rings is rung no more', async () => {
    const { board, anna, clock, rung, router } = await atTheTelephone();
    board.dismiss('anna', 'no longer an agent');
    await clock.advanceAsync(60_000, 5_000);
    expect(anna.wire.closed).toBe('no longer an agent');
    expect(rung).toHaveLength(1);
    expect(router.state().agents).toMatchObject([{ state: 'offline', nodeId: null }]);
  });

  it('hears what it is about, presses 1, and speaks with the caller without a browser', async () => {
    const { call, key, rung, anna, clock, heard, say, hangUp, router } = await atTheTelephone();
    expect(rung[0]).toMatch(/^\+15557770000: Somebody wants to return a lamp/);
    anna.line.gone();
    await clock.advanceAsync(3_000, 500);
    await key('1');
    expect(call.seats).toEqual(new Map([['anna', 'talk']]));
    call.say(new Int16Array(320));
    say(new Int16Array(160));
    expect([heard, call.spoken]).toEqual([[320], [160]]);
    await hangUp();
    expect(call.lastTold).toBe('person-left end');
    expect(router.state().agents[0]?.state).toBe('available');
  });

  it('is asked no more after 2, and is set away when nobody answers', async () => {
    const { key, router, clock } = await atTheTelephone();
    await key('2');
    expect(router.state().agents[0]?.state).toBe('available');
    await clock.advanceAsync(61_000, 500);
    await key('nobody');
    expect(router.state().agents[0]).toMatchObject({ state: 'break', breakReason: 'no-answer' });
    expect(router.state().entries).toHaveLength(1);
  });

  it('may listen for longer than a desk may ring, and is still not taken for absent', async () => {
    const { key, lift, call, router, clock } = await atTheTelephone();
    await clock.advanceAsync(15_000, 500);
    lift();
    await clock.advanceAsync(60_000, 500);
    expect(router.state().entries[0]?.progress.state).toBe('offered');
    await key('1');
    expect(call.seats).toEqual(new Map([['anna', 'talk']]));
  });

  it('is absent when nobody answers while it rings', async () => {
    const { router, clock, rung } = await atTheTelephone();
    await clock.advanceAsync(21_500, 500);
    expect(router.state().agents[0]).toMatchObject({ state: 'break', breakReason: 'no-answer' });
    expect(rung).toHaveLength(1);
  });

  it('is offered nothing written while the desk is closed', async () => {
    const { anna, begin, ask, key, router, clock } = await atTheTelephone();
    anna.line.gone();
    await key('2');
    const text = begin('t1', 'text');
    await ask(text.call, text.place);
    await clock.advanceAsync(2_000, 500);
    expect(router.state().entries.map(({ progress }) => progress.state)).toEqual(['waiting', 'waiting']);
    expect(router.state().agents[0]?.state).toBe('available');
  });

  it('leaves the caller to a colleague who was asked when hanging up', async () => {
    const { connect, anna, key, hangUp, call, router } = await atTheTelephone();
    await key('1');
    const ben = await connect(deskPersonOf('ben'));
    await anna.request({ type: 'consult', entryId: 'c1', agentId: 'ben' });
    const { card } = ben.wire.ofType('offer').at(-1) ?? {};
    await ben.request({ type: 'accept', entryId: card?.entryId ?? '' });
    await hangUp();
    expect(call.seats).toEqual(new Map([['ben', 'talk']]));
    expect(call.lastTold).not.toBe('person-left end');
    expect(router.state().agents.find(({ id }) => id === 'anna')?.state).toBe('available');
  });

  it('goes back to whoever asked when hanging up', async () => {
    const { connect, anna, key, hangUp, lift } = await atTheTelephone();
    await key('2');
    const ben = await connect(deskPersonOf('ben'));
    await ben.request({ type: 'accept', entryId: 'c1' });
    await ben.request({ type: 'consult', entryId: 'c1', agentId: 'anna' });
    lift();
    await key('1');
    expect(anna.wire.ofType('conversation').at(-1)?.conversation.state).toBe('consulted');
    await hangUp();
    expect(ben.wire.ofType('conversation').at(-1)?.conversation.state).toBe('talking');
  });

  it('is rung no longer when the caller has hung up, and hung up when the caller does', async () => {
    const first = await atTheTelephone();
    first.place.ended(false);
    await settle();
    expect(first.call.seats.size).toBe(0);
    expect(first.router.state().agents[0]?.state).toBe('available');
    const second = await atTheTelephone();
    await second.key('1');
    second.place.ended(false);
    await settle();
    expect(second.rung.at(-1)).toBe('hung up');
  });

  it('must have a telephone', async () => {
    const { connect } = await openBoard();
    const ben = await connect(deskPersonOf('ben'));
    await ben.request({ type: 'device', device: 'telephone' });
    expect(ben.wire.ofType('problem').at(-1)).toMatchObject({ code: 'not_found' });
  });
});
