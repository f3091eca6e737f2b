import { describe, expect, it } from 'vitest';
import { parseRtp, writeRtp } from '../../../../src/telephony/rtp/packet.ts';
import { parseUri } from '../../../../src/telephony/sip/grammar.ts';
import type { SipRequest } from '../../../../src/telephony/sip/message.ts';
import type { Trunk } from '../../../../src/telephony/sip/trunks.ts';
import { answerVoice } from '../../../support/gateway-server.ts';
import { anyTrunk, fakeLine, type FakeSockets } from '../../../support/sip/fake-line.ts';
import { asRequest, firstLines, requestText, sipText } from '../../../support/sip/messages.ts';

const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};
const never = new AbortController().signal;
const sdpHeader = 'Content-Type: application/sdp';
const withKeys = ' 101\r\na=rtpmap:101 telephone-event/8000';
const soundAt = (host: string, payloadType = 0): string =>
  `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 4000 RTP/AVP ${payloadType}${withKeys}\r\n`;

const server = parseUri('sip:192.0.2.1') ?? expect.unreachable();
const dialling: Trunk = {
  ...anyTrunk,
  ...{ transfer: 'attended', acceptRefer: true },
  outbound: {
    ...{ server, numbers: [/^\+4930\d+$/], from: undefined, credentials: undefined },
    ...{ maxCalls: 1, maxCallsPerHour: 10 },
  },
};

/** A call that was answered and acknowledged. */
async function talking(trunk: Trunk = dialling) {
  const line = fakeLine(trunk);
  await line.receive(requestText({ headers: [sdpHeader], body: soundAt('192.0.2.1') }));
  const { media, events } = answerVoice(line.calls[0] ?? expect.unreachable());
  const to = /To: (.*)\r/.exec(Buffer.from(line.flow.sent.at(-1) ?? []).toString())?.[1] ?? '';
  let cseq = 1;
  const within = async (method: string, headers: readonly string[] = [], body = ''): Promise<void> => {
    cseq += 1;
    await line.receive(requestText({ method, to, cseq, branch: `z9hG4bK${method}${cseq}`, headers, body }));
  };
  await line.receive(requestText({ method: 'ACK', to, branch: 'z9hG4bKack' }));
  const lastRequest = (method: string): SipRequest =>
    line.flow.sent
      .filter((bytes) => Buffer.from(bytes).toString().startsWith(`${method} `))
      .map(asRequest)
      .at(-1) ?? expect.unreachable();
  /** Answers Kefu's last request of a method. */
  const respond = async (
    method: string,
    status: number,
    more: { readonly tag?: string; readonly body?: string } = {},
  ): Promise<void> => {
    const { headers } = lastRequest(method);
    const tag = more.tag === undefined ? '' : `;tag=${more.tag}`;
    const copied = ['via', 'from', 'call-id', 'cseq'].map((name) => `${name}: ${headers.get(name) ?? ''}`);
    const lines = [`To: ${headers.get('to') ?? ''}${tag}`, 'Contact: <sip:callee@192.0.2.7>', sdpHeader];
    await line.receive(sipText([`SIP/2.0 ${status} Fine`, ...copied, ...lines], more.body ?? ''));
  };
  return { line, media, events, to, within, respond, lastRequest };
}

function arrive(
  sockets: FakeSockets | undefined,
  byte: number,
  payloadType = 0,
  from = '192.0.2.1',
  sequence = 7,
): void {
  const packet = { payloadType, marker: false, sequence, timestamp: sequence * 160, ssrc: 9 };
  sockets?.fakeRtp.arrive(writeRtp({ ...packet, payload: new Uint8Array(160).fill(byte) }), from);
}

/** Where the packets of a byte were sent. */
function hostsOf(sockets: FakeSockets | undefined, byte: number): string[] {
  return (sockets?.fakeRtp.sent ?? [])
    .filter(({ bytes }) => parseRtp(bytes)?.payload[0] === byte)
    .map(({ host }) => host);
}

