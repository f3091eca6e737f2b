import { describe, expect, it } from 'vitest';
import { SipTrace } from '../../../src/telephony/sip/trace.ts';
import { ladderText } from '../../../tools/trunk/ladder.ts';
import { echoDelay, pattern, patternMs } from '../../../tools/trunk/tone-echo.ts';

const local = { host: '192.0.2.9', port: 5060 };
const remote = { host: '192.0.2.1', port: 5070 };

describe('the ladder of a call', () => {
  it('has an arrow for each message, with time, number and what is said of sound', () => {
    const sdp = [
      'v=0',
      'c=IN IP4 10.0.0.1',
      'm=audio 4000 RTP/AVP 0 96',
      'a=rtpmap:96 opus/48000/2',
      'a=sendonly',
    ].join('\r\n');
    const at = { local, remote, transport: 'udp' };
    const text = ladderText([
      {
        ...at,
        atEpochMs: 1_000,
        direction: 'in',
        text: `INVITE sip:shop@a SIP/2.0\r\nCSeq: 7 INVITE\r\n\r\n${sdp}`,
      },
      { ...at, atEpochMs: 1_250, direction: 'out', text: 'SIP/2.0 180 Ringing\r\nCSeq: 7 INVITE\r\n\r\n' },
    ]);
    const [, invite = '', ringing = ''] = text.split('\n');
    expect(invite).toMatch(
      /^ {3}0\.000 {2}< INVITE -+ {2}udp 7 INVITE {2}\[10\.0\.0\.1:4000 RTP\/AVP 0 opus sendonly\]$/,
    );
    expect(ringing).toMatch(/^ {3}0\.250 {2}-- 180 Ringing -+> {2}udp 7 INVITE$/);
  });
});

describe('the trace', () => {
  const message = (callId: string, method = 'INVITE') =>
    Buffer.from(`${method} sip:a SIP/2.0\r\nCall-ID: ${callId}\r\n\r\n`);
  const flow = { transport: 'udp' as const, local, remote };

  it('is bounded in calls and messages, and keeps how a long call began', () => {
    const trace = new SipTrace({ clock: { epochMs: () => 0 }, maxCalls: 3, maxMessages: 4 });
    for (const id of ['a', 'b', 'c', 'a', 'd']) trace.note('in', message(id), flow, true);
    expect(trace.calls().map(({ callId }) => callId)).toEqual(['d', 'a', 'c']);
    for (const method of ['ACK', 'INFO', 'UPDATE', 'BYE']) trace.note('in', message('d', method), flow, true);
    const methods = trace.messages('d').map(({ bytes }) => Buffer.from(bytes).toString().split(' ')[0]);
    expect(methods).toEqual(['INVITE', 'ACK', 'UPDATE', 'BYE']);
  });

  it('takes a stranger in once we have answered, and lets no flood of them push a call out', () => {
    const trace = new SipTrace({ clock: { epochMs: () => 0 }, maxCalls: 3 });
    trace.note('in', message('call'), flow, true);
    for (let index = 0; index < 500; index += 1) trace.note('in', message(`scan${index}`), flow, false);
    trace.note('in', message('guest'), flow, false);
    trace.note('out', Buffer.from('SIP/2.0 401 Unauthorized\r\ni: guest\r\n\r\n'), flow, true);
    expect(trace.calls().map(({ callId, messages }) => [callId, messages])).toEqual([
      ['guest', 2],
      ['call', 1],
    ]);
  });
});

describe('the tone that is sent to an echo service', () => {
  const format = { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 } as const;
  const heard = (delayMs: number) =>
    pattern(format).map((payload, index) => ({ atMs: 500 + index * 20 + delayMs, payload }));

  it('is found again with its delay, also when packets are lost', () => {
    expect(echoDelay(heard(140), 500, format)).toEqual({ delayMs: 140, bursts: 3, ofBursts: 3 });
    const lossy = heard(140).filter((_, index) => index % 7 !== 0);
    expect(echoDelay(lossy, 500, format)?.delayMs).toBeLessThanOrEqual(160);
  });

  it('is not found in silence or in another sound', () => {
    const silence = Array.from({ length: patternMs / 20 }, (_, index) => ({
      atMs: index * 20,
      payload: new Uint8Array(160).fill(0xff),
    }));
    expect(echoDelay(silence, 0, format)).toBeUndefined();
    const noise = silence.map(({ atMs }, packet) => ({
      atMs,
      payload: Uint8Array.from({ length: 160 }, (_, index) => (index * 89 + packet * 57) & 0x7f),
    }));
    expect(echoDelay(noise, 0, format)).toBeUndefined();
  });
});
