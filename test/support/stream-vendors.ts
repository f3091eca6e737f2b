import type { StreamVendorName } from '../../src/telephony/streams/vendors.ts';

/** Messages of every vendor as its documentation shows them, with invented values; and what the contract suite needs to know. */
export interface VendorSamples {
  /** The messages that start a call. */
  readonly start: (callId: string) => readonly unknown[];
  readonly say: () => string | Uint8Array;
  readonly digit: (digit: string) => string | undefined;
  /** What the vendor returns for a mark; undefined where playing time is reckoned. */
  readonly played: ((name: string) => string) | undefined;
  readonly goodbye: (() => unknown) | undefined;
  readonly react?: (message: string) => unknown;
  readonly format: {
    readonly codec: 'mulaw' | 'alaw' | 'l16';
    readonly sampleRateHz: number;
    readonly packetMs: number;
  };
}

export const caller = '+15551234567';
export const hotline = '+15550001111';
/** 20 ms of mu-law silence, and of linear silence at 8 and 16 kHz. */
export const mulawSilence = Buffer.alloc(160, 0xff).toString('base64');
const linear = (sampleRateHz: number): Uint8Array => new Uint8Array((sampleRateHz / 50) * 2);
const json = (value: unknown): string => JSON.stringify(value);
const streamId = '32DE0DEA-53CB-4B21-89A4-9E1819C043BC';
const sessionId = 'e160e428-53e2-487c-977d-96989bf5c99d';

/** A message of AudioHook; the client's first is `open`. */
export function audioHook(type: string, seq: number, parameters: Readonly<Record<string, unknown>> = {}) {
  return { version: '2', id: sessionId, type, seq, serverseq: 0, position: 'PT0S', parameters };
}

