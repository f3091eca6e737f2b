import { describe, expect, it } from 'vitest';
import type { StreamCodec, StreamEvent } from '../../../../src/telephony/streams/codec.ts';
import { streamVendors, type StreamVendorName } from '../../../../src/telephony/streams/vendors.ts';
import { audioHook, mulawSilence, vendorCallId, vendorSamples } from '../../../support/stream-vendors.ts';

/** A codec of a vendor whose call has begun. */
function begun(name: StreamVendorName, start = vendorSamples[name].start(vendorCallId(1))) {
  const codec: StreamCodec = streamVendors[name].createCodec();
  const events = start.flatMap((message) => textEvents(codec, message));
  return { codec, events };
}

function textEvents(codec: StreamCodec, message: unknown): readonly StreamEvent[] {
  return codec.text(typeof message === 'string' ? message : JSON.stringify(message));
}

/** The messages Kefu sends, JSON parsed where it is JSON. */
function readable(messages: readonly (string | Uint8Array)[]): unknown[] {
  return messages.map((message) =>
    typeof message === 'string' && message.startsWith('{') ? (JSON.parse(message) as unknown) : message,
  );
}

const payload = Uint8Array.of(1, 2, 3, 4);
const encoded = 'AQIDBA==';
const sid = '7d56cc11-536d-4a45-b4fb-ed3d55be843b';
const plivoStream = '87654321-4321-4321-4321-cba987654321';

describe('what Kefu sends to', () => {
  it.each([
    [
      'telnyx',
      { event: 'media', media: { payload: encoded } },
      [{ event: 'mark', mark: { name: 'one' } }],
      [{ event: 'clear' }],
    ],
    [
      'signalwire',
      { event: 'media', streamSid: sid, media: { payload: encoded } },
      [{ event: 'mark', streamSid: sid, mark: { name: 'one' } }],
      [{ event: 'clear', streamSid: sid }],
    ],
    [
      'plivo',
      {
        event: 'playAudio',
        streamId: plivoStream,
        media: { contentType: 'audio/x-mulaw', sampleRate: 8000, payload: encoded },
      },
      [{ event: 'checkpoint', streamId: plivoStream, name: 'one' }],
      [{ event: 'clearAudio', streamId: plivoStream }],
    ],
    ['vonage', payload, [{ action: 'notify', payload: { name: 'one' } }], [{ action: 'clear' }]],
    [
      'jambonz',
      payload,
      [{ type: 'mark', data: { name: 'one' } }],
      [{ type: 'killAudio' }, { type: 'clearMarks' }],
    ],
    [
      'asterisk',
      payload,
      ['STOP_MEDIA_BUFFERING one', 'START_MEDIA_BUFFERING'],
      ['FLUSH_MEDIA', 'START_MEDIA_BUFFERING'],
    ],
    ['freeswitch', payload, undefined, [{ type: 'killAudio' }]],
  ] as const)('%s are the documented messages', (name, audio, marks, clear) => {
    const { codec } = begun(name);
    expect(readable([codec.audio(payload)])).toEqual([audio]);
    expect(codec.mark && readable(codec.mark('one'))).toEqual(marks);
    expect(readable(codec.clear())).toEqual(clear);
  });

  it('Asterisk is JSON when Asterisk began with JSON', () => {
    const { codec, events } = begun('asterisk', [
      {
        event: 'MEDIA_START',
        connection_id: 'e226e283',
        channel: 'WebSocket/kefu/0x1',
        channel_id: '1764421200.7',
        format: 'slin16',
        optimal_frame_size: 640,
        ptime: 20,
        channel_variables: {},
      },
    ]);
    expect(events).toMatchObject([
      {
        type: 'start',
        start: { gatewayCallId: '1764421200.7', format: { codec: 'l16', sampleRateHz: 16_000 } },
      },
    ]);
    expect(readable(codec.mark?.('one') ?? [])).toEqual([
      { command: 'STOP_MEDIA_BUFFERING', correlation_id: 'one' },
      { command: 'START_MEDIA_BUFFERING' },
    ]);
    expect(
      textEvents(codec, { event: 'MEDIA_BUFFERING_COMPLETED', channel_id: '7', correlation_id: 'one' }),
    ).toEqual([{ type: 'mark', name: 'one' }]);
    expect(textEvents(codec, { event: 'DTMF_END', channel_id: '7', digit: '#' })).toEqual([
      { type: 'digit', digit: '#' },
    ]);
    expect(readable(codec.goodbye({ type: 'ended', reason: 'we-hung-up', detail: undefined }))).toEqual([
      { command: 'HANGUP' },
    ]);
  });
});

