import { describe, expect, it } from 'vitest';
import { openingHoursSchema } from '../../../src/core/hours-schema.ts';
import type { Staffer } from '../../../src/handoff/admission.ts';
import { contactOf, profileOf } from '../../support/handoff-fixtures.ts';
import { deskPersonOf } from '../../support/people-call.ts';
import { openCallCentre, settle, storyOf, type CallCentreOptions } from './call-centre.ts';
import { openBoard } from './open-board.ts';

const berlin = openingHoursSchema.parse({
  timeZone: 'Europe/Berlin',
  mon: ['09:00-17:00'],
  tue: ['09:00-17:00'],
  sat: ['22:00-24:00'],
  sun: ['00:00-06:00'],
});

async function open(startsAt: string, options: CallCentreOptions = {}, afterCallSeconds = 0) {
  const centre = await openCallCentre({ afterCallSeconds }, { startsAt, ...options });
  const node = await centre.node('n1');
  return {
    ...centre,
    ...node,
    story: () => storyOf(node.events),
    seconds: (count: number) => centre.clock.advanceAsync(count * 1000, 500),
    x: () => node.router.state().agents.find(({ id }) => id === 'x'),
  };
}
const withHours = { hours: berlin };
/** A Monday in Berlin, after work. */
const evening = '2026-06-01T20:00:00Z';

describe('somebody with working hours', () => {
  it.each([
    ['on a Monday in summer', '2026-06-01T14:59:30Z'],
    ['on a Monday in winter', '2026-11-30T15:59:30Z'],
    ['on the night in which the clocks go forward', '2026-03-29T03:59:30Z'],
    ['on the night in which the clocks go back', '2026-10-25T04:59:30Z'],
  ])('is signed off at the end of them and asked no more, %s', async (_when, startsAt) => {
    const { router, agent, caller, seconds, story, x } = await open(startsAt);
    await agent('x', withHours);
    await seconds(25);
    expect(x()?.state).toBe('available');
    await seconds(10);
    expect(x()?.state).toBe('offline');
    await caller('a');
    await seconds(3);
    expect(story()).toEqual(['added a']);
    expect(await router.estimate('a')).toEqual({ position: 1, waitMs: null });
  });

  it('works on over midnight when the next day begins with hours', async () => {
    const { agent, seconds, x } = await open('2026-06-06T21:59:30Z');
    await agent('x', withHours);
    await seconds(60);
    expect(x()?.state).toBe('available');
  });

  it('finishes the conversation and the work after it, and only then is off', async () => {
    const { router, agent, caller, seconds, x } = await open('2026-06-01T14:59:30Z', {}, 30);
    await agent('x', withHours);
    await caller('a');
    await router.accept('x', 'a');
    await seconds(40);
    expect(x()).toMatchObject({ state: 'talking', afterwards: { state: 'offline' } });
    await router.finish('x', 'a');
    await seconds(2);
    expect(x()?.state).toBe('after-call');
    await seconds(30);
    expect(x()?.state).toBe('offline');
  });

  it('has the rest of the work after a call that ended just before', async () => {
    const { router, agent, caller, seconds, x } = await open('2026-06-01T14:59:30Z', {}, 30);
    await agent('x', withHours);
    await caller('a');
    await router.accept('x', 'a');
    await seconds(20);
    await router.finish('x', 'a');
    await seconds(15);
    expect(x()).toMatchObject({ state: 'after-call', afterwards: { state: 'offline' } });
    await seconds(20);
    expect(x()?.state).toBe('offline');
  });

  it('leaves what rings at the end of them to others, at the front', async () => {
    const { agent, caller, seconds, story, x } = await open('2026-06-01T14:59:50Z');
    await agent('x', withHours);
    await caller('a');
    await seconds(11);
    expect(x()?.state).toBe('offline');
    await agent('y');
    expect(story()).toEqual(['added a', 'offered a>x', 'offer-withdrawn a>x', 'requeued a', 'offered a>y']);
  });

  it('is asked whether they mean it outside of them, and then works until they sign off', async () => {
    const { router, caller, seconds, story, x } = await open(evening);
    await router.signIn(profileOf('x', withHours));
    await expect(router.setState('x', { state: 'available' })).rejects.toMatchObject({
      code: 'outside_hours',
    });
    expect(x()?.state).toBe('offline');
    await router.setState('x', { state: 'available', anyway: true });
    await caller('a');
    await seconds(3);
    expect(story()).toEqual(['added a', 'offered a>x']);
    await router.setState('x', { state: 'break', reason: 'short' });
    await router.setState('x', { state: 'available' });
    await router.setState('x', { state: 'offline' });
    await expect(router.setState('x', { state: 'available' })).rejects.toMatchObject({
      code: 'outside_hours',
    });
  });

  it('who came early goes home at the end of the hours like everybody else', async () => {
    const { router, clock, seconds, x } = await open('2026-06-01T06:59:50Z');
    await router.signIn(profileOf('x', withHours));
    await router.setState('x', { state: 'available', anyway: true });
    await seconds(15);
    expect(x()).not.toHaveProperty('beyondHours');
    await clock.advanceAsync(8 * 3_600_000, 600_000);
    expect(x()?.state).toBe('offline');
  });

  it('is off at once when other hours are given to them, and free of them when they are taken away', async () => {
    const { router, agent, seconds, x } = await open(evening);
    await agent('x');
    await router.signIn(profileOf('x', withHours));
    await seconds(1);
    expect(x()?.state).toBe('offline');
    await router.signIn(profileOf('x'));
    expect(await router.setState('x', { state: 'available' })).toMatchObject({ state: 'available' });
  });
});

