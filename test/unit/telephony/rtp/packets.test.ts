import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, parseRtp, writeRtp, type RtpPacket } from '../../../../src/telephony/rtp/packet.ts';
import { parseRtcp, writeRtcp } from '../../../../src/telephony/rtp/rtcp.ts';
import { SrtpContext, type SrtpSuite } from '../../../../src/telephony/rtp/srtp.ts';
import { ReceptionStatistics } from '../../../../src/telephony/rtp/statistics.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const anyPacket: fc.Arbitrary<RtpPacket> = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: uint32,
  ssrc: uint32,
  payload: fc.uint8Array({ maxLength: 200 }),
});
const packet = (sequence: number, more: Partial<RtpPacket> = {}): RtpPacket => ({
  ...{ payloadType: 0, marker: false, sequence, timestamp: sequence * 160, ssrc: 7 },
  payload: new Uint8Array(160),
  ...more,
});

describe('RTP packets', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(anyPacket, (given) => {
        expect(parseRtp(writeRtp(given))).toEqual(given);
      }),
    );
  });

  it('are read with extensions, contributing sources and padding', () => {
    const plain = writeRtp(packet(1, { payload: Uint8Array.of(1, 2, 3) }));
    const bytes = Buffer.concat([
      plain.subarray(0, 12),
      Buffer.alloc(8),
      Buffer.from('bede0001', 'hex'),
      Buffer.alloc(4),
      plain.subarray(12),
      Buffer.of(0, 2),
    ]);
    bytes[0] = 0x80 | 0x20 | 0x10 | 2;
    expect(parseRtp(bytes)?.payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('never make the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        parseRtp(bytes);
        parseRtcp(bytes);
        new SrtpContext('AES_CM_128_HMAC_SHA1_80', new Uint8Array(30)).unprotectRtp(bytes);
        new SrtpContext('AES_CM_128_HMAC_SHA1_80', new Uint8Array(30)).unprotectRtcp(bytes);
      }),
    );
  });

  it('have numbers that run over', () => {
    expect([distance(65_535, 0, 16), distance(0, 65_535, 16), distance(0xffffffff, 159, 32)]).toEqual([
      1, -1, 160,
    ]);
  });
});

describe('what was received', () => {
  it('is numbered on beyond 16 bits, in any order, and losses are counted', () => {
    const statistics = new ReceptionStatistics(packet(65_534), 8000);
    const numbers = [65_534, 65_535, 1, 0, 4].map((sequence) => statistics.add(packet(sequence), 0));
    expect(numbers).toEqual([65_534, 65_535, 65_537, 65_536, 65_540]);
    expect(statistics.report()).toMatchObject({ lost: 2, highestSequence: 65_540, fractionLost: 73 });
    statistics.add(packet(5), 0);
    expect(statistics.report()).toMatchObject({ lost: 2, fractionLost: 0 });
  });

  it('begins anew when the numbering jumps, without a flood of losses', () => {
    const statistics = new ReceptionStatistics(packet(100), 8000);
    const first = statistics.add(packet(100), 0);
    const second = statistics.add(packet(40_000), 0);
    expect(second).toBeGreaterThan(first + 100);
    expect(statistics.add(packet(40_001), 0)).toBe(second + 1);
    expect(statistics.report().lost).toBe(0);
  });

  it('has a jitter of the packets that come early and late', () => {
    const even = new ReceptionStatistics(packet(0), 8000);
    const uneven = new ReceptionStatistics(packet(0), 8000);
    for (let sequence = 0; sequence < 200; sequence += 1) {
      even.add(packet(sequence), sequence * 20);
      uneven.add(packet(sequence), sequence * 20 + (sequence % 2) * 10);
    }
    expect(even.report().jitter).toBe(0);
    // 10 ms forth and back is 80 samples.
    expect(uneven.report().jitter).toBe(79);
  });
});

