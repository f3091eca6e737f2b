import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { VoiceMediaEvent } from '../../../src/core/telephony.ts';
import { parseUri, type SipUri } from '../../../src/telephony/sip/grammar.ts';
import type { Trunk } from '../../../src/telephony/sip/trunks.ts';
import { createCodec } from '../../../src/media/codec.ts';
import { shareOfTone, tonePackets } from '../../support/sip/baresip.ts';
import { baresipPhone } from '../../support/sip/baresip-phone.ts';
import { answerVoice } from '../../support/gateway-server.ts';
import {
  fastClock,
  freeUdpPort,
  localTrunk,
  sipp,
  startSipGateway,
  type RunningGateway,
} from '../../support/sip/gateway.ts';

const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};
const never = new AbortController().signal;
/** Long enough for a scenario that sends no sound, also by a clock that runs faster. */
const noMediaTimeout = { mediaTimeoutMs: 3_600_000 };

let running: RunningGateway;
afterEach(() => running.gateway.close());

const serve = async (...args: Parameters<typeof startSipGateway>): Promise<RunningGateway> =>
  (running = await startSipGateway(...args));

function uriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (!uri) throw new Error(`no URI: ${text}`);
  return uri;
}

/** Answers the next call and hands back what it has delivered when it has ended. */
async function answered(
  then: (call: ReturnType<typeof answerVoice>) => void | Promise<void> = () => undefined,
): Promise<readonly VoiceMediaEvent[]> {
  const call = answerVoice(await running.nextCall());
  await then(call);
  return call.events.done;
}

