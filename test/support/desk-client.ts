import { once } from 'node:events';
import { WebSocket } from 'ws';
import { deskAudio, type DeskMessage, type DeskRequest } from '../../src/core/desk.ts';
import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';
import { isAudible } from '../../src/media/level.ts';
import { createResampler } from '../../src/media/resampler.ts';
import type { CallerClip } from '../../tools/lib/caller.ts';

type OfType<Type extends DeskMessage['type']> = Extract<DeskMessage, { type: Type }>;
/** What does not come within this time never does. */
const patienceMs = 60_000;

/** A desk without a page: what the page does over its WebSocket, in the same protocol and at the pace of real sound. */
export interface DeskClient {
  readonly received: readonly DeskMessage[];
  send(request: DeskRequest): void;
  /** The newest or next message of a type that is as wanted. */
  until<Type extends DeskMessage['type']>(
    type: Type,
    isWanted?: (message: OfType<Type>) => boolean,
  ): Promise<OfType<Type>>;
  /** Says a clip, in real time. */
  say(clip: CallerClip): Promise<void>;
  /** What was heard since the last time, as mu-law at 8 kHz. */
  takeHeard(): Uint8Array;
  /** Times at which packets came in which something can be heard, in milliseconds of `performance.now()`. */
  readonly audibleAtMs: readonly number[];
  /** Sends a packet of samples at 16 kHz at once. */
  sendPacket(samples: Int16Array): void;
  /** Breaks off without a word, as a killed tab does. */
  kill(): void;
  close(): Promise<void>;
}

export async function connectDesk(
  url: string,
  options: { readonly cookie?: string } = {},
): Promise<DeskClient> {
  const { cookie } = options;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/desk/socket`, {
    headers: { origin: url, ...(cookie !== undefined && { cookie }) },
  });
  const received: DeskMessage[] = [];
  const audibleAtMs: number[] = [];
  let heard: Int16Array[] = [];
  let notice: () => void = () => undefined;
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      const samples = new Int16Array(Uint8Array.from(data).buffer);
      heard.push(samples);
      if (isAudible(samples)) audibleAtMs.push(performance.now());
    } else received.push(JSON.parse(data.toString('utf8')) as DeskMessage);
    notice();
  });
  await once(socket, 'open');
  const send = (request: DeskRequest) => {
    socket.send(JSON.stringify(request));
  };
  const client: DeskClient = {
    received,
    audibleAtMs,
    send,
    async until(type, isWanted = () => true) {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const found = received.findLast(
          (message): message is OfType<typeof type> =>
            message.type === type && isWanted(message as OfType<typeof type>),
        );
        if (found) return found;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) {
          const story = received.map((message) => JSON.stringify(message).slice(0, 200)).join('\n');
          throw new Error(`The desk waited in vain for ${type}. It received:\n${story}`);
        }
        await Promise.race([
          new Promise<void>((resolve) => {
            notice = resolve;
          }),
          new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 1000))),
        ]);
      }
    },
    async say({ mulaw }) {
      const samples = createResampler(8000, deskAudio.sampleRateHz).process(decodeMulaw(mulaw));
      const packet = deskAudio.packetBytes / 2;
      const startMs = performance.now();
      for (let at = 0; at + packet <= samples.length; at += packet) {
        const dueMs = startMs + (at / deskAudio.sampleRateHz) * 1000;
        const waitMs = dueMs - performance.now();
        if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
        client.sendPacket(samples.slice(at, at + packet));
      }
    },
    sendPacket(samples) {
      socket.send(Uint8Array.from(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)));
    },
    takeHeard() {
      const all = Int16Array.from(heard.flatMap((samples) => [...samples]));
      heard = [];
      return encodeMulaw(createResampler(deskAudio.sampleRateHz, 8000).process(all));
    },
    kill() {
      socket.terminate();
    },
    async close() {
      if (socket.readyState === socket.CLOSED) return;
      socket.close();
      await once(socket, 'close');
    },
  };
  send({ type: 'hello', language: 'en' });
  await client.until('welcome');
  return client;
}
