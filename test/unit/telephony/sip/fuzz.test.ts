import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../../../src/telephony/sip/sdp.ts';
import { SipFramer } from '../../../../src/telephony/sip/framing.ts';
import { headEnd } from '../../../../src/telephony/sip/parse.ts';
import { writeRtcp } from '../../../../src/telephony/rtp/rtcp.ts';
import { writeRtp } from '../../../../src/telephony/rtp/packet.ts';
import { SrtpContext, srtpKeyBytes } from '../../../../src/telephony/rtp/srtp.ts';
import { Mutator } from '../../../../tools/lib/mutator.ts';
import {
  messagesOf,
  sampleOffer,
  sampleRequest,
  sampleRequestsWithin,
  type SampleCaller,
} from '../../../../tools/lib/sip-samples.ts';
import { anyTrunk, fakeLine } from '../../../support/sip/fake-line.ts';
import { asResponse } from '../../../support/sip/messages.ts';

const torture = messagesOf(resolve(import.meta.dirname, '../../../../../shared/data/sip/rfc4475'));
const caller: SampleCaller = {
  ...{ host: '192.0.2.1', port: 5060, transport: 'UDP', callId: 'call-one', branch: 'one', cseq: 1 },
};
const sdp = ['Content-Type: application/sdp'];
/** A minute: thousands of messages on a busy machine. */
const limitMs = 60_000;
/** Longer than any transaction, any unanswered call and any unacknowledged one lives. */
const longMs = 70_000;
/** 100, 180 and a final answer; a refusal may follow the ringing. */
const maxAnswers = 3;