describe('a call whose far side is replaced', () => {
  it('loses no word, and is heard from and by the new one', async () => {
    const { line, media, events, to } = await talking();
    for (let index = 0; index < 4; index += 1) media.send(new Uint8Array(160).fill(5));
    line.clock.advance(40);
    const tag = /tag=(\w+)/.exec(to)?.[1] ?? '';
    const replaces = `Replaces: call-one;to-tag=${tag};from-tag=caller`;
    const from = '<sip:+15559999999@192.0.2.77>;tag=second';
    const invite = { callId: 'call-two', branch: 'z9hG4bKsecond', from, body: soundAt('192.0.2.77') };
    await line.receive(requestText({ ...invite, headers: [sdpHeader, replaces] }));
    line.clock.advance(100);
    expect(hostsOf(line.sockets[0], 5)).toEqual(['192.0.2.1', '192.0.2.1', '192.0.2.77', '192.0.2.77']);
    expect(firstLines(line.flow.sent)).toContain('BYE sip:caller@192.0.2.1:5060');
    arrive(line.sockets[0], 0x42, 0, '192.0.2.77');
    expect((await events.next('packet')).payload[0]).toBe(0x42);
    expect([line.calls.length, line.sessions.size]).toEqual([1, 1]);
  });

  it('stays as it is when somebody of another trunk, or with sound it cannot carry, wants its place', async () => {
    const { line, to } = await talking();
    const tag = /tag=(\w+)/.exec(to)?.[1] ?? '';
    const headers = [sdpHeader, `Replaces: call-one;to-tag=${tag};from-tag=caller`];
    const body = soundAt('192.0.2.77', 18);
    await line.receive(requestText({ callId: 'other', branch: 'z9hG4bKother', headers, body }));
    expect(firstLines(line.flow.sent).at(-1)).toBe('488 Not Acceptable Here');
    line.clock.advance(40);
    expect(line.sockets[0]?.fakeRtp.sent.at(-1)?.host).toBe('192.0.2.1');
  });
});

describe('a call that is given to a number that is asked first', () => {
  it('hears what is played while it rings, and is joined by Replaces', async () => {
    const { line, media, events, respond, lastRequest } = await talking();
    const transferred = media.transfer('+4930123', briefing, never);
    const failed = expect(transferred).rejects.toMatchObject({ code: 'transfer_failed' });
    await line.clock.advanceAsync(2_100, 100);
    await respond('INVITE', 183, { tag: 'callee', body: soundAt('192.0.2.7', 8) });
    line.clock.advance(20);
    // A-law there, mu-law here: the loudest byte of each.
    arrive(line.sockets[1], 0xaa, 8, '192.0.2.7');
    line.clock.advance(40);
    expect(hostsOf(line.sockets[0], 0x80)).toEqual(['192.0.2.1']);
    await respond('INVITE', 200, { tag: 'callee', body: soundAt('192.0.2.7', 8) });
    await line.clock.advanceAsync(100, 20);
    const callId = lastRequest('INVITE').headers.get('call-id') ?? '';
    expect(lastRequest('REFER').headers.get('refer-to')).toMatch(
      `<sip:callee@192.0.2.7?Replaces=${callId}%3Bto-tag%3Dcallee%3Bfrom-tag%3D`,
    );
    // Until the exchange has joined them, the caller hears who has answered.
    arrive(line.sockets[1], 0x2a, 8, '192.0.2.7', 8);
    line.clock.advance(40);
    expect(hostsOf(line.sockets[0], 0x00)).toEqual(['192.0.2.1']);
    await respond('REFER', 603);
    await failed;
    expect(lastRequest('BYE').uri).toBe('sip:callee@192.0.2.7');
    await respond('BYE', 200);
    expect(events.seen.some(({ type }) => type === 'ended')).toBe(false);
    expect(line.sockets.map(({ fakeRtp }) => fakeRtp.closed)).toEqual([false, true]);
  });

  it('stops the ringing when the caller hangs up meanwhile', async () => {
    const { line, media, within, respond, lastRequest } = await talking();
    const transferred = media.transfer('+4930123', briefing, never);
    transferred.catch(() => undefined);
    await line.clock.advanceAsync(2_100, 100);
    await respond('INVITE', 180, { tag: 'callee' });
    await within('BYE');
    expect(lastRequest('CANCEL').uri).toMatch(/^sip:\+4930123@/);
    await respond('INVITE', 487, { tag: 'callee' });
    await expect(transferred).rejects.toMatchObject({ code: 'transfer_failed' });
    await line.clock.advanceAsync(70_000, 5_000);
    expect([line.sessions.size, line.clock.pendingTimers, line.core.transactions.size]).toEqual([0, 0, 0]);
  });
});

