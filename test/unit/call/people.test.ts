import { describe, expect, it } from 'vitest';
import { startCall } from '../../../src/call/start-call.ts';
import type { CallPlace, PeopleCall, PersonWish, Switchboard } from '../../../src/core/conversation.ts';
import type { DialogEffect, DialogEvent } from '../../../src/core/dialog.ts';
import { bodiesOf, FakeTextMedia, incoming, listen, say, tone } from '../../support/call-fakes.ts';
import { briefingOf } from '../../support/people-call.ts';
import { settled, setUpCall, startVoiceCall, textOf } from '../../support/running-call.ts';

const anna = { id: 'anna', name: 'Anna' };
const handOver: DialogEffect = {
  type: 'transfer',
  skill: 'returns',
  target: '',
  briefing: briefingOf('call_1'),
  anger: 0.7,
  value: 40,
};

/** A switchboard that keeps what calls ask of it. */
function fakeSwitchboard(): Switchboard & { readonly asked: string[]; wish?: PersonWish; call?: PeopleCall } {
  const asked: string[] = [];
  return {
    asked,
    hasPeople: true,
    register(call): CallPlace {
      this.call = call;
      return {
        request: (wish) => {
          this.wish = wish;
          asked.push('request');
        },
        leaveQueue: () => void asked.push('leave'),
        callback: (number) => void asked.push(`callback ${number}`),
        message: (text) => void asked.push(`message ${text}`),
        ended: (mayReturn) => void asked.push(mayReturn ? 'lost' : 'ended'),
      };
    },
  };
}

const answer = (event: DialogEvent): readonly DialogEffect[] => {
  const text = textOf(event);
  if (text === 'a person') return [say('I am connecting you.'), handOver];
  if (text === 'never mind') return [{ type: 'leave-queue' }, say('Okay.'), listen()];
  if (text === 'a message') return [{ type: 'voicemail', limitMs: 60_000, briefing: briefingOf('call_1') }];
  if (event.type === 'voicemail-finished')
    return [say(event.ok ? 'Thank you.' : 'I heard nothing.'), listen()];
  if (text === 'call me') return [{ type: 'callback', number: '+1555', briefing: briefingOf('call_1') }];
  if (event.type === 'queue-position') return [say('You are next.')];
  if (event.type === 'person-joined') return [say('Here is Anna.')];
  if (event.type === 'person-left')
    return event.next === 'end'
      ? [say('Goodbye.'), { type: 'end', outcome: 'transferred' }]
      : [say('Sorry.')];
  return text === undefined ? [] : [say('Fine.'), listen()];
};

/** A caller on the phone who has asked for a person. */
async function asking(texts: readonly string[] = []) {
  const switchboard = fakeSwitchboard();
  const setup = setUpCall({ answer, texts: ['a person', ...texts], switchboard });
  const { media, call, speak, quiet } = startVoiceCall(setup);
  await quiet(2000);
  await speak(600);
  await quiet(3000);
  const people = switchboard.call;
  if (!people) throw new Error('the call did not register');
  return { setup, switchboard, media, call, speak, quiet, people };
}

