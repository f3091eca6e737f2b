import type { CreateTranscoder } from '../../core/audio.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { RtpSockets } from '../rtp/ports.ts';
import type { SipCodec } from './codecs.ts';
import type { SipFlow } from './flow.ts';
import type { Leg } from './leg.ts';
import { SipMedia, type MediaSink, type SipMediaOptions } from './media.ts';
import type { Trunk } from './trunks.ts';

/** The far side of a call: the way to it, its signalling and its sound. */
export class Side {
  readonly media: SipMedia;
  readonly trunk: Trunk;
  /** The way to who speaks there now; another peer may take the call over. */
  flow: SipFlow;
  leg: Leg | undefined;
  /** Who hears it. */
  sink: MediaSink | undefined;
  readonly #release: () => void;
  #closed = false;

  /** @param release - Gives back what the call has taken besides its ports. */
  constructor(parts: {
    readonly sockets: RtpSockets;
    readonly trunk: Trunk;
    readonly flow: SipFlow;
    readonly soundHost: (peer: string) => string;
    readonly createTranscoder: CreateTranscoder;
    readonly clock: Clock;
    readonly log: Logger;
    /** The codec that who hears it was made for, when the call goes on from another side. */
    readonly codec?: SipCodec | undefined;
    /** Asked for each packet of sound: who captures the call, if anybody does. */
    readonly tap?: SipMediaOptions['tap'];
    readonly release?: () => void;
  }) {
    const { sockets, trunk, soundHost, createTranscoder, clock, log, codec, tap } = parts;
    this.trunk = trunk;
    this.flow = parts.flow;
    this.#release = parts.release ?? (() => undefined);
    const peerHost = (): string => this.flow.remote.host;
    this.media = new SipMedia({
      ...{ sockets, trunk, createTranscoder, clock, log, codec, tap },
      // Read anew with each agreement, since the peer may be another one by then.
      get localHost() {
        return soundHost(peerHost());
      },
      get peerHost() {
        return peerHost();
      },
      sink: () => this.sink,
    });
  }

  /** True once the sound has ended. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the sound. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.sink = undefined;
    this.media.close();
    this.#release();
  }

  /** Ends the sound and hangs up; see `Leg.bye`. */
  async leave(): Promise<void> {
    this.close();
    await this.leg?.bye();
  }
}