describe('SIP messages broken in 4,000 ways', { timeout: limitMs }, () => {
  it('are answered or dropped, and leave nothing behind', async () => {
    const mutator = new Mutator(1);
    const line = fakeLine();
    const samples = [
      ...torture,
      sampleRequest('INVITE', caller, sdp, sampleOffer('192.0.2.1', 4000)),
      ...sampleRequestsWithin({ ...caller, toTag: 'unknown' }, 4000),
    ];
    let most = 0;
    for (let count = 0; count < 4_000; count += 1) {
      const before = line.flow.sent.length;
      await line.receive(mutator.text(mutator.pick(samples), mutator.pick(samples)));
      const call = line.calls.pop();
      if (call && mutator.chance(0.2)) call.accept(`call_${count}`);
      else call?.reject(mutator.pick(['overloaded', 'closing', 'not-allowed']));
      most = Math.max(most, line.flow.sent.length - before);
      // Not more than a trunk may begin within a second; repeats of answers fall due meanwhile and are not counted.
      line.clock.advance(10);
    }
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(maxAnswers);
    await line.clock.advanceAsync(longMs, 1_000);
    const { transactions, dialogs } = line.core;
    expect({ transactions: transactions.size, dialogs, calls: line.sessions.size }).toEqual({
      ...{ transactions: 0, dialogs: 0, calls: 0 },
    });
    await new Promise<void>((done) => setImmediate(done));
    expect(line.sockets.filter(({ fakeRtp }) => !fakeRtp.closed)).toEqual([]);
    expect(line.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('do not end a call they do not belong to, nor break the one they belong to', async () => {
    const mutator = new Mutator(2);
    const line = fakeLine();
    await line.receive(sampleRequest('INVITE', caller, sdp, sampleOffer('192.0.2.1', 4000)));
    line.calls.pop()?.accept('call_test');
    const answer = line.flow.sent.map(asResponse).find(({ status }) => status === 200);
    const toTag = /tag=(.*)$/.exec(answer?.headers.get('to') ?? '')?.[1];
    await line.receive(sampleRequest('ACK', { ...caller, toTag, branch: 'ack' }));
    for (let count = 0; count < 2_000; count += 1) {
      const within = { ...caller, toTag, cseq: 2 + count * 12, branch: `within-${count}` };
      const samples = sampleRequestsWithin(within, 4000);
      await line.receive(mutator.text(mutator.pick(samples), mutator.pick(torture)));
      line.calls.pop()?.reject('overloaded');
      line.clock.advance(10);
      // What was offered within the call waits for its ACK.
      for (const bytes of line.flow.sent.splice(0)) {
        const text = Buffer.from(bytes).toString('latin1');
        const response = text.startsWith('SIP/2.0 2') && asResponse(bytes);
        const cseq = response && /^(\d+) INVITE$/.exec(response.headers.get('cseq') ?? '')?.[1];
        if (cseq)
          await line.receive(sampleRequest('ACK', { ...within, cseq: Number(cseq), branch: `ack-${cseq}` }));
      }
    }
    expect(line.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(line.core.dialogs).toBe(1);
    // The numbers may have jumped to the highest there is, and the call be without a number to end it with.
    await line.receive(sampleRequest('BYE', { ...caller, toTag, cseq: 2 ** 31 - 1, branch: 'bye' }));
    await line.clock.advanceAsync(longMs, 1_000);
    expect({ dialogs: line.core.dialogs, calls: line.sessions.size }).toEqual({ dialogs: 0, calls: 0 });
  });
});

describe('descriptions of sound broken in 5,000 ways', { timeout: limitMs }, () => {
  it('are read or refused', () => {
    const mutator = new Mutator(3);
    const offers = [
      sampleOffer('192.0.2.1', 4000),
      sampleOffer('2001:db8::1', 4000, new Uint8Array(srtpKeyBytes).fill(7)),
      `${sampleOffer('192.0.2.1', 4000)}m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n`,
    ].map((text) => Buffer.from(text));
    const kinds = new Set<string>();
    for (let count = 0; count < 5_000; count += 1) {
      const read = parseSdp(mutator.text(mutator.pick(offers), mutator.pick(offers)));
      kinds.add('problem' in read ? 'problem' : read.audio ? 'sound' : 'no sound');
      if ('problem' in read) expect(read.problem).not.toBe('');
      else if (read.audio) {
        expect(read.audio.port).toBeLessThanOrEqual(65_535);
        expect(read.audio.rtcpPort).toBeLessThanOrEqual(65_535);
      }
    }
    expect([...kinds].sort()).toEqual(['no sound', 'problem', 'sound']);
  });

  it('never name a port for reports that does not exist', () => {
    const rtcpPortOf = (port: number, line: string): number | undefined => {
      const offer = sampleOffer('192.0.2.1', port).replace(/a=rtcp:\d+/, line);
      const read = parseSdp(Buffer.from(offer));
      return 'problem' in read ? undefined : read.audio?.rtcpPort;
    };
    expect(rtcpPortOf(4000, 'a=rtcp:5001')).toBe(5001);
    for (const line of ['a=rtcp:409739', 'a=rtcp:65536', 'a=rtcp:0', 'a=rtcp:nowhere']) {
      expect(rtcpPortOf(4000, line)).toBe(4001);
    }
    expect(rtcpPortOf(65_535, 'a=rtcp:70000')).toBe(0);
  });
});

describe('streams of messages broken in 2,000 ways', { timeout: limitMs }, () => {
  it('give the same messages however the bytes arrive, or are cut off', () => {
    const mutator = new Mutator(4);
    const samples = [...torture, ...sampleRequestsWithin({ ...caller, transport: 'TCP' }, 4000)];
    /** The messages of a stream that comes in pieces of this size, and whether it was cut off. */
    const read = (stream: Uint8Array, size: number) => {
      const messages: string[] = [];
      const framer = new SipFramer((bytes) => void messages.push(Buffer.from(bytes).toString('latin1')));
      try {
        for (let at = 0; at < stream.length; at += size) framer.push(stream.subarray(at, at + size));
        return { messages, cutOff: false };
      } catch {
        return { messages, cutOff: true };
      }
    };
    let [whole, cutOff] = [0, 0];
    for (let count = 0; count < 2_000; count += 1) {
      const first = mutator.pick(samples);
      const stream = Buffer.concat([
        mutator.chance(0.5) ? first : mutator.text(first, mutator.pick(samples)),
        Buffer.from(mutator.pick(['', '\r\n\r\n', '\r\n'])),
        mutator.pick(samples),
      ]);
      const atOnce = read(stream, stream.length);
      expect(read(stream, mutator.int(1, 20))).toEqual(atOnce);
      for (const message of atOnce.messages)
        expect(headEnd(Buffer.from(message, 'latin1'))).toBeGreaterThan(0);
      whole += atOnce.messages.length;
      if (atOnce.cutOff) cutOff += 1;
    }
    expect(whole).toBeGreaterThan(1_000);
    expect(cutOff).toBeGreaterThan(100);
  });
});

describe('packets broken in 6,000 ways', { timeout: limitMs }, () => {
  const key = new Uint8Array(srtpKeyBytes).fill(9);
  const packet = writeRtp({
    ...{ payloadType: 0, marker: false, sequence: 1, timestamp: 160, ssrc: 7, payload: new Uint8Array(160) },
  });
  const keys = writeRtp({
    ...{ payloadType: 101, marker: true, sequence: 2, timestamp: 320, ssrc: 7 },
    payload: Uint8Array.of(5, 10, 0, 160),
  });
  const report = writeRtcp({
    ...{ ssrc: 7, sender: undefined, reception: undefined, lastSenderReport: undefined, bye: true },
  });

  for (const srtp of ['off', 'required'] as const) {
    it(`do not break a call (encryption ${srtp})`, async () => {
      const mutator = new Mutator(srtp === 'off' ? 5 : 6);
      const line = fakeLine({ ...anyTrunk, srtp });
      const secured = srtp === 'required';
      await line.receive(
        sampleRequest('INVITE', caller, sdp, sampleOffer('192.0.2.1', 4000, secured ? key : undefined)),
      );
      const media = line.calls.pop()?.accept('call_test');
      if (media?.kind !== 'voice') throw new Error('this is no voice call');
      const [sockets] = line.sockets;
      if (!sockets) throw new Error('the call has no sockets');
      const context = new SrtpContext('AES_CM_128_HMAC_SHA1_80', key);
      for (let count = 0; count < 3_000; count += 1) {
        const plain = mutator.pick([packet, keys, report]);
        const isReport = plain === report;
        const sent = !secured ? plain : isReport ? context.protectRtcp(plain) : context.protectRtp(plain);
        const broken = mutator.binary(sent, mutator.pick([packet, keys, report]));
        // Some faults cancel each other out.
        if (Buffer.from(broken).equals(sent)) continue;
        (mutator.chance(0.5) ? sockets.fakeRtp : sockets.fakeRtcp).arrive(broken);
        if (count % 50 === 0) line.clock.advance(20);
      }
      expect(line.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      const hungUp = media.hangup();
      // The last words may take 2 s, and the answer to our BYE never comes.
      for (let seconds = 0; seconds < 10; seconds += 1) {
        line.clock.advance(1_000);
        await new Promise<void>((done) => setImmediate(done));
      }
      await hungUp;
      const events: string[] = [];
      for await (const event of media.events) events.push(event.type);
      expect(events.filter((type) => type === 'ended')).toHaveLength(1);
      expect(events.includes('packet')).toBe(!secured);
    });
  }
});
