import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import type { CallbackParts } from '../../../src/handoff/callbacks.ts';
import { briefingOf, deskPersonOf } from '../../support/people-call.ts';
import { settle } from './call-centre.ts';
import { openBoard, progressTones } from './open-board.ts';

const contact = {
  queue: 'general',
  reason: 'angry',
  anger: 0,
  value: 0,
  language: 'en',
  skills: [],
} as const;
/** An agent hears for so long that nobody was reached. */
const busyMs = 2_000;
const wish = { briefing: briefingOf('c1'), contact: { ...contact, skills: [] } };
const dialog = { flowsVersion: '1', language: 'en', ended: false } as const;

/** Somebody who waited and was promised a call. */
async function promised(dial?: CallbackParts['dial'], callerFirst = false) {
  const opened = await openBoard(undefined, { dial, callerFirst });
  const { call, place } = opened.begin('c1');
  await opened.ask(call, place);
  place.callback('+15550001111', wish, dialog);
  place.ended(false);
  await settle();
  return opened;
}
type Opened = Awaited<ReturnType<typeof promised>>;
/** An agent who has a desk with ears. */
async function hearing({ connect }: Opened) {
  const heard: string[] = [];
  const anna = await connect(deskPersonOf('anna'));
  anna.wire.sound = (samples) => void heard.push(samples[0] === progressTones.busy[0] ? 'busy' : 'ringing');
  return { anna, heard };
}
/** The call goes on, as the conductor lets it when somebody has answered. */
function goOn({ begin, ask }: Opened) {
  const { call, place } = begin('c1');
  return { call, place, ask: () => ask(call, place) };
}

