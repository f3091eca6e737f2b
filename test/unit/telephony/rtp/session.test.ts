import { describe, expect, it } from 'vitest';
import { keyPayloads } from '../../../../src/telephony/rtp/keys.ts';
import { parseRtp, writeRtp, type RtpPacket } from '../../../../src/telephony/rtp/packet.ts';
import { parseRtcp, writeRtcp } from '../../../../src/telephony/rtp/rtcp.ts';
import { RtpSession, type RtpAgreement } from '../../../../src/telephony/rtp/session.ts';
import { createCapturedLog } from '../../../support/captured-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { fakeSockets } from '../../../support/sip/fake-line.ts';

const agreement: RtpAgreement = {
  ...{
    remote: { host: '192.0.2.1', port: 4000 },
    remoteRtcpPort: 4001,
    rtcpMux: false,
    peerHost: '192.0.2.2',
  },
  ...{ payloadType: 0, keyType: 101, silence: new Uint8Array(160).fill(0xff) },
  ...{ sending: true, receiving: true, srtp: undefined },
};
const from = (sequence: number, more: Partial<RtpPacket> = {}): Uint8Array =>
  writeRtp({
    ...{ payloadType: 0, marker: false, sequence: sequence & 0xffff, timestamp: sequence * 160, ssrc: 7 },
    payload: new Uint8Array(160).fill(sequence & 0xff),
    ...more,
  });

function stream(more: Partial<RtpAgreement> = {}) {
  const clock = new ManualClock();
  const sockets = fakeSockets();
  const packets: { value: number | undefined; sequence: number | undefined; mediaMs: number | undefined }[] =
    [];
  const events: string[] = [];
  let heard = 0;
  const session = new RtpSession({
    ...{ sockets, clock, log: createCapturedLog() },
    onPacket: (payload, sequence, mediaMs) => packets.push({ value: payload[0], sequence, mediaMs }),
    onKey: (key) => events.push(`key ${key}`),
    onMark: (name) => events.push(`mark ${name} at ${clock.nowMs()}`),
    onHeard: () => (heard += 1),
  });
  session.agree({ ...agreement, ...more });
  const sent = (): (RtpPacket | undefined)[] => sockets.fakeRtp.sent.map(({ bytes }) => parseRtp(bytes));
  return { clock, sockets, packets, events, session, sent, heard: () => heard };
}

describe('our direction of a stream', () => {
  it('is one packet every 20 ms, with silence when there is nothing to say', () => {
    const { clock, session, sent } = stream();
    session.send(new Uint8Array(160).fill(1));
    session.send(new Uint8Array(160).fill(2));
    clock.advance(59);
    expect(sent().map((packet) => packet?.payload[0])).toEqual([0xff, 1, 2]);
    clock.advance(20);
    const [first, ...rest] = sent();
    expect(first?.marker).toBe(true);
    rest.forEach((packet, index) => {
      expect(packet?.marker).toBe(false);
      expect(packet?.sequence).toBe(((first?.sequence ?? 0) + index + 1) & 0xffff);
      expect(packet?.timestamp).toBe(((first?.timestamp ?? 0) + (index + 1) * 160) >>> 0);
    });
  });

  it('returns a mark when the packet before it is over, and drops what was cleared', () => {
    const { clock, events, session, sent } = stream();
    for (let index = 0; index < 3; index += 1) session.send(new Uint8Array(160).fill(1));
    session.mark('end');
    clock.advance(79);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual(['mark end at 80']);
    session.send(new Uint8Array(160).fill(9));
    session.mark('dropped');
    session.clear();
    clock.advance(100);
    expect(sent().some((packet) => packet?.payload[0] === 9)).toBe(false);
    expect(events).toHaveLength(1);
  });

  it('leaves time out instead of sending a burst when the process was held up', () => {
    const { clock, sent } = stream();
    clock.advance(100);
    const before = sent().length;
    clock.stall(1_000);
    clock.advance(0);
    const after = sent().slice(before);
    expect(after.length).toBeLessThanOrEqual(2);
    expect(after[0]?.marker).toBe(true);
  });

  it('presses keys, with one stamp each and words waiting meanwhile', () => {
    const { clock, session, sent } = stream();
    expect(session.sendKeys('1#')).toBe(true);
    session.send(new Uint8Array(160).fill(1));
    clock.advance(500);
    const keys = sent().filter((packet) => packet?.payloadType === 101);
    expect(keys).toHaveLength(14);
    expect(new Set(keys.map((packet) => packet?.timestamp)).size).toBe(2);
    expect(keys.map((packet) => packet?.marker)).toEqual([
      true,
      ...new Array<boolean>(6).fill(false),
      true,
      ...new Array<boolean>(6).fill(false),
    ]);
    expect(stream({ keyType: undefined }).session.sendKeys('1')).toBe(false);
  });

  it('goes quiet while the far side holds the call, and marks still come back', () => {
    const { clock, events, session, sent, heard, packets } = stream({ sending: false, receiving: false });
    session.send(new Uint8Array(160));
    session.mark('end');
    clock.advance(10_000);
    expect(sent()).toEqual([]);
    expect(events).toEqual(['mark end at 40']);
    // Nothing comes, and nobody takes it for a dead line.
    expect(heard()).toBe(2);
    expect(packets).toHaveLength(2);
  });
});

