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
      ring: (_person, number, card, signal) => {
        rung.push(`${number}: ${card.briefing?.summary ?? ''}`);
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve('no-answer'));
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