describe('RTCP', () => {
  it('tells the far side what was sent and received', () => {
    const bytes = writeRtcp({
      ssrc: 1,
      sender: { epochMs: 1_000_500, timestamp: 99, packets: 3, bytes: 480 },
      reception: { ssrc: 2, fractionLost: 64, lost: -1, highestSequence: 70_000, jitter: 12 },
      lastSenderReport: { ntp: 5, delay: 65_536 },
      bye: true,
    });
    // NTP counts from 1900; half a second is half of 2^32.
    expect(Buffer.from(bytes).readUInt32BE(8)).toBe(1000 + 2_208_988_800);
    expect(Buffer.from(bytes).readUInt32BE(12)).toBe(2 ** 31);
    expect(parseRtcp(bytes)).toEqual({
      senderNtp: Buffer.from(bytes).readUInt32BE(10),
      heard: [{ ssrc: 2, fractionLost: 0.25, lost: -1, jitter: 12, lastSenderReport: 5, delay: 65_536 }],
      bye: true,
    });
    expect(parseRtcp(bytes.subarray(0, bytes.length - 1))).toBeUndefined();
  });
});

describe('SRTP', () => {
  const key = Buffer.from('e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6', 'hex');

  it('gives the packet of the test vector of libsrtp, and reads it', () => {
    const plain = Buffer.from(`800f1234decafbadcafebabe${'ab'.repeat(16)}`, 'hex');
    const wire = '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb';
    const context = new SrtpContext('AES_CM_128_HMAC_SHA1_80', key);
    expect(Buffer.from(context.protectRtp(plain)).toString('hex')).toBe(wire);
    const reader = new SrtpContext('AES_CM_128_HMAC_SHA1_80', key);
    expect(Buffer.from(reader.unprotectRtp(Buffer.from(wire, 'hex')) ?? []).equals(plain)).toBe(true);
  });

  for (const suite of ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as SrtpSuite[]) {
    it(`${suite}: every packet arrives once, over the end of the numbers, and no other`, () => {
      const [out, inward] = [new SrtpContext(suite, key), new SrtpContext(suite, key)];
      const sent = Array.from({ length: 200 }, (_, index) => packet((65_400 + index) & 0xffff));
      const wire = sent.map((one) => out.protectRtp(writeRtp(one)));
      const [early, late] = [wire[100] ?? key, wire[99] ?? key];
      const order = [...wire.slice(0, 99), early, late, ...wire.slice(101)];
      expect(
        order.map((bytes) => parseRtp(inward.unprotectRtp(bytes) ?? new Uint8Array())?.sequence),
      ).toEqual([
        ...sent.slice(0, 99).map(({ sequence }) => sequence),
        ...[sent[100]?.sequence, sent[99]?.sequence],
        ...sent.slice(101).map(({ sequence }) => sequence),
      ]);
      expect(inward.unprotectRtp(wire.at(-1) ?? key)).toBeUndefined();
      expect(inward.unprotectRtp(wire[0] ?? key)).toBeUndefined();
      const forged = Uint8Array.from(out.protectRtp(writeRtp(packet(200))));
      forged[20] = (forged[20] ?? 0) ^ 1;
      expect(inward.unprotectRtp(forged)).toBeUndefined();
    });
  }

  it('encrypts reports, too', () => {
    const [out, inward] = [
      new SrtpContext('AES_CM_128_HMAC_SHA1_80', key),
      new SrtpContext('AES_CM_128_HMAC_SHA1_80', key),
    ];
    const report = writeRtcp({
      ssrc: 9,
      sender: undefined,
      reception: undefined,
      lastSenderReport: undefined,
    });
    const wire = out.protectRtcp(report);
    expect(Buffer.from(wire).includes('kefu')).toBe(false);
    expect(Buffer.from(inward.unprotectRtcp(wire) ?? []).equals(Buffer.from(report))).toBe(true);
    expect(inward.unprotectRtcp(wire)).toBeUndefined();
  });
});
