import { describe, expect, it } from 'vitest';
import { parseRtp, writeRtp } from '../../../../src/telephony/rtp/packet.ts';
import { answerVoice } from '../../../support/gateway-server.ts';
import { anyTrunk, fakeLine } from '../../../support/sip/fake-line.ts';
import {
  asRequest,
  asResponse,
  firstLines,
  requestText,
  sipText,
  type RequestParts,
} from '../../../support/sip/messages.ts';

const offer =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n';
const sdpHeader = 'Content-Type: application/sdp';

/** A line with one call that was answered, and what the far side does next. */
async function talking(parts: RequestParts = {}) {
  const line = fakeLine();
  await line.receive(requestText({ headers: [sdpHeader], body: offer, ...parts }));
  const [call] = line.calls;
  if (!call) throw new Error('no call came in');
  const { media, events } = answerVoice(call);
  const answer = asResponse(line.flow.sent.at(-1) ?? new Uint8Array());
  const to = answer.headers.get('to') ?? '';
  let cseq = 1;
  const within = async (method: string, more: RequestParts = {}): Promise<string> => {
    cseq += method === 'ACK' ? 0 : 1;
    await line.receive(requestText({ method, to, cseq, branch: `z9hG4bK${method}${cseq}`, ...more }));
    return firstLines(line.flow.sent).at(-1) ?? '';
  };
  await within('ACK');
  /** Answers Kefu's last request. */
  const respond = async (status: number, headers: readonly string[] = [], body = ''): Promise<void> => {
    const request = asRequest(line.flow.sent.at(-1) ?? new Uint8Array());
    const copied = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      (name) => `${name}: ${request.headers.get(name) ?? ''}`,
    );
    await line.receive(sipText([`SIP/2.0 ${status} Fine`, ...copied, ...headers], body));
  };
  return { line, media, events, answer, within, respond };
}

describe('a message that gets no answer', () => {
  it('is counted by what is wrong with it', async () => {
    const known = fakeLine();
    await known.receive(Buffer.from('INVITE of a kind\r\n\r\n'));
    await known.receive(requestText({ method: 'ACK' }));
    const stranger = fakeLine({ ...anyTrunk, admits: () => false });
    await stranger.receive(requestText({ headers: ['Max-Forwards: x'] }));
    await stranger.receive(requestText());
    expect([known, stranger].map(({ guard }) => Object.fromEntries(guard.drops))).toEqual([
      { unreadable: 1, stray: 1 },
      { unreadable: 1, unknown: 1 },
    ]);
    expect([known.flow.sent, stranger.flow.sent]).toEqual([[], []]);
  });
});

