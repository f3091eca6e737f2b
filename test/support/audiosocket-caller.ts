import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame, frameKinds, FrameReader } from '../../src/telephony/audiosocket/frames.ts';
import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';
import { PlaybackBuffer } from '../../tools/lib/playback-buffer.ts';
import type { CallerClip } from '../../tools/lib/caller.ts';

const packetMs = 20;
const packetSamples = 160;

/** Asterisk's side of a call over AudioSocket: 50 packets a second of linear audio at 8 kHz, and what comes back. */
export class AudioSocketCaller {
  readonly playback = new PlaybackBuffer();
  /** Resolves when the connection is closed. */
  readonly ended: Promise<void>;
  /** True once Kefu has said goodbye by the hang-up frame. */
  hungUp = false;
  over = false;
  readonly #socket: Socket;
  readonly #startedAtMs = performance.now();
  #sent = 0;
  #clip: Int16Array = new Int16Array();
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new FrameReader();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const frame of reader.push(chunk)) {
        if (frame === 'oversized') throw new Error('Kefu sent a frame that is too long.');
        if (frame.kind === frameKinds.hangup) this.hungUp = true;
        if (frame.kind === 0x10) {
          const samples = new Int16Array(frame.payload.buffer);
          this.playback.receive(encodeMulaw(samples), this.nowMs);
        }
      }
    });
    this.ended = once(socket, 'close').then(() => {
      this.over = true;
      clearInterval(this.#timer);
    });
  }

  static async connect(port: number, uuid: string): Promise<AudioSocketCaller> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const caller = new AudioSocketCaller(socket);
    socket.write(encodeFrame(frameKinds.uuid, Buffer.from(uuid.replaceAll('-', ''), 'hex')));
    caller.#timer = setInterval(() => {
      while (!caller.over && caller.#sent * packetMs < caller.nowMs) caller.#sendPacket();
    }, 10);
    return caller;
  }

  get nowMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  get speaking(): boolean {
    return this.#clip.length > 0;
  }

  /** Begins to say a clip. */
  say({ mulaw }: CallerClip): void {
    this.#clip = decodeMulaw(mulaw);
  }

  hangUp(): Promise<void> {
    if (!this.over) this.#socket.end(encodeFrame(frameKinds.hangup));
    return this.ended;
  }

  #sendPacket(): void {
    const samples = new Int16Array(packetSamples);
    samples.set(this.#clip.subarray(0, packetSamples));
    this.#clip = this.#clip.subarray(packetSamples);
    this.#sent += 1;
    this.#socket.write(encodeFrame(0x10, new Uint8Array(samples.buffer)));
  }
}