export const vendorSamples: Record<StreamVendorName, VendorSamples> = {
  telnyx: {
    start: (callId) => [
      { event: 'connected', version: '1.0.0' },
      {
        event: 'start',
        sequence_number: '1',
        stream_id: streamId,
        start: {
          user_id: '3E6F995F-85F7-4705-9741-53B116D28237',
          call_control_id: callId,
          call_session_id: 'ff55a038-6f5d-11ef-9692-02420aeffb1f',
          from: caller,
          to: hotline,
          tags: ['TAG1'],
          client_state: 'aGF2ZSBhIG5pY2UgZGF5ID1d',
          custom_parameters: { customer_id: 'customer_123' },
          media_format: { encoding: 'PCMU', sample_rate: 8000, channels: 1 },
        },
      },
    ],
    say: () =>
      json({
        event: 'media',
        sequence_number: '4',
        media: { track: 'inbound', chunk: '2', timestamp: '20', payload: mulawSilence },
        stream_id: streamId,
      }),
    digit: (digit) => json({ event: 'dtmf', stream_id: streamId, sequence_number: '5', dtmf: { digit } }),
    played: (name) => json({ event: 'mark', stream_id: streamId, sequence_number: '6', mark: { name } }),
    goodbye: () => ({
      event: 'stop',
      sequence_number: '5',
      stop: { user_id: '3e6f995f', call_control_id: 'v2:T02' },
      stream_id: streamId,
    }),
    format: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 },
  },
  signalwire: {
    start: (callId) => [
      signalWire('connected', { protocol: 'Call', version: '0.2.0' }),
      signalWire('start', {
        sequenceNumber: '1',
        start: {
          streamSid: '7d56cc11-536d-4a45-b4fb-ed3d55be843b',
          accountSid: 'b08dacad-2f6c-4de1-93d6-cc732e0c69c5',
          callSid: callId,
          tracks: ['inbound'],
          customParameters: { from: caller, to: hotline },
          mediaFormat: { encoding: 'audio/x-L16', sampleRate: 24000, channels: 1 },
        },
      }),
    ],
    say: () =>
      json(
        signalWire('media', {
          sequenceNumber: '1002',
          media: {
            track: 'inbound',
            chunk: '1001',
            timestamp: '20041',
            payload: Buffer.alloc(960).toString('base64'),
          },
        }),
      ),
    digit: (digit) => json(signalWire('dtmf', { dtmf: { duration: 2700, digit } })),
    played: (name) => json(signalWire('mark', { mark: { name } })),
    goodbye: () => signalWire('stop', { sequenceNumber: '1002' }),
    format: { codec: 'l16', sampleRateHz: 24000, packetMs: 20 },
  },
  plivo: {
    start: (callId) => [
      {
        event: 'start',
        sequenceNumber: 1,
        start: {
          callId,
          streamId: '87654321-4321-4321-4321-cba987654321',
          accountId: 'MAXXXXXXXXXXXXXXXXXX',
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000 },
        },
        extra_headers: 'userId=12345;sessionId=abc-xyz',
      },
    ],
    say: () =>
      json({
        event: 'media',
        sequenceNumber: 42,
        streamId: '87654321-4321-4321-4321-cba987654321',
        media: { track: 'inbound', timestamp: '1705312200000', chunk: 41, payload: mulawSilence },
      }),
    digit: (digit) => json({ event: 'dtmf', dtmf: { track: 'inbound', digit, timestamp: '1705312200000' } }),
    played: (name) => json({ event: 'playedStream', streamId: '87654321-4321-4321-4321-cba987654321', name }),
    goodbye: undefined,
    format: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 },
  },
  vonage: {
    start: (callId) => [
      {
        event: 'websocket:connected',
        'content-type': 'audio/l16;rate=16000',
        uuid: callId,
        from: caller,
        to: hotline,
        language: 'en',
      },
    ],
    say: () => linear(16_000),
    digit: (digit) => json({ event: 'websocket:dtmf', digit, duration: 260 }),
    played: (name) => json({ event: 'websocket:notify', payload: { name } }),
    goodbye: undefined,
    format: { codec: 'l16', sampleRateHz: 16_000, packetMs: 20 },
  },
  jambonz: {
    start: (callId) => [
      {
        callSid: callId,
        direction: 'inbound',
        from: caller,
        to: hotline,
        callId: '935f3b60-2775-123d-a6a1-0242ac110002',
        sipStatus: 200,
        callStatus: 'in-progress',
        accountSid: '66acafce-44c2-417a-a7c0-0242ac110002',
        sampleRate: 16000,
        mixType: 'mono',
      },
    ],
    say: () => linear(16_000),
    digit: (digit) => json({ event: 'dtmf', dtmf: digit, duration: '1600' }),
    played: (name) => json({ type: 'mark', data: { name, event: 'playout' } }),
    goodbye: undefined,
    format: { codec: 'l16', sampleRateHz: 16_000, packetMs: 20 },
  },
  asterisk: {
    start: (callId) => [
      `MEDIA_START connection_id:e226e283-c90a-4ea9-9e37-389000b9ef47 channel:WebSocket/kefu/0x1 channel_id:${callId} format:ulaw optimal_frame_size:160 ptime:20`,
    ],
    say: () => Buffer.alloc(160, 0xff),
    digit: (digit) => `DTMF_END digit:${digit} channel_id:1764421200.7`,
    played: (name) => `MEDIA_BUFFERING_COMPLETED ${name}`,
    goodbye: undefined,
    format: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 },
  },
  freeswitch: {
    start: (callId) => [{ callId, from: caller, to: hotline, language: 'en', sampleRate: 16000 }],
    say: () => linear(16_000),
    digit: (digit) => json({ event: 'dtmf', digit }),
    played: undefined,
    goodbye: undefined,
    format: { codec: 'l16', sampleRateHz: 16_000, packetMs: 20 },
  },
  genesys: {
    start: (callId) => [
      audioHook('open', 1, {
        organizationId: 'd7934305-0972-4844-938e-9060eef73d05',
        conversationId: callId,
        participant: {
          id: '883efee8-3d6c-4537-b500-6d7ca4b92fa0',
          ani: `tel:${caller}`,
          aniName: 'John Doe',
          dnis: `tel:${hotline}`,
        },
        media: [
          { type: 'audio', format: 'PCMU', channels: ['external', 'internal'], rate: 8000 },
          { type: 'audio', format: 'PCMU', channels: ['external'], rate: 8000 },
          { type: 'audio', format: 'PCMU', channels: ['internal'], rate: 8000 },
        ],
        language: 'en-US',
      }),
    ],
    say: () => Buffer.alloc(1600, 0xff),
    digit: (digit) => json(audioHook('dtmf', 2, { digit })),
    played: undefined,
    goodbye: () => audioHook('close', 2, { reason: 'end' }),
    react: (message) =>
      (JSON.parse(message) as { type: string }).type === 'disconnect'
        ? audioHook('close', 2, { reason: 'disconnect' })
        : undefined,
    format: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 200 },
  },
};

function signalWire(event: string, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const streamSid = '7d56cc11-536d-4a45-b4fb-ed3d55be843b';
  return {
    timestamp: '2025-09-26T16:25:04.792Z',
    direction: 'inbound',
    eventType: event,
    streamSid,
    rawEvent: { event, streamSid, ...more },
  };
}

/** An id of a call that vendor would give. */
export function vendorCallId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
