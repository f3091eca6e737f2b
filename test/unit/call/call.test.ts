import { describe, expect, it } from 'vitest';
import { startCall } from '../../../src/call/start-call.ts';
import type { DialogEffect } from '../../../src/core/dialog.ts';
import { KefuError } from '../../../src/core/errors.ts';
import { bodiesOf, emptyShop, FakeTextMedia, incoming, listen, say } from '../../support/call-fakes.ts';
import { settled, setUpCall, startVoiceCall, textOf } from '../../support/running-call.ts';

describe('a typed call', () => {
  it('greets, answers each text in order, and ends when the dialog ends it', async () => {
    const setup = setUpCall({
      answer: (event) =>
        textOf(event) === 'bye'
          ? [say('Goodbye.'), { type: 'end', outcome: 'resolved' }]
          : [say(`You said ${textOf(event) ?? ''}.`), listen('next')],
    });
    const media = new FakeTextMedia();
    const call = startCall(incoming(media), 'call_1', setup.services);
    media.events.push({ type: 'text', text: 'one' });
    media.events.push({ type: 'text', text: 'two' });
    media.events.push({ type: 'text', text: 'bye' });
    await call.done;
    expect(media.sent).toEqual([
      'Hello. How can I help?',
      { listening: 'anything' },
      'You said one.',
      { listening: 'next' },
      'You said two.',
      { listening: 'next' },
      'Goodbye.',
      { end: 'resolved' },
    ]);
    const events = setup.store.kept;
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]?.body.type).toBe('call-started');
    expect(events.at(-1)?.body).toMatchObject({
      type: 'call-ended',
      outcome: 'resolved',
      reason: 'we-hung-up',
    });
    expect(setup.snapshots.kept.size).toBe(0);
  });

  it('ends once, as abandoned, when the caller leaves, and tells the dialog', async () => {
    const setup = setUpCall({});
    const media = new FakeTextMedia();
    const call = startCall(incoming(media), 'call_1', setup.services);
    await settled();
    media.finish('caller-hung-up');
    await call.done;
    expect(setup.engine.events.map(({ type }) => type)).toEqual(['caller-hung-up']);
    expect(bodiesOf(setup.store.kept, 'call-ended')).toMatchObject([
      { outcome: 'abandoned', reason: 'caller-hung-up' },
    ]);
  });

  it('keeps a snapshot of a call whose stream was lost, and goes on from it with its numbering', async () => {
    const setup = setUpCall({});
    const first = new FakeTextMedia();
    const lost = startCall(incoming(first), 'call_1', setup.services);
    first.events.push({ type: 'text', text: 'one' });
    await settled();
    first.finish('gateway-lost');
    await lost.done;
    const snapshot = setup.snapshots.kept.get('call_1');
    expect(snapshot?.dialog).toMatchObject({ heard: ['one'] });
    const second = new FakeTextMedia();
    const resumed = startCall(incoming(second, { resumes: 'call_1' }), 'call_1', setup.services, snapshot);
    await settled();
    second.finish('caller-hung-up');
    await resumed.done;
    expect(setup.engine.events.map(({ type }) => type)).toContain('call-resumed');
    const seqs = setup.store.kept.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  it('ends as failed, on record, when the dialog throws, and leaves the gateway hung up', async () => {
    const setup = setUpCall({
      answer: () => {
        throw new Error('a defect');
      },
    });
    const media = new FakeTextMedia();
    const call = startCall(incoming(media), 'call_1', setup.services);
    media.events.push({ type: 'text', text: 'one' });
    await call.done;
    expect(bodiesOf(setup.store.kept, 'error')).toMatchObject([{ code: 'internal', message: 'a defect' }]);
    expect(bodiesOf(setup.store.kept, 'call-ended')).toMatchObject([{ outcome: 'failed' }]);
    expect(media.sent).toContainEqual({ end: 'failed' });
  });

  it('goes on when the store fails', async () => {
    const setup = setUpCall({});
    setup.store.failing = true;
    const media = new FakeTextMedia();
    const call = startCall(incoming(media), 'call_1', setup.services);
    media.events.push({ type: 'text', text: 'one' });
    await settled();
    media.finish('caller-hung-up');
    await call.done;
    expect(media.sent).toContain('Fine.');
    expect(setup.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });

  it('tells the dialog each time a shop read is slow, then its result', async () => {
    const setup = setUpCall({
      answer: (event) =>
        event.type === 'utterance'
          ? [
              {
                type: 'task',
                taskId: 't1',
                operation: 'getOrder',
                input: { orderId: '#W1' },
                slowAfterMs: 1000,
              },
            ]
          : [],
    });
    let answer: (value: unknown) => void = () => undefined;
    const shop = {
      ...emptyShop,
      call: () => new Promise<never>((resolve) => (answer = resolve as typeof answer)),
    };
    const media = new FakeTextMedia();
    const call = startCall(incoming(media), 'call_1', { ...setup.services, shopForCall: () => shop });
    media.events.push({ type: 'text', text: 'where' });
    await settled();
    await setup.clock.advanceAsync(2100);
    answer({ id: '#W1' });
    await settled();
    media.finish('caller-hung-up');
    await call.done;
    expect(setup.engine.events.map(({ type }) => type)).toEqual([
      'utterance',
      'task-slow',
      'task-slow',
      'task-finished',
      'caller-hung-up',
    ]);
    expect(bodiesOf(setup.store.kept, 'task-finished')).toMatchObject([{ ok: true, tookMs: 2100 }]);
  });
});

describe('a spoken call', () => {
  it('says the greeting to its end, hears a turn, answers, and records gap and words', async () => {
    const setup = setUpCall({ texts: ['where is my order'] });
    const { media, call, speak, quiet } = startVoiceCall(setup);
    await quiet(2000);
    expect(bodiesOf(setup.bus.events, 'heard')).toMatchObject([
      { text: 'Hello. How can I help?', complete: true },
    ]);
    await speak(800);
    await quiet(1500);
    media.finish('caller-hung-up');
    await call.done;
    expect(bodiesOf(setup.bus.events, 'turn')).toMatchObject([{ text: 'where is my order' }]);
    expect(bodiesOf(setup.bus.events, 'heard').at(-1)).toMatchObject({ text: 'Fine.', complete: true });
    const [gap] = bodiesOf(setup.bus.events, 'response-gap');
    expect(gap?.gapMs).toBeGreaterThan(200);
    expect(gap?.gapMs).toBeLessThan(1000);
    expect(setup.synthesizer.prepared).toContain('Fine.');
  });

  it('takes what follows before the answer was heard as one turn with what came before', async () => {
    const setup = setUpCall({
      texts: ['my number is', 'one two three'],
      answer: (event) => (event.type === 'utterance' ? [say('I see. Thank you.'), listen()] : []),
      greeting: [listen()],
    });
    setup.recognizer.delayed = true;
    const { media, call, speak, quiet } = startVoiceCall(setup);
    await speak(600);
    await quiet(800); // The turn is over, and its text is late.
    await speak(300);
    setup.recognizer.answer();
    setup.recognizer.delayed = false;
    await speak(300);
    await quiet(2500);
    media.finish('caller-hung-up');
    await call.done;
    expect(setup.engine.state.heard).toEqual(['my number is one two three', 'caller-hung-up']);
    expect(bodiesOf(setup.bus.events, 'heard').filter(({ complete }) => complete)).toHaveLength(1);
  });

  it('is silent at once when the caller interrupts, and records only what was heard', async () => {
    const setup = setUpCall({
      texts: ['no I want something else'],
      greeting: [say('One two three four five. Six seven eight nine ten eleven twelve thirteen.'), listen()],
    });
    const { media, call, speak, quiet } = startVoiceCall(setup);
    await quiet(1500);
    await speak(1000);
    expect(media.cleared).toBeGreaterThan(0);
    expect(bodiesOf(setup.bus.events, 'barge-in')).toHaveLength(1);
    await quiet(1500);
    media.finish('caller-hung-up');
    await call.done;
    const heard = bodiesOf(setup.bus.events, 'heard');
    expect(heard[0]?.complete).toBe(false);
    expect(heard[0]?.text).toMatch(/^One two three four five\./);
    expect(heard[0]?.text).not.toContain('thirteen');
    expect(heard.at(-1)).toMatchObject({ text: 'Fine.', complete: true });
  });

  it('goes on from the beginning of the sentence when what stopped it was no speech', async () => {
    const setup = setUpCall({
      texts: [''],
      greeting: [say('One two three four five. Six seven eight nine ten eleven twelve thirteen.'), listen()],
    });
    const { media, call, speak, quiet } = startVoiceCall(setup);
    await quiet(1500);
    await speak(600);
    await quiet(4500);
    media.finish('caller-hung-up');
    await call.done;
    const heard = bodiesOf(setup.bus.events, 'heard');
    expect(heard.at(-1)).toMatchObject({
      text: 'Six seven eight nine ten eleven twelve thirteen.',
      complete: true,
    });
    expect(bodiesOf(setup.bus.events, 'turn')).toHaveLength(0);
  });

  it('goes on when what stopped it was one word that means nothing, and takes the answer to its question after', async () => {
    const setup = setUpCall({
      texts: ['Now,', 'no I want something else'],
      greeting: [say('One two three four five. Six seven eight nine ten eleven twelve thirteen.'), listen()],
    });
    const { media, call, speak, quiet } = startVoiceCall(setup);
    await quiet(1500);
    await speak(600);
    await quiet(6500);
    const heard = bodiesOf(setup.bus.events, 'heard');
    expect(heard.at(-1)).toMatchObject({
      text: 'Six seven eight nine ten eleven twelve thirteen.',
      complete: true,
    });
    expect(bodiesOf(setup.bus.events, 'say').map(({ text }) => text)).not.toContain('Fine.');
    await speak(1000);
    await quiet(1500);
    media.finish('caller-hung-up');
    await call.done;
    expect(bodiesOf(setup.bus.events, 'say').at(-1)?.text).toBe('Fine.');
  });

  it('does not talk on over "wait"', async () => {
    const setup = setUpCall({
      texts: ['Wait.'],
      greeting: [say('One two three four five. Six seven eight nine ten eleven twelve thirteen.'), listen()],
    });
    const { media, call, speak, quiet } = startVoiceCall(setup);
    await quiet(1500);
    await speak(600);
    await quiet(3000);
    media.finish('caller-hung-up');
    await call.done;
    expect(bodiesOf(setup.bus.events, 'say').at(-1)?.text).toBe('Fine.');
  });

  it('stops its words for a key and gives the dialog the whole number', async () => {
    const setup = setUpCall({
      greeting: [say('One two three four five six seven eight nine ten.'), listen()],
    });
    const { media, call, quiet } = startVoiceCall(setup);
    await quiet(500);
    media.key('4');
    media.key('2');
    media.key('#');
    await quiet(1500);
    media.finish('caller-hung-up');
    await call.done;
    expect(bodiesOf(setup.bus.events, 'digits')).toMatchObject([{ digits: '42' }]);
    expect(bodiesOf(setup.bus.events, 'heard')[0]).toMatchObject({ complete: false });
    expect(bodiesOf(setup.bus.events, 'heard').at(-1)).toMatchObject({ text: 'Fine.' });
  });

  it('does not let a closing # stop the answer to a number that was complete without it', async () => {
    const keys = { min: 1, max: 2 };
    const expecting = { slot: 'number', kind: 'order_number', keys } as const;
    const setup = setUpCall({ greeting: [say('Number?'), { type: 'listen', expecting }] });
    const { media, call, quiet } = startVoiceCall(setup);
    await quiet(500);
    media.key('4');
    await quiet(100);
    media.key('2');
    await quiet(100);
    media.key('#');
    await quiet(1500);
    media.finish('caller-hung-up');
    await call.done;
    expect(bodiesOf(setup.bus.events, 'digits')).toMatchObject([{ digits: '42' }]);
    expect(bodiesOf(setup.bus.events, 'heard').at(-1)).toMatchObject({ text: 'Fine.', complete: true });
  });

  it('tells the dialog about silence only after its own words have been heard', async () => {
    const setup = setUpCall({ answer: () => [] });
    const { media, call, quiet } = startVoiceCall(setup);
    await quiet(5000);
    expect(bodiesOf(setup.bus.events, 'no-input')).toHaveLength(0);
    await quiet(5000);
    media.finish('caller-hung-up');
    await call.done;
    expect(setup.engine.events[0]?.type).toBe('no-input');
  });

  it('tells the dialog when recognition or speech fails', async () => {
    const setup = setUpCall({ texts: ['x'], answer: () => [] });
    setup.recognizer.failing = true;
    const { media, call, speak, quiet } = startVoiceCall(setup);
    await quiet(2000);
    await speak(600);
    await quiet(1500);
    expect(setup.engine.events.map(({ type }) => type)).toContain('asr-failed');
    media.finish('caller-hung-up');
    await call.done;

    const mute = setUpCall({ answer: () => [] });
    mute.synthesizer.broken = true;
    const second = startVoiceCall(mute);
    await second.quiet(200);
    second.media.finish('caller-hung-up');
    await second.call.done;
    expect(mute.engine.events.map(({ type }) => type)).toEqual(['tts-failed', 'caller-hung-up']);
  });

  it('hands over after its words were heard, and goes on with the dialog when nobody takes the call', async () => {
    const transfer: DialogEffect = {
      type: 'transfer',
      skill: 'orders',
      target: '+18005550199',
      briefing: {
        callId: 'call_1',
        from: '',
        language: 'en',
        reason: 'asked-for-person',
        wanted: 'a person',
        customer: null,
        slots: {},
        done: [],
        summary: 'The caller wants a person.',
      },
      anger: 0,
      value: 0,
    };
    const setup = setUpCall({
      greeting: [say('I will put you through.'), transfer],
      answer: (event) => (event.type === 'transfer-finished' ? [say('Nobody is free.'), listen()] : []),
    });
    const { media, call, quiet } = startVoiceCall(setup);
    media.transferError = new KefuError('transfer_failed', 'busy');
    await quiet(4000);
    expect(bodiesOf(setup.bus.events, 'transfer').map(({ ok }) => ok)).toEqual([null, false]);
    expect(bodiesOf(setup.bus.events, 'heard').map(({ text }) => text)).toEqual([
      'I will put you through.',
      'Nobody is free.',
    ]);
    media.finish('caller-hung-up');
    await call.done;

    const good = setUpCall({ greeting: [say('I will put you through.'), transfer] });
    const handed = startVoiceCall(good);
    await handed.quiet(2500);
    await handed.call.done;
    expect(handed.media.transferredTo).toBe('+18005550199');
    expect(bodiesOf(good.bus.events, 'call-ended')).toMatchObject([{ outcome: 'transferred' }]);
    // Nobody may answer there: the call must be able to come back.
    expect(good.snapshots.kept.has('call_1')).toBe(true);
  });

  it.each([0, 300, 1500, 2300, 3000, 3500])(
    'ends cleanly, once, when the caller hangs up after %i ms',
    async (ms) => {
      const setup = setUpCall({ texts: ['where is my order'] });
      const { media, call, speak, quiet } = startVoiceCall(setup);
      await quiet(Math.min(ms, 2000));
      if (ms > 2000) await speak(Math.min(ms - 2000, 700));
      if (ms > 2700) await quiet(ms - 2700);
      media.finish('caller-hung-up');
      await call.done;
      expect(bodiesOf(setup.bus.events, 'call-ended')).toHaveLength(1);
      const packets = media.packets.length;
      await setup.clock.advanceAsync(1000);
      expect(media.packets.length).toBe(packets);
      expect(setup.clock.pendingTimers).toBe(0);
      expect(setup.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );
});