describe('what vendors send', () => {
  it.each([
    ['telnyx', { event: 'media', media: { track: 'outbound', payload: mulawSilence } }, { type: 'ignored' }],
    [
      'telnyx',
      { event: 'media', media: { chunk: '7', timestamp: '140', payload: encoded } },
      { type: 'packet', sequence: 7, mediaMs: 140 },
    ],
    ['telnyx', { event: 'error', payload: { code: 100003, title: 'malformed_frame' } }, { type: 'ignored' }],
    ['telnyx', { event: 'novelty' }, { type: 'unknown', name: 'novelty' }],
    [
      'signalwire',
      { event: 'media', media: { chunk: '7', payload: encoded } },
      { type: 'packet', sequence: 7 },
    ],
    ['signalwire', { rawEvent: { event: 'clear' } }, { type: 'ignored' }],
    ['plivo', { event: 'clearedAudio', streamId: plivoStream }, { type: 'ignored' }],
    ['vonage', { event: 'websocket:cleared' }, { type: 'ignored' }],
    ['jambonz', { type: 'playDone', data: { id: 1 } }, { type: 'ignored' }],
    ['asterisk', 'MEDIA_XOFF', { type: 'flow', paused: true }],
    ['asterisk', 'QUEUE_DRAINED', { type: 'ignored' }],
    ['asterisk', 'ERROR channel_id:7 error_text:FLUSH_MEDIA not supported', { type: 'ignored' }],
    ['freeswitch', { anything: true }, { type: 'unknown' }],
    ['genesys', audioHook('playback_completed', 2), { type: 'ignored' }],
    ['genesys', audioHook('error', 2, { code: 429, message: 'slow down' }), { type: 'ignored' }],
  ] as const)('%s %j is understood', (name, message, event) => {
    expect(textEvents(begun(name).codec, message)).toMatchObject([event]);
  });

  it.each([
    ['telnyx', '{"event":', 'not JSON'],
    ['telnyx', { streamSid: 'x' }, 'no event'],
    ['telnyx', { event: 'media', media: { payload: '???' } }, 'media.payload: is not base64'],
    ['telnyx', { event: 'dtmf', dtmf: { digit: '12' } }, 'is not a key'],
    [
      'telnyx',
      {
        event: 'start',
        stream_id: 'x',
        start: { call_control_id: 'c', media_format: { encoding: 'L16', sample_rate: 16000, channels: 1 } },
      },
      'must be PCMU or PCMA',
    ],
    [
      'signalwire',
      {
        event: 'start',
        start: {
          streamSid: 'a',
          callSid: 'b',
          mediaFormat: { encoding: 'audio/opus', sampleRate: 48000, channels: 1 },
        },
      },
      'audio/x-mulaw',
    ],
    ['plivo', { event: 'start', start: { callId: '../x', streamId: 's' } }, 'is not an id'],
    ['vonage', { event: 'websocket:connected', 'content-type': 'audio/l16;rate=44100' }, 'audio/l16 at 8000'],
    ['jambonz', { event: 'dtmf', dtmf: 'x' }, 'is not a key'],
    ['asterisk', 'MEDIA_START channel_id:7 format:opus', 'c(ulaw)'],
    ['genesys', audioHook('ping', 3), 'seq is not the next number'],
    ['genesys', { ...audioHook('ping', 2), id: vendorCallId(9) }, 'id is not that of the session'],
  ] as const)('%s %j is refused with its reason', (name, message, problem) => {
    const [event] = textEvents(begun(name).codec, message);
    expect(event).toMatchObject({ type: 'malformed' });
    expect((event as { problem: string }).problem).toContain(problem);
  });

  it.each([
    ['jambonz', { callSid: 'x', sampleRate: 11025 }, 'must be 8000'],
    ['jambonz', { callSid: 'x', sampleRate: 8000, mixType: 'stereo' }, 'must be mono'],
    ['freeswitch', { from: '1' }, 'callId'],
    ['genesys', audioHook('open', 1, { conversationId: vendorCallId(1), media: [] }), 'is not offered'],
  ] as const)('%s beginning with %j is refused with its reason', (name, message, problem) => {
    const [event] = textEvents(streamVendors[name].createCodec(), message);
    expect((event as { problem: string }).problem).toContain(problem);
  });

  it('Genesys with both channels is heard on the external one', () => {
    const { codec, events } = begun('genesys', [
      audioHook('open', 1, {
        conversationId: vendorCallId(1),
        media: [{ type: 'audio', format: 'PCMU', channels: ['external', 'internal'], rate: 8000 }],
      }),
    ]);
    expect(events).toMatchObject([{ type: 'start' }]);
    expect(codec.binary(Uint8Array.of(1, 2, 3, 4))).toEqual([
      { type: 'packet', payload: Uint8Array.of(1, 3) },
    ]);
  });

  it.each(['vonage', 'jambonz', 'freeswitch'] as const)('%s with half a sample is refused', (name) => {
    const { codec } = begun(name);
    expect(codec.binary(Uint8Array.of(1, 2, 3))).toMatchObject([{ type: 'malformed' }]);
    expect(codec.binary(payload)).toMatchObject([{ type: 'packet' }]);
  });
});
