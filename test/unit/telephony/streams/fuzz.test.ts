import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAudioSocketCodec } from '../../../../src/telephony/audiosocket/codec.ts';
import {
  audioKinds,
  encodeFrame,
  FrameReader,
  maxFrameBytes,
} from '../../../../src/telephony/audiosocket/frames.ts';
import type { StreamCodec } from '../../../../src/telephony/streams/codec.ts';
import { streamVendors, type StreamVendorName } from '../../../../src/telephony/streams/vendors.ts';
import { StreamCalls } from '../../../../src/telephony/streams/calls.ts';
import { createCapturedLog } from '../../../support/captured-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { vendorCallId, vendorSamples } from '../../../support/stream-vendors.ts';

const names = Object.keys(streamVendors) as StreamVendorName[];
/** Together with AudioSocket's, 20,000 messages. */
const messagesEach = 2_400;
const known = new Set([
  'start',
  'packet',
  'digit',
  'mark',
  'goodbye',
  'failed',
  'reply',
  'flow',
  'ignored',
  'unknown',
  'malformed',
]);

/** Cuts, doubles and replaces pieces of a text. */
const mutation = fc.record({
  at: fc.nat(1_000),
  length: fc.nat(20),
  put: fc.string({ maxLength: 12, unit: 'binary' }),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;

function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((now, { at, length, put }) => {
    const from = now.length === 0 ? 0 : at % now.length;
    return now.slice(0, from) + put + now.slice(from + length);
  }, text);
}

describe('mutated messages', () => {
  it.each(names)('of %s give events of known kinds and never throw', (name) => {
    const { start, say, digit, played, goodbye } = vendorSamples[name];
    const samples = [
      ...start(vendorCallId(1)),
      say(),
      digit('5'),
      played?.('one'),
      goodbye?.(),
      { event: '__proto__' },
      { type: 'constructor' },
    ]
      .filter((sample) => sample !== undefined && !(sample instanceof Uint8Array))
      .map((sample) => (typeof sample === 'string' ? sample : JSON.stringify(sample)));
    let codec: StreamCodec = streamVendors[name].createCodec();
    let count = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(mutation, { maxLength: 3 }),
        fc.uint8Array({ maxLength: 700 }),
        fc.boolean(),
        (sample, mutations, bytes, anew) => {
          if (anew) codec = streamVendors[name].createCodec();
          count += 1;
          const events = count % 4 === 0 ? codec.binary(bytes) : codec.text(mutate(sample, mutations));
          for (const event of events) expect(known).toContain(event.type);
        },
      ),
      { numRuns: messagesEach, seed: 11 },
    );
    expect(count).toBe(messagesEach);
  });

  it('of AudioSocket give events of known kinds and never throw', () => {
    let codec = createAudioSocketCodec(() => undefined);
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(0, 1, 3, 0x10, 0x12, 0xff), fc.integer({ min: 0, max: 255 })),
        fc.uint8Array({ maxLength: 700 }),
        fc.boolean(),
        (kind, payload, anew) => {
          if (anew) codec = createAudioSocketCodec(() => undefined);
          for (const event of codec.binary(Uint8Array.of(kind, ...payload)))
            expect(known).toContain(event.type);
        },
      ),
      { numRuns: 800, seed: 12 },
    );
  });
});

describe('calls that are sent mutated messages', () => {
  it.each(names)('of %s end at most once, and leave no timer behind', async (name) => {
    const { start, say, digit } = vendorSamples[name];
    const samples = [...start(vendorCallId(1)), say(), digit('5')]
      .filter((sample) => sample !== undefined && !(sample instanceof Uint8Array))
      .map((sample) => (typeof sample === 'string' ? sample : JSON.stringify(sample)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...samples), fc.array(mutation, { maxLength: 2 })), {
          maxLength: 8,
        }),
        async (messages) => {
          const clock = new ManualClock();
          const ended: string[] = [];
          const calls = new StreamCalls({
            ...streamVendors[name],
            endings: undefined,
            mediaTimeoutMs: 15_000,
            clock,
            log: createCapturedLog(),
            onCall: (call) => {
              const media = call.accept('call_test');
              if (media.kind !== 'voice') throw new Error('this is no voice call');
              void (async () => {
                for await (const event of media.events) if (event.type === 'ended') ended.push(event.reason);
              })();
            },
          });
          let closes = 0;
          const link = {
            send: () => undefined,
            started: () => undefined,
            close: () => {
              closes += 1;
              return Promise.resolve();
            },
          };
          const handler = calls.connected(link, {});
          for (const message of start(vendorCallId(2)))
            handler.text(typeof message === 'string' ? message : JSON.stringify(message));
          for (const [sample, mutations] of messages) handler.text(mutate(sample, mutations));
          handler.gone({ how: 'lost', detail: 'the test is over' });
          await clock.advanceAsync(3_000, 1_000);
          expect(ended).toHaveLength(1);
          expect(closes).toBeGreaterThan(0);
          expect(clock.pendingTimers).toBe(0);
        },
      ),
      { numRuns: 60, seed: 13 },
    );
  });
});

describe('the framing of AudioSocket', () => {
  const frames = fc.array(
    fc.record({ kind: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 400 }) }),
    { maxLength: 12 },
  );

  it('gives the same frames however the bytes are split', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 40 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ kind, payload }) => encodeFrame(kind, payload)));
        const reader = new FrameReader();
        const places = [...cuts.map((cut) => cut % (bytes.byteLength + 1)), bytes.byteLength].sort(
          (a, b) => a - b,
        );
        let from = 0;
        const read = places.flatMap((to) => {
          const part = reader.push(bytes.subarray(from, to));
          from = to;
          return part;
        });
        expect(read).toEqual(sent);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same frames one byte at a time', () => {
    fc.assert(
      fc.property(frames, (sent) => {
        const reader = new FrameReader();
        const bytes = Buffer.concat(sent.map(({ kind, payload }) => encodeFrame(kind, payload)));
        expect([...bytes].flatMap((byte) => reader.push(Uint8Array.of(byte)))).toEqual(sent);
      }),
      { numRuns: 50 },
    );
  });

  it('reads what fits and refuses a frame that announces more, after the frames before it', () => {
    const reader = new FrameReader();
    const good = encodeFrame(0x10, new Uint8Array(maxFrameBytes));
    const tooLong = maxFrameBytes + 1;
    const read = reader.push(Buffer.concat([good, Uint8Array.of(0x10, tooLong >> 8, tooLong & 0xff)]));
    expect(read).toEqual([{ kind: 0x10, payload: new Uint8Array(maxFrameBytes) }, 'oversized']);
  });

  it('knows the rates that Asterisk documents', () => {
    expect([...audioKinds]).toEqual([
      [0x10, 8_000],
      [0x11, 12_000],
      [0x12, 16_000],
      [0x13, 24_000],
      [0x14, 32_000],
      [0x15, 44_100],
      [0x16, 48_000],
      [0x17, 96_000],
      [0x18, 192_000],
    ]);
    expect(encodeFrame(0x00)).toEqual(Uint8Array.of(0, 0, 0));
  });
});