describe('a SIP call', () => {
  it('is answered where the caller can reach us, with its sound', async () => {
    const { answer, line } = await talking();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('contact')).toBe('<sip:kefu@192.0.2.9:5060>');
    const body = Buffer.from(answer.body).toString();
    expect(body).toContain('m=audio 10000 RTP/AVP 0 101');
    line.clock.advance(20);
    expect(line.sockets[0]?.fakeRtp.sent.at(-1)).toMatchObject({ host: '192.0.2.1', port: 4000 });
  });

  it('sends no sound before it is answered, and none after it has ended', async () => {
    const line = fakeLine();
    await line.receive(requestText({ headers: [sdpHeader], body: offer }));
    line.clock.advance(1_000);
    expect(line.sockets[0]?.fakeRtp.sent).toEqual([]);
    const { media } = answerVoice(line.calls[0] ?? expect.unreachable());
    line.clock.advance(100);
    const told = media.hangup();
    await line.clock.advanceAsync(10_000, 20);
    await told;
    const sent = line.sockets[0]?.fakeRtp.sent.length;
    await line.clock.advanceAsync(60_000, 1_000);
    expect(line.sockets[0]?.fakeRtp.sent.length).toBe(sent);
    expect(line.sockets[0]?.fakeRtp.closed).toBe(true);
    expect([line.sessions.size, line.clock.pendingTimers, line.core.transactions.size]).toEqual([0, 0, 0]);
  });

  it('waits with the hang-up until the last words are over', async () => {
    const { line, media, events } = await talking();
    for (let index = 0; index < 10; index += 1) media.send(new Uint8Array(160).fill(1));
    const told = media.hangup();
    line.clock.advance(190);
    expect(firstLines(line.flow.sent).at(-1)).not.toContain('BYE');
    await line.clock.advanceAsync(60, 20);
    expect(firstLines(line.flow.sent).at(-1)).toBe('BYE sip:caller@192.0.2.1:5060');
    await line.clock.advanceAsync(2_000, 500);
    await told;
    const words = line.sockets[0]?.fakeRtp.sent.filter(({ bytes }) => parseRtp(bytes)?.payload[0] === 1);
    expect(words).toHaveLength(10);
    expect((await events.done).at(-1)).toEqual({ type: 'ended', reason: 'we-hung-up' });
  });

  it('hears and speaks its first codec when the far side changes to the other law', async () => {
    const { line, media, events, within } = await talking();
    const pcma = offer.replace('RTP/AVP 0 101', 'RTP/AVP 8 101');
    expect(await within('INVITE', { headers: [sdpHeader], body: pcma })).toBe('200 OK');
    await within('ACK');
    const [loudMulaw, loudAlaw] = [0x80, 0xaa];
    const packet = { payloadType: 8, marker: false, sequence: 1, timestamp: 160, ssrc: 1 };
    line.sockets[0]?.fakeRtp.arrive(writeRtp({ ...packet, payload: new Uint8Array(160).fill(loudAlaw) }));
    media.send(new Uint8Array(160).fill(loudMulaw));
    line.clock.advance(60);
    const heard = await events.next('packet');
    expect(heard.payload[0]).toBe(loudMulaw);
    const sent = line.sockets[0]?.fakeRtp.sent.map(({ bytes }) => parseRtp(bytes)) ?? [];
    expect(sent.filter((one) => one?.payloadType === 8).map((one) => one?.payload[0])).toContain(loudAlaw);
  });

  it('presses keys for the far side', async () => {
    const { line, media } = await talking();
    expect(media.sendKeys?.('1')).toBe(true);
    line.clock.advance(300);
    const keys = line.sockets[0]?.fakeRtp.sent.filter(({ bytes }) => parseRtp(bytes)?.payloadType === 101);
    expect(keys).toHaveLength(7);
  });

  it('repeats ringing that is to be confirmed, until it is', async () => {
    const line = fakeLine({ ...anyTrunk, earlyMedia: true });
    await line.receive(requestText({ headers: [sdpHeader, 'Require: 100rel, timer'], body: offer }));
    const ringing = asResponse(line.flow.sent.at(-1) ?? new Uint8Array());
    expect([ringing.status, ringing.headers.get('require')]).toEqual([183, '100rel']);
    answerVoice(line.calls[0] ?? expect.unreachable());
    line.clock.advance(3_500);
    // After 0.5, 1 and 2 s; the answer waits.
    expect(firstLines(line.flow.sent).slice(1)).toEqual(new Array(4).fill('183 Session Progress'));
    const rack = `RAck: ${ringing.headers.get('rseq') ?? ''} 1 INVITE`;
    const to = ringing.headers.get('to') ?? '';
    const prack = { method: 'PRACK', to, cseq: 2, branch: 'z9hG4bKprack', headers: [rack] };
    await line.receive(requestText(prack));
    expect(firstLines(line.flow.sent).slice(-2)).toEqual(['200 OK', '200 OK']);
    await line.receive(requestText({ method: 'ACK', to, branch: 'z9hG4bKack' }));
    const { length } = line.flow.sent;
    line.clock.advance(10_000);
    expect(line.flow.sent).toHaveLength(length);
  });

  it('refuses a call whose ringing nobody confirms', async () => {
    const line = fakeLine({ ...anyTrunk, earlyMedia: true });
    await line.receive(requestText({ headers: [sdpHeader, 'Require: 100rel'], body: offer }));
    const { events } = answerVoice(line.calls[0] ?? expect.unreachable());
    await line.clock.advanceAsync(20_000, 500);
    for (const session of line.sessions) session.heard();
    await line.clock.advanceAsync(12_000, 500);
    expect(firstLines(line.flow.sent).at(-1)).toBe('504 Server Time-out');
    expect((await events.done).at(-1)).toMatchObject({
      ...{ reason: 'gateway-lost', detail: 'the far side never confirmed that it rings' },
    });
    await line.clock.advanceAsync(60_000, 5_000);
    expect([line.sessions.size, line.clock.pendingTimers]).toEqual([0, 0]);
  });

  it('does not take calls that want what Kefu does not know', async () => {
    const line = fakeLine();
    await line.receive(requestText({ headers: [sdpHeader, 'Require: 100rel, precondition'], body: offer }));
    expect(asResponse(line.flow.sent.at(-1) ?? new Uint8Array()).headers.get('unsupported')).toBe(
      'precondition',
    );
  });

  it('is refused when its sound is nowhere to be sent', async () => {
    const line = fakeLine();
    const body = offer.replace('c=IN IP4 192.0.2.1', 'c=IN IP4 telephone.example');
    await line.receive(requestText({ headers: [sdpHeader], body }));
    expect(firstLines(line.flow.sent).at(-1)).toBe('488 Not Acceptable Here');
    await line.clock.advanceAsync(60_000, 5_000);
    expect([line.calls.length, line.sockets[0]?.fakeRtp.closed, line.clock.pendingTimers]).toEqual([
      0,
      true,
      0,
    ]);
  });

  it('is refused as overloaded when nobody takes it within 5 s', async () => {
    const line = fakeLine();
    await line.receive(requestText({ headers: [sdpHeader], body: offer }));
    line.clock.advance(5_000);
    expect(firstLines(line.flow.sent).at(-1)).toBe('503 Service Unavailable');
    expect(line.sessions.size).toBe(0);
  });

  it('does not ring first when it is refused at once', async () => {
    const line = fakeLine(anyTrunk, 'udp', (call) => call.reject('overloaded'));
    await line.receive(requestText({ headers: [sdpHeader], body: offer }));
    expect(firstLines(line.flow.sent)).toEqual(['100 Trying', '503 Service Unavailable']);
    expect(asResponse(line.flow.sent.at(-1) ?? new Uint8Array()).headers.get('retry-after')).toBe('10');
    await line.receive(requestText({ method: 'ACK' }));
    await line.clock.advanceAsync(60_000, 5_000);
    expect([line.sessions.size, line.sockets[0]?.fakeRtp.closed, line.clock.pendingTimers]).toEqual([
      0,
      true,
      0,
    ]);
  });

  it('ends when no sound has come for the time of the trunks file, and not while it is held', async () => {
    const lost = await talking();
    await lost.line.clock.advanceAsync(30_000, 1_000);
    expect((await lost.events.done).at(-1)).toMatchObject({ type: 'ended', reason: 'media-timeout' });
    const held = await talking();
    expect(await held.within('INVITE', { headers: [sdpHeader], body: `${offer}a=sendonly\r\n` })).toBe(
      '200 OK',
    );
    await held.within('ACK');
    await held.line.clock.advanceAsync(120_000, 1_000);
    expect(held.events.seen.some(({ type }) => type === 'ended')).toBe(false);
    await held.within('BYE');
    expect((await held.events.done).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
  });

  it('gives its packets on while it is not held', async () => {
    const { line, events, within } = await talking();
    const arrive = (sequence: number): void => {
      const packet = { payloadType: 0, marker: false, sequence, timestamp: sequence * 160, ssrc: 1 };
      line.sockets[0]?.fakeRtp.arrive(writeRtp({ ...packet, payload: new Uint8Array(160) }));
    };
    arrive(1);
    await within('INVITE', { headers: [sdpHeader], body: `${offer}a=sendonly\r\n` });
    await within('ACK');
    arrive(2);
    await within('UPDATE', { headers: [sdpHeader], body: offer });
    arrive(3);
    await within('BYE');
    const packets = (await events.done).filter(({ type }) => type === 'packet');
    expect(packets).toHaveLength(2);
  });

  it('answers what it does not do with the right words', async () => {
    const { within, line, events } = await talking();
    expect(await within('REFER', { headers: ['Refer-To: <sip:premium@example.com>'] })).toBe('603 Decline');
    expect(await within('NOTIFY', { headers: ['Event: presence'] })).toBe('489 Bad Event');
    expect(await within('NOTIFY', { headers: ['Event: refer'] })).toBe('481 Call/Transaction Does Not Exist');
    expect(await within('MESSAGE')).toBe('405 Method Not Allowed');
    expect(
      await within('INFO', { headers: ['Content-Type: application/dtmf-relay'], body: 'Signal=x' }),
    ).toBe('400 Bad Request');
    expect(await within('INVITE', { headers: ['Content-Type: text/plain'], body: 'x' })).toBe(
      '415 Unsupported Media Type',
    );
    expect(await within('OPTIONS', { cseq: 1, branch: 'z9hG4bKold' })).toBe('500 Server Internal Error');
    expect(await within('BYE')).toBe('200 OK');
    expect(await within('BYE')).toBe('481 Call/Transaction Does Not Exist');
    await events.done;
    expect(line.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('ends when the session is not refreshed in time', async () => {
    const { line, events } = await talking({
      headers: [sdpHeader, 'Supported: timer', 'Session-Expires: 120;refresher=uac'],
    });
    const beat = soundFor(line);
    await beat(87);
    expect(events.seen.some(({ type }) => type === 'ended')).toBe(false);
    await beat(2);
    expect((await events.done).at(-1)).toMatchObject({
      reason: 'gateway-lost',
      detail: 'the far side did not refresh the session',
    });
  });

  it('refreshes the session itself when that was agreed, and ends when the far side has forgotten it', async () => {
    const { line, events, answer, respond } = await talking({
      headers: [sdpHeader, 'Supported: timer', 'Session-Expires: 120;refresher=uas'],
    });
    expect(answer.headers.get('session-expires')).toBe('120;refresher=uas');
    const beat = soundFor(line);
    await beat(60);
    expect(firstLines(line.flow.sent).at(-1)).toBe('INVITE sip:caller@192.0.2.1:5060');
    await respond(200, [sdpHeader, 'Session-Expires: 120;refresher=uac'], offer);
    expect(firstLines(line.flow.sent).at(-1)).toBe('ACK sip:caller@192.0.2.1:5060');
    await beat(60);
    expect(firstLines(line.flow.sent).at(-1)).toBe('INVITE sip:caller@192.0.2.1:5060');
    await respond(481);
    expect((await events.done).at(-1)).toMatchObject({ reason: 'gateway-lost' });
  });

  it('hides the number of a caller who wants it hidden, and believes what the trunk vouches for', async () => {
    const from = async (...headers: string[]): Promise<string | undefined> => {
      const line = fakeLine({ ...anyTrunk, language: 'zh' });
      await line.receive(requestText({ headers: [sdpHeader, ...headers], body: offer }));
      expect(line.calls[0]?.language).toBe('zh');
      return line.calls[0]?.from;
    };
    expect(await from()).toBe('+15551234567');
    expect(await from('P-Asserted-Identity: <tel:+1-555-000-1111>')).toBe('+15550001111');
    expect(await from('Privacy: id', 'P-Asserted-Identity: <tel:+15550001111>')).toBe('');
  });

  it('goes through the proxies that want to see it', async () => {
    const { line, media } = await talking({
      headers: [sdpHeader, 'Record-Route: <sip:192.0.2.50;lr>', 'Record-Route: <sip:192.0.2.51;lr>'],
      body: offer,
    });
    void media.hangup();
    await line.clock.advanceAsync(60, 20);
    const bye = asRequest(line.flow.sent.at(-1) ?? new Uint8Array());
    expect(bye.method).toBe('BYE');
    expect(bye.headers.list('route')).toEqual(['<sip:192.0.2.50;lr>', '<sip:192.0.2.51;lr>']);
    expect(bye.uri).toBe('sip:caller@192.0.2.1:5060');
  });
});

/** Lets seconds pass while sound keeps coming. */
function soundFor(line: ReturnType<typeof fakeLine>): (seconds: number) => Promise<void> {
  let sequence = 0;
  return async (seconds) => {
    for (let second = 0; second < seconds; second += 1) {
      await line.clock.advanceAsync(1_000, 500);
      sequence += 1;
      const packet = { payloadType: 0, marker: false, sequence, timestamp: sequence * 160, ssrc: 1 };
      line.sockets[0]?.fakeRtp.arrive(writeRtp({ ...packet, payload: new Uint8Array(160) }));
    }
  };
}