describe('somebody who was promised a call', () => {
  it('keeps the place in the queue after hanging up, with all that is needed', async () => {
    const { router, promised: kept } = await promised();
    expect(router.state().entries).toMatchObject([{ id: 'c1', channel: 'callback', nodeId: null }]);
    expect(kept.get('c1')).toMatchObject({ number: '+15550001111', tries: 0, dialog: { flowsVersion: '1' } });
  });

  it('is seen by the agent as they were, called when the agent accepts, and joined when they answer', async () => {
    const dialled: string[] = [];
    let again: ReturnType<typeof goOn> | undefined;
    const opened = await promised(async ({ number }) => {
      dialled.push(number);
      await Promise.resolve();
      again = goOn(opened);
    });
    const anna = await opened.connect(deskPersonOf('anna'));
    await settle();
    expect(anna.wire.ofType('offer')[0]?.card).toMatchObject({
      call: { channel: 'callback', from: '+15550001111' },
      briefing: { wanted: 'to return a lamp' },
    });
    await anna.request({ type: 'accept', entryId: 'c1' });
    await settle();
    expect(dialled).toEqual(['+15550001111']);
    await again?.ask();
    expect(again?.call.seats).toEqual(new Map([['anna', 'talk']]));
    expect(again?.call.lastTold).toBe('person-joined');
    await settle();
    expect(opened.promised.size).toBe(0);
    await anna.request({ type: 'finish', entryId: 'c1' });
    expect(opened.router.state().entries).toEqual([]);
  });

  it('is called again later when nobody answers, and not for ever', async () => {
    const opened = await promised(() =>
      Promise.reject(new KefuError('transfer_failed', 'no-answer: nobody picked up')),
    );
    const { router, clock, connect } = opened;
    const anna = await connect(deskPersonOf('anna'));
    await anna.request({ type: 'accept', entryId: 'c1' });
    await settle();
    expect(anna.wire.ofType('problem').at(-1)?.message).toMatch(/no-answer/);
    await clock.advanceAsync(busyMs + 100, 100);
    expect(router.state().entries).toMatchObject([{ progress: { state: 'waiting' } }]);
    await clock.advanceAsync(50_000, 500);
    expect(anna.wire.ofType('offer')).toHaveLength(1);
    await clock.advanceAsync(15_000, 500);
    expect(anna.wire.ofType('offer')).toHaveLength(2);
    await anna.request({ type: 'accept', entryId: 'c1' });
    await clock.advanceAsync(busyMs + 100, 100);
    expect([router.state().entries.length, opened.promised.size]).toEqual([0, 0]);
  });

  it('rings in the ear of the agent until they answer', async () => {
    let answer: () => void = () => undefined;
    const opened = await promised(() => new Promise((resolve) => (answer = resolve)));
    const { anna, heard } = await hearing(opened);
    await anna.request({ type: 'accept', entryId: 'c1' });
    await opened.clock.advanceAsync(1_000, 20);
    expect(heard).toEqual(Array.from({ length: 51 }, () => 'ringing'));
    answer();
    const again = goOn(opened);
    await again.ask();
    await opened.clock.advanceAsync(200, 20);
    expect(again.call.seats).toEqual(new Map([['anna', 'talk']]));
    expect(heard).toHaveLength(51);
  });

  it('is heard to be busy for a moment, in which the agent is offered nobody else', async () => {
    const opened = await promised(() => Promise.reject(new KefuError('transfer_failed', 'busy: 486')));
    const { anna, heard } = await hearing(opened);
    await anna.request({ type: 'accept', entryId: 'c1' });
    const other = opened.begin('c2');
    await opened.ask(other.call, other.place);
    await opened.clock.advanceAsync(busyMs - 200, 100);
    expect(heard.slice(1).every((tone) => tone === 'busy')).toBe(true);
    expect(anna.wire.ofType('offer').map(({ card }) => card.entryId)).toEqual(['c1']);
    await opened.clock.advanceAsync(400, 100);
    expect(anna.wire.ofType('conversation-ended')).toHaveLength(1);
    expect(anna.wire.ofType('offer').map(({ card }) => card.entryId)).toEqual(['c1', 'c2']);
    const before = heard.length;
    await opened.clock.advanceAsync(1_000, 100);
    expect(heard).toHaveLength(before);
  });

  it('makes no sound any more for an agent who has finished meanwhile', async () => {
    const opened = await promised(
      (_callback, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new KefuError('aborted', 'nobody waits for it')));
        }),
    );
    const { anna, heard } = await hearing(opened);
    await anna.request({ type: 'accept', entryId: 'c1' });
    await anna.request({ type: 'finish', entryId: 'c1' });
    const before = heard.length;
    await opened.clock.advanceAsync(3_000, 100);
    expect([heard.length, opened.promised.size]).toEqual([before, 0]);
  });

  it('is called before the agent where the rules say so, and then waits as everybody does', async () => {
    let again: ReturnType<typeof goOn> | undefined;
    const opened = await promised(async () => {
      await Promise.resolve();
      again = goOn(opened);
    }, true);
    const anna = await opened.connect(deskPersonOf('anna'));
    await settle();
    expect(anna.wire.ofType('offer')).toEqual([]);
    await again?.ask();
    await settle();
    expect(anna.wire.ofType('offer').at(-1)?.card.call.channel).toBe('voice');
    await anna.request({ type: 'accept', entryId: 'c1' });
    expect(again?.call.seats).toEqual(new Map([['anna', 'talk']]));
  });

  it('is called by the agent where Kefu cannot dial, and that is finished as any contact', async () => {
    const { connect, router, promised: kept } = await promised();
    const anna = await connect(deskPersonOf('anna'));
    await anna.request({ type: 'accept', entryId: 'c1' });
    await settle();
    expect(anna.wire.ofType('conversation').at(-1)?.card.call.from).toBe('+15550001111');
    await anna.request({ type: 'finish', entryId: 'c1' });
    await settle();
    expect([router.state().entries.length, kept.size]).toEqual([0, 0]);
  });
});

describe('a message', () => {
  it('waits in the queue for somebody who calls back', async () => {
    const { begin, connect } = await openBoard();
    const { place } = begin('c1');
    place.message('My lamp is broken.', wish);
    place.ended(false);
    await settle();
    const anna = await connect(deskPersonOf('anna'));
    await settle();
    const offer = anna.wire.ofType('offer')[0];
    expect(offer?.card.briefing?.done.at(-1)).toBe('Message: “My lamp is broken.”');
    expect(offer?.card.call.from).toBe('+15550001111');
  });
});