describe('a call that is given to a number through Kefu', () => {
  const bridged: Trunk = { ...dialling, transfer: 'bridged' };

  /** A caller and a number that has answered, with what came of the transfer. */
  async function joined() {
    const call = await talking(bridged);
    const { line, media, respond } = call;
    const transferred = media.transfer('+4930123', briefing, never);
    await line.clock.advanceAsync(2_100, 100);
    await respond('INVITE', 180, { tag: 'callee' });
    await respond('INVITE', 200, { tag: 'callee', body: soundAt('192.0.2.7', 8) });
    await line.clock.advanceAsync(100, 20);
    await transferred;
    return call;
  }
  const nothingLeft = ({ line }: Awaited<ReturnType<typeof joined>>) => [
    ...[line.sessions.size, line.bridges.size, line.clock.pendingTimers, line.core.transactions.size],
    ...line.sockets.map(({ fakeRtp }) => fakeRtp.closed),
  ];
  const nothing = [0, 0, 0, 0, true, true];

  it('hears that it rings, then who has answered, and is heard by them, each in their codec', async () => {
    const { line, media, events, respond, lastRequest } = await talking(bridged);
    const transferred = media.transfer('+4930123', briefing, never);
    await line.clock.advanceAsync(2_100, 100);
    expect(lastRequest('INVITE').uri).toMatch(/^sip:\+4930123@/);
    const loud = () =>
      (line.sockets[0]?.fakeRtp.sent ?? []).filter(({ bytes }) =>
        (parseRtp(bytes)?.payload ?? []).some((byte) => (byte & 0x7f) < 0x50),
      ).length;
    expect(loud()).toBe(0);
    await respond('INVITE', 180, { tag: 'callee' });
    line.clock.advance(5_980);
    // A second of tone in every five.
    expect(loud()).toBeGreaterThan(95);
    expect(loud()).toBeLessThan(101);
    await respond('INVITE', 200, { tag: 'callee', body: soundAt('192.0.2.7', 8) });
    await line.clock.advanceAsync(100, 20);
    await transferred;
    expect((await events.done).at(-1)).toEqual({ type: 'ended', reason: 'transferred' });
    // A-law there, mu-law here: the loudest byte of each.
    arrive(line.sockets[1], 0xaa, 8, '192.0.2.7');
    arrive(line.sockets[0], 0x80);
    line.clock.advance(40);
    expect(hostsOf(line.sockets[0], 0x80)).toEqual(['192.0.2.1']);
    expect(hostsOf(line.sockets[1], 0xaa)).toEqual(['192.0.2.7']);
  });

  it('is over when the caller hangs up, on both sides, and gives the line back', async () => {
    const call = await joined();
    await call.within('BYE');
    expect(call.lastRequest('BYE').uri).toBe('sip:callee@192.0.2.7');
    await call.respond('BYE', 200);
    await call.line.clock.advanceAsync(70_000, 5_000);
    expect(nothingLeft(call)).toEqual(nothing);
    const again = call.line.parts.dialer.place('+4930125', { signal: never, ringMs: 1_000 });
    again.catch(() => undefined);
    await call.line.clock.advanceAsync(7_000, 500);
    await expect(again).rejects.toMatchObject({ message: expect.stringMatching(/^no-answer/) as string });
  });

  it('is over when the number hangs up, when it falls silent, and when the gateway closes', async () => {
    const left = await joined();
    const { headers } = left.lastRequest('INVITE');
    const bye = { method: 'BYE', callId: headers.get('call-id') ?? '', branch: 'z9hG4bKcallee', cseq: 9 };
    const [from, to] = [`<sip:+4930123@192.0.2.1>;tag=callee`, headers.get('from') ?? ''];
    await left.line.receive(requestText({ ...bye, from, to }));
    expect(left.lastRequest('BYE').uri).toBe('sip:caller@192.0.2.1:5060');
    await left.respond('BYE', 200);
    await left.line.clock.advanceAsync(70_000, 5_000);
    expect(nothingLeft(left)).toEqual(nothing);

    const silent = await joined();
    for (let second = 0; second < 29; second += 1) {
      arrive(silent.line.sockets[0], 0x80);
      silent.line.clock.advance(1_000);
    }
    expect(silent.line.bridges.size).toBe(1);
    await silent.line.clock.advanceAsync(70_000, 1_000);
    expect(nothingLeft(silent)).toEqual(nothing);
    expect(silent.line.log.find('A caller speaks with a number no more')[0]?.fields).toMatchObject({
      why: 'no packet for 30 s',
    });

    const closing = await joined();
    for (const bridge of closing.line.bridges) void bridge.end('the gateway closes');
    await closing.line.clock.advanceAsync(70_000, 5_000);
    expect(nothingLeft(closing)).toEqual(nothing);
  });

  it("carries keys, and is nobody's to be sent elsewhere", async () => {
    const call = await joined();
    await call.within('INFO', ['Content-Type: application/dtmf-relay'], 'Signal=5\r\nDuration=100\r\n');
    call.line.clock.advance(200);
    const keys = (call.line.sockets[1]?.fakeRtp.sent ?? [])
      .flatMap(({ bytes }) => parseRtp(bytes) ?? [])
      .filter(({ payloadType }) => payloadType === 101);
    expect(new Set(keys.map(({ payload }) => payload[0]))).toEqual(new Set([5]));
    await call.within('REFER', ['Refer-To: <sip:+4930124@192.0.2.1>']);
    expect(firstLines(call.line.flow.sent).at(-1)).toBe('603 Decline');
    expect(call.line.bridges.size).toBe(1);
  });

  it('stays with Kefu when the number is busy', async () => {
    const { line, media, events, respond } = await talking(bridged);
    const transferred = media.transfer('+4930123', briefing, never);
    transferred.catch(() => undefined);
    await line.clock.advanceAsync(2_100, 100);
    await respond('INVITE', 486, { tag: 'callee' });
    await expect(transferred).rejects.toMatchObject({ message: expect.stringMatching(/^busy/) as string });
    arrive(line.sockets[0], 0x42);
    expect((await events.next('packet')).payload[0]).toBe(0x42);
    expect([line.bridges.size, line.sessions.size]).toEqual([0, 1]);
  });
});