describe('a queue whose people have hours', () => {
  const staff: Staffer[] = [
    { teams: [], languages: ['en'], hours: berlin },
    { teams: [], languages: ['zh'] },
  ];
  const options = { staff: () => staff };

  it('is closed until the first of those who speak the language works again', async () => {
    const { router } = await open(evening, options);
    expect(await router.enqueue(contactOf('a'))).toEqual({
      admitted: false,
      because: 'closed',
      instead: 'callback',
      opensAtEpochMs: Date.parse('2026-06-02T07:00:00Z'),
    });
    expect(await router.enqueue(contactOf('b', { language: 'zh' }))).toMatchObject({ admitted: true });
    expect(await router.enqueue(contactOf('c', { channel: 'callback' }))).toMatchObject({ admitted: true });
  });

  it('is open while somebody works beyond them', async () => {
    const { router } = await open(evening, options);
    await router.signIn(profileOf('x', withHours));
    await router.setState('x', { state: 'available', anyway: true });
    await settle();
    expect(await router.enqueue(contactOf('a'))).toMatchObject({ admitted: true });
  });

  it('takes callers in whom nobody could ever answer, as one without hours does', async () => {
    const { router } = await open(evening, { staff: () => [] });
    expect(await router.enqueue(contactOf('a'))).toMatchObject({ admitted: true });
  });
});

describe('a desk outside the hours of its person', () => {
  async function atTheDesk(startsAt: string) {
    const centre = await openCallCentre({}, { startsAt });
    const rung: string[] = [];
    const opened = await openBoard(
      {
        ring: (_person, number, _card, { signal }) => {
          rung.push(number);
          return new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve('no-answer'));
          });
        },
      },
      { centre },
    );
    const person = deskPersonOf('x', { telephone: '+15557770000', profile: profileOf('x', withHours) });
    const x = await opened.connect(person, false);
    const call = async () => {
      const { call: caller, place } = opened.begin('c1');
      await opened.ask(caller, place);
    };
    const stateOfDesk = () => opened.router.state().agents.find(({ id }) => id === 'x')?.state;
    return { ...opened, x, call, rung, stateOfDesk };
  }

  it('is told so, and rings after an explicit click', async () => {
    const { x, call, log, deeds } = await atTheDesk(evening);
    await call();
    await x.request({ type: 'choose', choice: { state: 'available' } });
    expect(x.wire.ofType('problem').map(({ code }) => code)).toEqual(['outside_hours']);
    expect(x.wire.ofType('offer')).toEqual([]);
    expect(deeds).toEqual([]);
    await x.request({ type: 'choose', choice: { state: 'available', anyway: true } });
    expect(deeds).toMatchObject([{ person: { id: 'x' }, action: 'beyond-hours', callId: null }]);
    expect(x.wire.ofType('offer').map(({ card }) => card.entryId)).toEqual(['c1']);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('stops ringing at the telephone with the end of them, and stays off', async () => {
    const { x, call, rung, clock, stateOfDesk } = await atTheDesk('2026-06-01T14:59:55Z');
    await x.request({ type: 'device', device: 'telephone' });
    await x.request({ type: 'choose', choice: { state: 'available' } });
    x.line.gone();
    await call();
    expect(rung).toEqual(['+15557770000']);
    await clock.advanceAsync(90_000, 500);
    expect([rung, stateOfDesk()]).toEqual([['+15557770000'], 'offline']);
  });

  it('is off as soon as other hours are given to its person', async () => {
    const { board, x, clock, stateOfDesk } = await atTheDesk('2026-06-01T12:00:00Z');
    await x.request({ type: 'choose', choice: { state: 'available' } });
    expect(stateOfDesk()).toBe('available');
    const mornings = openingHoursSchema.parse({ timeZone: 'Europe/Berlin', mon: ['09:00-12:00'] });
    board.profileChanged(profileOf('x', { hours: mornings }));
    await clock.advanceAsync(1_000, 500);
    expect(stateOfDesk()).toBe('offline');
  });
});
