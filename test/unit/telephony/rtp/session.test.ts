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
  ...{
    payloadType: 0,
    clockHz: 8000,
    keys: { payloadType: 101, clockHz: 8000 },
    silence: [new Uint8Array(160).fill(0xff)],
  },
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
  const log = createCapturedLog();
  const packets: { value: number | undefined; sequence: number | undefined; mediaMs: number | undefined }[] =
    [];
  const events: string[] = [];
  let heard = 0;
  const session = new RtpSession({
    ...{ sockets, clock, log },
    onPacket: (payload, sequence, mediaMs) => packets.push({ value: payload[0], sequence, mediaMs }),
    onKey: (key) => events.push(`key ${key}`),
    onMark: (name) => events.push(`mark ${name} at ${clock.nowMs()}`),
    onHeard: () => (heard += 1),
  });
  session.agree({ ...agreement, ...more });
  const sent = (): (RtpPacket | undefined)[] => sockets.fakeRtp.sent.map(({ bytes }) => parseRtp(bytes));
  return { clock, log, sockets, packets, events, session, sent, heard: () => heard };
}

describe('a mistake in what hears a stream', () => {
  it('costs the packet it came with, and is told at the first, second, fourth ... time', () => {
    const clock = new ManualClock();
    const sockets = fakeSockets();
    const log = createCapturedLog();
    let keys = '';
    const broken = (what: string) => () => {
      throw new Error(`${what} is broken`);
    };
    const session = new RtpSession({
      ...{ sockets, clock, log, onPacket: broken('packet'), onMark: broken('mark') },
      onKey: (key) => (keys += key),
      onHeard: () => undefined,
    });
    session.agree(agreement);
    session.mark('here');
    clock.advance(20);
    for (let sequence = 1; sequence <= 3; sequence += 1) sockets.fakeRtp.arrive(from(sequence), '192.0.2.1');
    for (const payload of keyPayloads('5', 3, 160))
      sockets.fakeRtp.arrive(from(4, { payloadType: 101, payload, timestamp: 640 }), '192.0.2.1');
    const before = sockets.fakeRtp.sent.length;
    clock.advance(10_000);
    expect(keys).toBe('5');
    // Packets go on, one every 20 ms, and so do reports.
    expect(sockets.fakeRtp.sent.length - before).toBe(500);
    expect(sockets.fakeRtcp.sent).toHaveLength(2);
    // The mark, three packets of sound, and those of the key, which keep their place without any.
    expect(log.find('A packet of a call could not be handled').map(({ fields }) => fields)).toEqual([
      { error: 'mark is broken', mistakes: 1 },
      { error: 'packet is broken', mistakes: 2 },
      { error: 'packet is broken', mistakes: 4 },
      { error: 'packet is broken', mistakes: 8 },
    ]);
    session.close();
  });
});

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
    expect(stream({ keys: undefined }).session.sendKeys('1')).toBe(false);
  });

  it('tells the length of keys on the clock they were agreed on, and reads those of the far side', () => {
    const wire = { payloadType: 111, clockHz: 48_000, keys: { payloadType: 110, clockHz: 48_000 } };
    const { clock, events, session, sent, sockets } = stream(wire);
    session.sendKeys('1');
    clock.advance(500);
    const keys = sent().filter((packet) => packet?.payloadType === 110);
    const lengths = keys.map((packet) => Buffer.from(packet?.payload ?? []).readUInt16BE(2));
    expect(lengths).toEqual([960, 1920, 2880, 3840, 4800, 4800, 4800]);
    for (const packet of keys) {
      if (packet) sockets.fakeRtp.arrive(writeRtp({ ...packet, ssrc: 9 }), '192.0.2.1', 4000);
    }
    expect(events).toEqual(['key 1']);
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
  it('stamps comfort noise, which has no sound of its own', () => {
    const { sockets, packets } = stream();
    sockets.fakeRtp.arrive(from(1));
    sockets.fakeRtp.arrive(from(2, { payloadType: 13, payload: Uint8Array.of(60) }));
    sockets.fakeRtp.arrive(from(3, { timestamp: 160 + 8000 }));
    expect(packets.map(({ value, mediaMs }) => [value, mediaMs])).toEqual([
      [1, undefined],
      [undefined, 20],
      [3, 1000],
    ]);
  });

  it('goes on in media time when the codec changes its clock', () => {
    const { sockets, packets, session, sent, clock } = stream();
    for (const sequence of [1, 2, 3]) sockets.fakeRtp.arrive(from(sequence));
    session.agree({ ...agreement, payloadType: 96, clockHz: 48_000, keys: undefined });
    for (const sequence of [4, 5])
      sockets.fakeRtp.arrive(from(sequence, { payloadType: 96, timestamp: sequence * 960 }));
    expect(packets.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(packets.map(({ mediaMs }) => mediaMs)).toEqual([undefined, 20, 40, undefined, 60]);
    clock.advance(40);
    const [before, last] = sent().slice(-2);
    expect(((last?.timestamp ?? 0) - (before?.timestamp ?? 0)) >>> 0).toBe(960);
    expect(session.quality()).toMatchObject({ received: 5, lost: 0 });
  });

  it('is measured: packets lost, jitter, the way there and back', () => {
    const { clock, sockets, session } = stream();
    sockets.fakeRtp.arrive(from(1));
    sockets.fakeRtp.arrive(from(3));
    clock.advance(5_000);
    const ours = parseRtcp(sockets.fakeRtcp.sent[0]?.bytes ?? new Uint8Array());
    clock.advance(250);
    sockets.fakeRtcp.arrive(
      writeRtcp({
        ...{ ssrc: 7, sender: undefined },
        reception: {
          ssrc: parseRtp(sockets.fakeRtp.sent[0]?.bytes ?? new Uint8Array())?.ssrc ?? 0,
          ...{ fractionLost: 26, lost: 12, highestSequence: 300, jitter: 80 },
        },
        // The far side had our report for 0.1 s.
        lastSenderReport: { ntp: ours?.senderNtp ?? 0, delay: Math.round(0.1 * 65_536) },
      }),
    );
    const quality = session.quality();
    expect(quality).toMatchObject({
      received: 2,
      lost: 1,
      lostByPeer: 12,
      jitterByPeerMs: 10,
      oneWay: undefined,
    });
    expect(quality.roundTripMs).toBeCloseTo(150, 0);
    session.close();
    expect(session.quality()).toEqual({ ...quality, sent: session.quality().sent });
  });

  it('is missed when nothing comes, and when by its reports nothing arrives there', () => {
    const silent = stream();
    silent.clock.advance(5_000);
    expect(silent.session.quality().oneWay).toBe('nothing-comes');
    silent.clock.advance(20_000);
    expect(silent.log.find('The sound of a call goes one way only')).toHaveLength(1);

    const deaf = stream();
    for (let look = 0; look < 3; look += 1) {
      deaf.sockets.fakeRtp.arrive(from(look));
      expect(deaf.session.quality().oneWay).toBeUndefined();
      deaf.sockets.fakeRtcp.arrive(
        writeRtcp({ ssrc: 7, sender: undefined, reception: undefined, lastSenderReport: undefined }),
      );
      deaf.clock.advance(5_000);
      if (look === 1) break;
    }
    expect(deaf.session.quality().oneWay).toBe('nothing-arrives');

    const held = stream({ sending: false, receiving: false });
    held.clock.advance(30_000);
    expect(held.session.quality().oneWay).toBeUndefined();
  });

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

  it('gives keys once, and their numbers without sound, so that none is missing', () => {
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
    expect(
      packets.slice(1, -1).every(({ value, mediaMs }) => value === undefined && mediaMs === undefined),
    ).toBe(true);
    // The first sound after the key tells how long it was.
    expect(packets.at(-1)?.mediaMs).toBe(140);
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
    expect(parseRtcp(report?.bytes ?? new Uint8Array())).toMatchObject({ heard: [{ lost: 1 }], bye: false });
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