describe("the far side's direction", () => {
  it('is numbered without an end and stamped in milliseconds', () => {
    const { sockets, packets } = stream();
    for (const sequence of [65_534, 65_535, 65_536, 65_538]) sockets.fakeRtp.arrive(from(sequence));
    expect(packets.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 5]);
    expect(packets.map(({ mediaMs }) => mediaMs)).toEqual([undefined, 20, 40, 80]);
  });

  it('goes on in its numbers when another source takes over', () => {
    const { sockets, packets } = stream();
    sockets.fakeRtp.arrive(from(10));
    sockets.fakeRtp.arrive(from(11));
    sockets.fakeRtp.arrive(from(50_000, { ssrc: 8 }));
    expect(packets.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('gives keys once, and silence in their place, so that no number is missing', () => {
    const { sockets, packets, events } = stream();
    sockets.fakeRtp.arrive(from(1));
    keyPayloads('5', 4, 160).forEach((payload, index) => {
      sockets.fakeRtp.arrive(from(2 + index, { payloadType: 101, timestamp: 320, payload }));
    });
    sockets.fakeRtp.arrive(from(8));
    expect(events).toEqual(['key 5']);
    expect(packets.map(({ sequence }) => sequence)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].slice(0, packets.length),
    );
    expect(packets[1]?.value).toBe(0xff);
  });

  it('is taken from where it really comes, and answered there; others are ignored', () => {
    const { clock, sockets, packets } = stream();
    sockets.fakeRtp.arrive(from(1), '203.0.113.66', 4000);
    expect(packets).toHaveLength(0);
    // Behind a NAT: the signalling's address, another port.
    sockets.fakeRtp.arrive(from(2), '192.0.2.2', 7777);
    clock.advance(20);
    expect(sockets.fakeRtp.sent.at(-1)).toMatchObject({ host: '192.0.2.2', port: 7777 });
    sockets.fakeRtp.arrive(from(3), '192.0.2.1', 4000);
    expect(packets).toHaveLength(1);
    // The source moved: after 2 s of silence another plausible one is taken.
    clock.advance(2_000);
    sockets.fakeRtp.arrive(from(4), '192.0.2.1', 4000);
    expect(packets).toHaveLength(2);
    sockets.fakeRtp.arrive(from(5, { payloadType: 18 }));
    sockets.fakeRtp.arrive(Buffer.from('no packet at all'));
    expect(packets).toHaveLength(2);
  });

  it('exchanges reports every 5 s and says goodbye', () => {
    const { clock, sockets, session, heard } = stream();
    sockets.fakeRtp.arrive(from(1));
    sockets.fakeRtp.arrive(from(3));
    clock.advance(5_000);
    const [report] = sockets.fakeRtcp.sent;
    expect(report).toMatchObject({ host: '192.0.2.1', port: 4001 });
    expect(parseRtcp(report?.bytes ?? new Uint8Array())).toMatchObject({ heard: { lost: 1 }, bye: false });
    const before = heard();
    sockets.fakeRtcp.arrive(
      writeRtcp({ ssrc: 7, sender: undefined, reception: undefined, lastSenderReport: undefined }),
    );
    expect(heard()).toBe(before + 1);
    session.close();
    expect(parseRtcp(sockets.fakeRtcp.sent.at(-1)?.bytes ?? new Uint8Array())?.bye).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