describe('calls that come in', () => {
  const scenarios: readonly {
    readonly name: string;
    readonly shows: string;
    readonly trunk?: Partial<Trunk>;
    /** How much faster than real the clock runs. */
    readonly speed?: number;
  }[] = [
    { name: 'reliable-ringing', shows: 'ring until it is confirmed', trunk: { earlyMedia: true } },
    { name: 'reliable-early-media', shows: 'agree on the sound early', trunk: { earlyMedia: true } },
    { name: 'reliable-late-offer', shows: 'are offered sound by the ringing' },
    { name: 'update', shows: 'are held and taken back by UPDATE' },
    { name: 'refresh-by-update', shows: 'are refreshed by UPDATE, also after a refusal', speed: 30 },
    { name: 'refresh-by-invite', shows: 'are refreshed by INVITE, with no other offer meanwhile', speed: 30 },
    { name: 'hold-in-every-way', shows: 'are held in every way there is' },
    { name: 'cancel-after-answer', shows: 'go on when they are cancelled too late' },
    { name: 'replaces', shows: 'go on with a telephone that takes the place of the first' },
  ];
  for (const { name, shows, trunk, speed } of scenarios) {
    it(`${shows} (${name})`, async () => {
      const settings = { ...noMediaTimeout, trunks: [{ ...localTrunk, ...trunk }] };
      await serve(settings, speed === undefined ? undefined : fastClock(speed));
      const ended = answered();
      await sipp(name, running.udp);
      expect((await ended).at(-1)).toEqual({ type: 'ended', reason: 'caller-hung-up' });
      expect(running.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      expect(running.calls).toEqual([]);
    });
  }

  for (const [name, shows] of [
    ['update-while-ringing', 'has one offer at a time'],
    ['merged-invite', 'is one call, by however many ways it comes'],
    ['bye-while-ringing', 'may be hung up on'],
  ] as const) {
    it(`while it rings, a call ${shows} (${name})`, async () => {
      await serve();
      const offered = running.nextCall();
      await sipp(name, running.udp);
      const { events } = answerVoice(await offered);
      expect(await events.done).toMatchObject([{ type: 'ended', reason: 'caller-hung-up' }]);
      expect(running.calls).toEqual([]);
    });
  }

  it('are needed for requests that belong to a call', async () => {
    await serve();
    await sipp('unknown-calls', running.udp);
    expect(running.calls).toEqual([]);
  });

  it('keep their keys when another telephone takes them over', async () => {
    await serve();
    const ended = answered();
    await sipp('replaces', running.udp);
    expect((await ended).flatMap((event) => (event.type === 'digit' ? [event.digit] : []))).toEqual(['7']);
    expect(running.log.find('Somebody has taken the place of the far side')).toHaveLength(1);
  });
});

/** A trunk over which Kefu calls somebody that sipp plays. */
async function dialling(
  more: Partial<Trunk> = {},
  outbound: Partial<NonNullable<Trunk['outbound']>> = {},
): Promise<{
  readonly callee: (scenario: string) => Promise<void>;
  readonly dial: (ringMs?: number) => ReturnType<RunningGateway['gateway']['dialer']['dial']>;
}> {
  const port = await freeUdpPort();
  const rules = {
    ...{ server: uriOf(`sip:127.0.0.1:${port}`), numbers: [/^\+4930\d+$/], from: '+49301' },
    ...{ credentials: undefined, maxCalls: 1, maxCallsPerHour: 60 },
    ...outbound,
  };
  await serve({ ...noMediaTimeout, trunks: [{ ...localTrunk, outbound: rules, ...more }] });
  return {
    callee: (scenario) => sipp(scenario, running.udp, ['-p', String(port)]),
    dial: (ringMs = 20_000) => running.gateway.dialer.dial('+4930123', { signal: never, ringMs }),
  };
}

describe('calls that Kefu makes', () => {
  for (const [name, shows] of [
    ['callee-confirms', 'are confirmed while they ring, and take the sound that came with the ringing'],
    ['callee-forks', 'go to the first of two telephones that answer'],
    ['callee-diverts-to-several', 'are diverted to the best number that is allowed and not busy'],
    ['callee-wants-long-sessions', 'propose the interval that the far side wants'],
  ] as const) {
    it(`${shows} (${name})`, async () => {
      const { callee, dial } = await dialling();
      const done = callee(name);
      await (await dial()).hangup();
      await done;
      expect(running.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });
  }

  it('run in no circle of diversions', async () => {
    const { callee, dial } = await dialling();
    const done = callee('callee-diverts-in-a-circle');
    await expect(dial()).rejects.toMatchObject({ message: 'failed: The call was diverted in a circle.' });
    await done;
  });

  it('are ended properly when the answer crosses the CANCEL', async () => {
    const { callee, dial } = await dialling();
    const done = callee('callee-answers-too-late');
    await expect(dial(1_000)).rejects.toMatchObject({ message: 'no-answer: Nobody answered.' });
    await done;
  });

  it('go over the next trunk when the first one takes none, and over no other when somebody is busy', async () => {
    const [first, second] = [await freeUdpPort(), await freeUdpPort()];
    const over = (name: string, port: number): Trunk => ({
      ...{ ...localTrunk, name },
      outbound: {
        ...{ server: uriOf(`sip:127.0.0.1:${port}`), numbers: [/^\+4930\d+$/], from: undefined },
        ...{ credentials: undefined, maxCalls: 1, maxCallsPerHour: 60 },
      },
    });
    await serve({ trunks: [over('first', first), over('second', second)] });
    const dial = () => running.gateway.dialer.dial('+4930123', { signal: never, ringMs: 20_000 });
    const overloaded = sipp('callee-overloaded', running.udp, ['-p', String(first)]);
    const answers = sipp('callee-answers', running.udp, ['-p', String(second)]);
    await (await dial()).hangup();
    await Promise.all([overloaded, answers]);
    const busy = sipp('callee-busy', running.udp, ['-p', String(first)]);
    await expect(dial()).rejects.toMatchObject({ message: 'busy: The far side answered with 486.' });
    await busy;
  });
});

describe('calls that are passed on', () => {
  it('go to a number that has answered already, in the place of Kefu', async () => {
    const { callee } = await dialling({ transfer: 'attended' });
    const consulted = callee('callee-answers');
    const ended = answered(({ media }) => media.transfer('+4930123', briefing, never));
    await sipp('attended-transfer', running.udp);
    expect((await ended).at(-1)).toEqual({ type: 'ended', reason: 'transferred' });
    await consulted;
  });

  it('stay with Kefu when the number that is asked first is busy', async () => {
    const { callee } = await dialling({ transfer: 'attended' });
    const consulted = callee('callee-busy');
    const ended = answered(async ({ media }) => {
      await expect(media.transfer('+4930123', briefing, never)).rejects.toMatchObject({
        ...{ code: 'transfer_failed', message: 'busy: The far side answered with 486.' },
      });
      await media.hangup();
    });
    await sipp('kefu-hangs-up', running.udp);
    expect((await ended).at(-1)).toEqual({ type: 'ended', reason: 'we-hung-up' });
    await consulted;
  });

  it('speak with a number through Kefu where the exchange knows no REFER, with sound and keys both ways', async () => {
    const [caller, number] = await Promise.all([
      baresipPhone('caller', 'auto', { codec: 'G722' }),
      baresipPhone('+4930123', 'manual', { quiet: true }),
    ]);
    try {
      const server = uriOf(`sip:127.0.0.1:${number.port}`);
      await dialling({ transfer: 'bridged', codecs: ['G722', 'PCMU'] }, { server });
      caller.dial(`sip:shop@127.0.0.1:${running.udp}`);
      const { media, events } = answerVoice(await running.nextCall());
      await caller.until('CALL_ESTABLISHED');
      const transferred = media.transfer('+4930123', briefing, never);
      await number.until('CALL_INCOMING');
      // For so long the caller hears that it rings.
      await sleep(3_000);
      number.answer();
      await number.until('CALL_ESTABLISHED');
      await transferred;
      expect((await events.done).at(-1)).toEqual({ type: 'ended', reason: 'transferred' });
      number.say(Int16Array.from(tonePackets(1000, 150).flatMap((packet) => [...packet])));
      expect(running.gateway.figures.bridged).toBe(1);
      caller.press('5');
      await number.until('CALL_DTMF_START');
      number.press('6');
      await caller.until('CALL_DTMF_START');
      await sleep(4_000);
      // A node that is to end waits for them, up to its limit.
      let isOver = false;
      const over = running.gateway.bridgesOver(60_000).then(() => (isOver = true));
      await running.gateway.bridgesOver(10);
      expect(isOver).toBe(false);
      number.hangUp();
      await caller.until('CALL_CLOSED');
      await over;
      await expect.poll(() => running.calls, { timeout: 20_000 }).toEqual([]);
      await expect
        .poll(() => running.gateway.inUse, { timeout: 20_000 })
        .toMatchObject({ calls: 0, rtpPorts: 0 });
      // The number heard the tone of the caller; the caller heard the ringing tone and then that of the number.
      expect(shareOfTone(number.heard(), 440)).toBeGreaterThan(0.9);
      const heard = caller.heard();
      const seconds = (from: number, to: number) => heard.subarray(from * 16_000, to * 16_000);
      expect(shareOfTone(seconds(0, 3), 425, 16_000)).toBeGreaterThan(0.9);
      expect(shareOfTone(seconds(4, heard.length / 16_000), 1000, 16_000)).toBeGreaterThan(0.9);
    } finally {
      await Promise.all([caller.close(), number.close()]);
    }
  });

  it('stay with Kefu when the transfer fails, in whatever order that is told', async () => {
    await serve();
    const ended = answered(async ({ media }) => {
      await expect(media.transfer('+15557654321', briefing, never)).rejects.toMatchObject({
        message: 'The transfer failed: the destination answered with 486.',
      });
    });
    await sipp('transfer-in-disorder', running.udp);
    expect((await ended).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
  });

  it('are over when the exchange has taken them and tells nothing more', async () => {
    await serve();
    const ended = answered(({ media }) => media.transfer('+15557654321', briefing, never));
    await sipp('transfer-untold', running.udp);
    expect((await ended).at(-1)).toEqual({ type: 'ended', reason: 'transferred' });
  });

  for (const [name, shows] of [
    ['refer-to-another', 'who asked hears how far it is'],
    ['refer-and-leave', 'who asked has hung up'],
    ['refer-consulted', 'a call of who asked is taken over'],
  ] as const) {
    it(`go on with somebody else when the far side wants it: ${shows} (${name})`, async () => {
      const { callee } = await dialling({ acceptRefer: true });
      const called = callee(name === 'refer-consulted' ? 'callee-is-replaced' : 'callee-answers');
      const call = running.nextCall().then((offered) => answerVoice(offered));
      await sipp(name, running.udp);
      const { media, events } = await call;
      await expect
        .poll(() => running.log.find('The far side has called somebody else in its place').length, {
          timeout: 20_000,
        })
        .toBe(1);
      await media.hangup();
      await called;
      // One call all the time.
      expect(await events.done).toEqual([{ type: 'ended', reason: 'we-hung-up' }]);
    });
  }

  it('stay as they are when nobody may be called, or takes the call', async () => {
    const { callee } = await dialling({ acceptRefer: true });
    const called = callee('callee-busy');
    const ended = answered();
    await sipp('refer-refused', running.udp);
    expect((await ended).at(-1)).toEqual({ type: 'ended', reason: 'caller-hung-up' });
    await called;
  });

  it('go from one baresip to another by its transfer key, with their sound', async () => {
    const [first, second] = await Promise.all([baresipPhone('first'), baresipPhone('+4930123')]);
    try {
      const server = uriOf(`sip:127.0.0.1:${second.port}`);
      await dialling({ acceptRefer: true }, { server });
      first.dial(`sip:shop@127.0.0.1:${running.udp}`);
      const { media, events } = answerVoice(await running.nextCall());
      await first.until('CALL_ESTABLISHED');
      const moved = (): number =>
        running.log.find('The far side has called somebody else in its place').length;
      first.transfer('sip:+4930123@127.0.0.1');
      await second.until('CALL_ESTABLISHED');
      await first.until('CALL_CLOSED');
      await expect.poll(moved, { timeout: 20_000 }).toBe(1);
      const wire = createCodec(media.format.codec);
      for (const packet of tonePackets(1000, 100)) media.send(wire.encode(packet));
      media.mark('played');
      await events.next('mark');
      await media.hangup();
      await second.until('CALL_CLOSED');
      await expect.poll(() => shareOfTone(second.heard(), 1000), { timeout: 20_000 }).toBeGreaterThan(0.9);
      expect((await events.done).filter(({ type }) => type === 'ended')).toHaveLength(1);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });
});