describe('a call that is handed over', () => {
  it('asks for a person with what decides who is served first', async () => {
    const { switchboard, setup, media, call } = await asking();
    expect(switchboard.asked).toEqual(['request']);
    expect(switchboard.wish?.contact).toEqual({
      queue: 'returns',
      reason: 'angry',
      anger: 0.7,
      value: 40,
      language: 'en',
      skills: [],
    });
    expect(bodiesOf(setup.store.kept, 'queue').map(({ change }) => change)).toEqual(['asked']);
    media.finish('caller-hung-up');
    await call.done;
    expect(switchboard.asked).toEqual(['request', 'ended']);
  });

  it('plays music while the caller waits, hears their words, and stops when they no longer wait', async () => {
    const { people, media, speak, quiet, switchboard, setup } = await asking(['never mind']);
    people.tell({ type: 'queue-position', position: 1, waitMs: 60_000 });
    await quiet(3000);
    const before = media.packets.length;
    await quiet(1000);
    const music = media.packets.length - before;
    expect(music).toBeGreaterThanOrEqual(48);
    expect(music).toBeLessThanOrEqual(52);
    await speak(600);
    await quiet(3000);
    expect(setup.engine.state.heard).toContain('never mind');
    expect(switchboard.asked).toContain('leave');
    const after = media.packets.length;
    await quiet(1000);
    expect(media.packets.length).toBe(after);
  });

  it('joins caller and agent at once, and lets nobody talk over them', async () => {
    const { people, media, speak, quiet, setup } = await asking(['Hello.', 'I want my money back']);
    const heard: number[] = [];
    const seat = people.sit(anna, 'talk', (samples) => heard.push(samples.length));
    people.tell({ type: 'person-joined', name: 'Anna' });
    await quiet(200);
    const before = media.packets.length;
    for (let count = 0; count < 50; count += 1) {
      seat.speak(tone(20, 16_000));
      await setup.clock.advanceAsync(20);
    }
    expect(media.packets.length - before).toBe(50);
    expect(heard.length).toBeGreaterThan(5);
    const said = setup.engine.events.length;
    await speak(600);
    await quiet(2000);
    expect(setup.engine.events.length).toBe(said);
    const turns = bodiesOf(setup.store.kept, 'turn');
    expect(turns.at(-1)?.text).toBe('I want my money back');
    expect(bodiesOf(setup.store.kept, 'say').map(({ text }) => text)).not.toContain('Here is Anna.');
  });

  it('writes down what the agent says', async () => {
    const { people, setup, quiet } = await asking(['How can I help?']);
    const seat = people.sit(anna, 'talk', () => undefined);
    people.tell({ type: 'person-joined', name: 'Anna' });
    for (let count = 0; count < 40; count += 1) {
      seat.speak(tone(20, 16_000));
      await setup.clock.advanceAsync(20);
    }
    // The agent mutes the microphone: nothing comes any more, not even silence.
    seat.pause();
    await quiet(500);
    expect(bodiesOf(setup.store.kept, 'person-said')).toMatchObject([
      { personId: 'anna', name: 'Anna', text: 'How can I help?' },
    ]);
  });

  it('is music and silence on hold', async () => {
    const { people, media, quiet, setup } = await asking();
    const heard: number[] = [];
    const seat = people.sit(anna, 'talk', (samples) => heard.push(samples.length));
    people.tell({ type: 'person-joined', name: 'Anna' });
    await quiet(500);
    people.hold(true);
    heard.length = 0;
    const before = media.packets.length;
    for (let count = 0; count < 50; count += 1) {
      seat.speak(tone(20, 16_000));
      media.hear(true);
      await setup.clock.advanceAsync(20);
    }
    const music = media.packets.length - before;
    expect(heard).toEqual([]);
    expect(music).toBeGreaterThanOrEqual(48);
    expect(music).toBeLessThanOrEqual(54);
    people.hold(false);
    const after = media.packets.length;
    await quiet(500);
    expect(media.packets.length).toBe(after);
  });

  it('is Kefu’s again when the person has finished, and ends as the dialog says', async () => {
    const { people, setup, quiet, call, media } = await asking();
    const seat = people.sit(anna, 'talk', () => undefined);
    people.tell({ type: 'person-joined', name: 'Anna' });
    await quiet(500);
    seat.leave();
    people.tell({ type: 'person-left', next: 'end' });
    await quiet(3000);
    await call.done;
    expect(media.hungUp).toBe(true);
    expect(bodiesOf(setup.store.kept, 'call-ended')).toMatchObject([{ outcome: 'transferred' }]);
    expect(bodiesOf(setup.store.kept, 'queue').map(({ change }) => change)).toEqual([
      'asked',
      'answered',
      'released',
    ]);
  });

  it('tells the caller at once when the person is lost, with music afterwards', async () => {
    const { people, setup, quiet, media } = await asking();
    const seat = people.sit(anna, 'talk', () => undefined);
    people.tell({ type: 'person-joined', name: 'Anna' });
    await quiet(500);
    seat.leave();
    people.tell({ type: 'person-left', next: 'lost' });
    await quiet(2000);
    expect(bodiesOf(setup.store.kept, 'heard').at(-1)?.text).toBe('Sorry.');
    const before = media.packets.length;
    await quiet(1000);
    expect(media.packets.length - before).toBeGreaterThanOrEqual(48);
  });

  it('keeps a callback when the caller wants one', async () => {
    const { switchboard, speak, quiet } = await asking(['call me']);
    await speak(600);
    await quiet(2000);
    expect(switchboard.asked).toContain('callback +1555');
  });

  it('takes a message of several sentences, which ends with a silence, and goes on', async () => {
    const { switchboard, speak, quiet, setup } = await asking([
      'a message',
      'My lamp is broken.',
      'Call me.',
    ]);
    for (const pauseMs of [3000, 2500, 8000]) {
      await speak(600);
      await quiet(pauseMs);
    }
    expect(switchboard.asked).toContain('message My lamp is broken. Call me.');
    expect(setup.engine.state.heard).not.toContain('My lamp is broken.');
    expect(bodiesOf(setup.store.kept, 'say').at(-1)?.text).toBe('Thank you.');
  });

  it('says so when a message holds nothing', async () => {
    const { switchboard, speak, quiet, setup } = await asking(['a message']);
    await speak(600);
    await quiet(9000);
    expect(switchboard.asked.join()).not.toContain('message');
    expect(bodiesOf(setup.store.kept, 'say').at(-1)?.text).toBe('I heard nothing.');
  });

  it('goes on with a person’s number, and comes back to the queue when nobody answers there', async () => {
    const { people, media, call, setup } = await asking();
    people.sit(anna, 'talk', () => undefined);
    people.tell({ type: 'person-joined', name: 'Anna' });
    await setup.clock.advanceAsync(100);
    await people.transfer('+15551230000');
    await call.done;
    expect(media.transferredTo).toBe('+15551230000');
    expect(setup.snapshots.kept.get('call_1')?.dialog).toMatchObject({
      heard: ['a person', 'person-joined', 'person-left'],
    });
  });

  it('keeps its place when the stream is lost', async () => {
    const { switchboard, media, call } = await asking();
    media.finish('gateway-lost');
    await call.done;
    expect(switchboard.asked).toEqual(['request', 'lost']);
  });
});

describe('a typed conversation that is handed over', () => {
  it('shows what the person writes and keeps what the customer writes', async () => {
    const switchboard = fakeSwitchboard();
    const setup = setUpCall({ answer, switchboard });
    const media = new FakeTextMedia();
    const call = startCall(incoming(media), 'call_1', setup.services);
    media.events.push({ type: 'text', text: 'a person' });
    await settled();
    const people = switchboard.call;
    people?.sit(anna, 'talk', () => undefined);
    people?.tell({ type: 'person-joined', name: 'Anna' });
    await settled();
    people?.write(anna, 'Hello, what can I do for you?');
    media.events.push({ type: 'text', text: 'My lamp is broken' });
    await settled();
    expect(media.sent).toContain('Anna: Hello, what can I do for you?');
    expect(bodiesOf(setup.store.kept, 'turn').at(-1)?.text).toBe('My lamp is broken');
    expect(setup.engine.state.heard).not.toContain('My lamp is broken');
    people?.tell({ type: 'person-left', next: 'end' });
    await call.done;
    expect(media.sent.slice(-2)).toEqual(['Goodbye.', { end: 'transferred' }]);
  });
});