describe('a call whose far side has somebody else called', () => {
  const referTo = (number: string): string => `Refer-To: <sip:${number}@192.0.2.1>`;

  it('waits for them when who asked hangs up at once, and ends when nobody comes', async () => {
    const { line, events, within, respond } = await talking();
    await within('REFER', [referTo('+4930123')]);
    await respond('NOTIFY', 200);
    await respond('INVITE', 180, { tag: 'callee' });
    await within('BYE');
    await respond('INVITE', 180, { tag: 'callee' });
    // Longer than the silence that ends other calls.
    await line.clock.advanceAsync(29_000, 500);
    expect(events.seen.some(({ type }) => type === 'ended')).toBe(false);
    await respond('INVITE', 486, { tag: 'callee' });
    await line.clock.advanceAsync(100, 20);
    expect((await events.done).at(-1)).toEqual({
      ...{ type: 'ended', reason: 'caller-hung-up', detail: 'nobody took the call that was passed on' },
    });
    await line.clock.advanceAsync(70_000, 5_000);
    expect([line.sessions.size, line.clock.pendingTimers]).toEqual([0, 0]);
  });

  it('goes on with them in the same call, in its codec, and gives the line back at its end', async () => {
    const { line, media, events, within, respond } = await talking();
    await within('REFER', [referTo('+4930123'), 'Refer-Sub: false']);
    // One at a time.
    await within('REFER', [referTo('+4930124')]);
    expect(firstLines(line.flow.sent).at(-1)).toBe('491 Request Pending');
    media.mark('lost-with-the-old-side');
    await respond('INVITE', 200, { tag: 'callee', body: soundAt('192.0.2.7', 8) });
    await line.clock.advanceAsync(40, 20);
    expect(await events.next('mark')).toMatchObject({ name: 'lost-with-the-old-side' });
    arrive(line.sockets[1], 0xaa, 8, '192.0.2.7');
    expect((await events.next('packet')).payload[0]).toBe(0x80);
    media.send(new Uint8Array(160).fill(0x80));
    line.clock.advance(40);
    expect(hostsOf(line.sockets[1], 0xaa)).toEqual(['192.0.2.7']);
    expect(line.sockets[0]?.fakeRtp.closed).toBe(true);
    const signal = never;
    const again = (): Promise<unknown> => line.parts.dialer.place('+4930125', { signal, ringMs: 1_000 });
    await expect(again()).rejects.toMatchObject({ message: expect.stringMatching(/^limit/) as string });
    void media.hangup();
    await line.clock.advanceAsync(5_000, 100);
    const dialled = again();
    dialled.catch(() => undefined);
    await line.clock.advanceAsync(7_000, 500);
    await expect(dialled).rejects.toMatchObject({ message: expect.stringMatching(/^no-answer/) as string });
  });

  it('passes on whose call is to be taken over, and nothing else that hides there', async () => {
    const { line, within, lastRequest } = await talking();
    const replacing = (value: string): string => `Refer-To: <sip:+4930123@192.0.2.1?Replaces=${value}>`;
    for (const value of ['a%3Bto-tag%3Db%3Bfrom-tag%3Dc%0D%0AP-Evil:%20yes', 'a', 'a%3Bto-tag%3Db']) {
      await within('REFER', [replacing(value)]);
      expect(firstLines(line.flow.sent).at(-1)).toBe('400 Bad Request');
    }
    await within('REFER', [replacing('a%40b%3Bto-tag%3Db%3Bfrom-tag%3Dc')]);
    expect(lastRequest('INVITE').headers.get('replaces')).toBe('a@b;to-tag=b;from-tag=c');
  });

  it('calls nobody over a trunk that does not allow it', async () => {
    const { line, within } = await talking({ ...dialling, acceptRefer: false });
    await within('REFER', [referTo('+4930123')]);
    expect(firstLines(line.flow.sent).at(-1)).toBe('603 Decline');
    const other = await talking();
    await other.within('REFER', [referTo('+19005550100')]);
    expect(firstLines(other.line.flow.sent).at(-1)).toBe('403 Forbidden');
    expect(other.line.sockets).toHaveLength(1);
  });
});
