import { z } from 'zod';
import { readMessage, binaryPacket, key, party, type StreamCodec, type StreamEvent } from '../codec.ts';
import type { Farewell } from '../../voice-session.ts';
import type { StreamVendor } from '../gateway.ts';

/**
 * Genesys Cloud Audio Connector over AudioHook protocol version 2, after "AudioHook Protocol Reference" (Genesys Cloud Developer
 * Center) and Genesys's reference implementations. Of the offered media the caller's channel alone is taken, or both, from which the caller's is
 * picked: samples are interleaved, `external` first. Genesys limits the rate of messages, hence packets of 200 ms.
 */
const media = z.object({
  type: z.literal('audio'),
  format: z.string(),
  channels: z.array(z.string()),
  rate: z.number(),
});
type Media = z.infer<typeof media>;
const uuid = z.guid();
const header = { id: uuid, seq: z.number().int().nonnegative() };
const schemas = {
  open: z.object({
    ...header,
    version: z.literal('2'),
    parameters: z.object({
      conversationId: uuid,
      participant: z.object({ ani: party.optional(), dnis: party.optional() }).optional(),
      media: z.array(media),
      language: z.string().optional(),
    }),
  }),
  ping: z.object(header),
  close: z.object(header),
  dtmf: z.object({ ...header, parameters: z.object({ digit: key }) }),
  update: z.object(header),
  error: z.object({ ...header, parameters: z.object({ code: z.number() }) }),
  paused: z.object(header),
  resumed: z.object(header),
  discarded: z.object(header),
  playback_started: z.object(header),
  playback_completed: z.object(header),
};
/** The conversation of a connection probe, by which Genesys tries the server when the integration is switched on. */
const nobody = '00000000-0000-0000-0000-000000000000';

function chosen(offered: readonly Media[]): Media | undefined {
  const taken = offered.filter(({ format, rate }) => format === 'PCMU' && rate === 8000);
  return (
    taken.find(({ channels }) => channels.join() === 'external') ??
    taken.find(({ channels }) => channels.join() === 'external,internal')
  );
}

export function createGenesysCodec(): StreamCodec {
  let id = '';
  let selected: Media | undefined;
  let serverSeq = 0;
  let clientSeq = 0;
  let closed = false;

  const message = (type: string, parameters: Readonly<Record<string, unknown>>): string => {
    serverSeq += 1;
    return JSON.stringify({ version: '2', id, type, seq: serverSeq, clientseq: clientSeq, parameters });
  };
  const opened = (): string => message('opened', { startPaused: false, media: selected ? [selected] : [] });
  const disconnect = (reason: string, more: Readonly<Record<string, unknown>> = {}): string =>
    message('disconnect', { reason, ...more });

  const open = (value: z.infer<typeof schemas.open>): StreamEvent => {
    const { conversationId, participant, media: offered, language } = value.parameters;
    selected = chosen(offered);
    if (conversationId === nobody) return { type: 'reply', messages: [opened()] };
    if (!selected)
      return { type: 'malformed', problem: 'open: PCMU at 8000 with the external channel is not offered' };
    return {
      type: 'start',
      start: {
        gatewayCallId: conversationId,
        from: participant?.ani?.replace(/^tel:/, ''),
        to: participant?.dnis?.replace(/^tel:/, ''),
        language: /^zh\b/i.test(language ?? '') ? 'zh' : /^en\b/i.test(language ?? '') ? 'en' : undefined,
        format: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 200 },
      },
    };
  };

  const decode = (text: string): readonly StreamEvent[] => {
    const read = readMessage(text, 'type', schemas);
    if (read.type !== 'message') return [read];
    const { name, value } = read;
    if (value.seq !== clientSeq + 1)
      return [{ type: 'malformed', problem: `${name}: seq is not the next number` }];
    if (name === 'open' && id === '') id = value.id;
    if (value.id !== id) return [{ type: 'malformed', problem: `${name}: id is not that of the session` }];
    clientSeq = value.seq;
    switch (name) {
      case 'open':
        return [open(value)];
      case 'ping':
        return [{ type: 'reply', messages: [message('pong', {})] }];
      case 'update':
        return [{ type: 'reply', messages: [message('updated', {})] }];
      case 'close':
        closed = true;
        return [{ type: 'reply', messages: [message('closed', {})] }, { type: 'goodbye' }];
      case 'dtmf':
        return [{ type: 'digit', digit: value.parameters.digit }];
      case 'error':
        return [{ type: 'ignored', note: `an error that Genesys reports, code ${value.parameters.code}` }];
      default:
        return [{ type: 'ignored' }];
    }
  };

  return {
    text: decode,
    binary: (payload) => {
      const stereo = selected?.channels.length === 2;
      const packet = binaryPacket(payload, stereo ? 2 : 1);
      if (packet.type !== 'packet' || !stereo) return [packet];
      return [{ type: 'packet', payload: packet.payload.filter((_, index) => index % 2 === 0) }];
    },
    answered: () => [opened()],
    audio: (payload) => payload,
    clear: () => [message('event', { entities: [{ type: 'barge_in', data: {} }] })],
    answersGoodbye: true,
    goodbye: (farewell: Farewell) => {
      if (closed) return [];
      const good = farewell.type === 'ended' && farewell.reason !== 'protocol-error';
      if (good) return [disconnect('completed', { outputVariables: { action: 'hangup' } })];
      const info = farewell.type === 'ended' ? (farewell.detail ?? farewell.reason) : farewell.reason;
      return [disconnect('error', { info, outputVariables: { action: 'failed' } })];
    },
    transfer: (target) => [
      disconnect('completed', { outputVariables: { action: 'transfer', transferTarget: target } }),
    ],
  };
}

export const genesys: StreamVendor = {
  name: 'genesys',
  title: 'Genesys',
  createCodec: createGenesysCodec,
  returnsClearedMarks: false,
  closingIsGoodbye: false,
};
