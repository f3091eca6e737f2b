import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { CreateTranscoder, Transcoder, WireFormat } from '../../core/audio.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { LineQuality } from '../../core/telephony.ts';
import type { RtpSockets } from '../rtp/ports.ts';
import { RtpSession, type RtpAgreement, type RtpTapped } from '../rtp/session.ts';
import { SrtpContext, srtpKeyBytes, srtpSuites, type SrtpSuite } from '../rtp/srtp.ts';
import { factsOf, silenceOf, type SipCodec } from './codecs.ts';
import {
  agree,
  answerDirection,
  parseSdp,
  writeAnswer,
  writeOffer,
  type AgreedAudio,
  type Direction,
  type Sdp,
  type SdpAudio,
  type SdpCrypto,
} from './sdp.ts';
import type { TappedPacket } from './capture.ts';
import type { Trunk } from './trunks.ts';

/** Where the sound of a call goes: its `VoiceSession`, once there is one. */
export interface MediaSink {
  packet(payload: Uint8Array, sequence: number | undefined, mediaMs: number | undefined): void;
  digit(digit: string): void;
  markPlayed(name: string): void;
  heard(): void;
}

export interface SipMediaOptions {
  readonly sockets: RtpSockets;
  readonly trunk: Pick<Trunk, 'name' | 'codecs' | 'srtp'>;
  /** Our address as the far side reaches it, and the address its signalling comes from. */
  readonly localHost: string;
  readonly peerHost: string;
  readonly sink: () => MediaSink | undefined;
  /** The codec of the call when it has one already, since it goes on from another far side. */
  readonly codec?: SipCodec | undefined;
  readonly createTranscoder: CreateTranscoder;
  /** Asked for each packet: who captures the call, if anybody does. */
  readonly tap?: (() => ((packet: TappedPacket) => void) | undefined) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export type OfferAnswer =
  | { readonly type: 'answer'; readonly body: Uint8Array }
  | { readonly type: 'refused'; readonly status: 400 | 488; readonly detail: string };

interface ActiveSrtp {
  /** The far side's suite and key. */
  readonly key: string;
  readonly inbound: SrtpContext;
  readonly outbound: SrtpContext;
}

/** For a far side that has changed its codec within the call. */
interface Translation {
  readonly inbound: Transcoder;
  readonly outbound: Transcoder;
}

const offeredSuite: SrtpSuite = 'AES_CM_128_HMAC_SHA1_80';

/**
 * The sound of one call: agrees on it by offers and answers (RFC 3264) and carries it. The codec agreed on first stays that of the
 * call, since what hears it was made for it; when the far side changes to one that it did not offer then, packets are transcoded.
 */
export class SipMedia {
  readonly #options: SipMediaOptions;
  readonly #rtp: RtpSession;
  readonly #sessionId = randomBytes(4).readUInt32BE();
  readonly #ownKey = randomBytes(srtpKeyBytes);
  #version = 0;
  /** The codec of the call, and the one on the wire, which the far side may change. */
  #codec: SipCodec | undefined;
  #wireCodec: SipCodec | undefined;
  #translation: Translation | undefined;
  #direction: Direction = 'sendrecv';
  #srtp: ActiveSrtp | undefined;
  #agreement: RtpAgreement | undefined;
  #started = false;

  constructor(options: SipMediaOptions) {
    this.#options = options;
    this.#codec = options.codec;
    const { sink } = options;
    this.#rtp = new RtpSession({
      ...{ sockets: options.sockets, clock: options.clock, log: options.log },
      onPacket: (payload, sequence, mediaMs) =>
        sink()?.packet(this.#translation?.inbound(payload) ?? payload, sequence, mediaMs),
      onKey: (key) => sink()?.digit(key),
      onMark: (name) => sink()?.markPlayed(name),
      onHeard: () => sink()?.heard(),
      tap: (packet) => this.#tapped(packet),
    });
  }

  /** What the stages work with; undefined before the two sides have agreed. */
  get format(): WireFormat | undefined {
    return this.#codec && factsOf(this.#codec).format;
  }

  /** The codec of the call; undefined before the two sides have agreed. */
  get codec(): SipCodec | undefined {
    return this.#codec;
  }

  /** True while the far side holds the call. */
  get held(): boolean {
    return this.#direction !== 'sendrecv';
  }

  /** Answers an offer, and carries sound accordingly from now on. */
  answer(body: Uint8Array): OfferAnswer {
    const offer = parseSdp(body);
    if ('problem' in offer) return { type: 'refused', status: 400, detail: offer.problem };
    const taken = this.#match(offer);
    if (typeof taken === 'string') return { type: 'refused', status: 488, detail: taken };
    const { audio, agreed, crypto } = taken;
    this.#direction = answerDirection(audio.direction);
    const answer = writeAnswer(this.#local(crypto), offer, agreed);
    this.#carry(audio, agreed, crypto);
    return { type: 'answer', body: answer };
  }

  /** An offer of our own: with the codec of the call, else all that the trunk allows. */
  offer(options: { readonly oneCodec?: boolean } = {}): Uint8Array {
    const { codecs, srtp } = this.#options.trunk;
    const allowed = this.#wireCodec ? [this.#wireCodec] : options.oneCodec ? codecs.slice(0, 1) : codecs;
    const secured = this.#srtp !== undefined || srtp === 'required';
    const crypto = secured ? { tag: 1, suite: offeredSuite, key: this.#ownKey } : undefined;
    return writeOffer(this.#local(crypto), allowed);
  }

  /** Takes the answer to our offer; tells what is wrong with it, or undefined. */
  takeAnswer(body: Uint8Array): string | undefined {
    const answer = parseSdp(body);
    if ('problem' in answer) return answer.problem;
    const taken = this.#match(answer);
    if (typeof taken === 'string') return taken;
    this.#direction = answerDirection(taken.audio.direction);
    this.#carry(taken.audio, taken.agreed, taken.crypto);
    return undefined;
  }

  /** The call is answered: sound goes both ways as soon as the two sides have agreed on it. */
  start(): void {
    this.#started = true;
    if (this.#agreement) this.#rtp.agree(this.#agreement);
  }

  send(payload: Uint8Array): void {
    this.#rtp.send(this.#translation?.outbound(payload) ?? payload);
  }

  mark(name: string): void {
    this.#rtp.mark(name);
  }

  clear(): void {
    this.#rtp.clear();
  }

  sendKeys(keys: string): boolean {
    return this.#rtp.sendKeys(keys);
  }

  /** Packets of ours that wait for their time; marks among them count as well. */
  get waiting(): number {
    return this.#rtp.waiting;
  }

  quality(): LineQuality {
    return { line: this.#options.trunk.name, codec: this.#wireCodec ?? 'none', ...this.#rtp.quality() };
  }

  #tapped(packet: RtpTapped): void {
    const { tap, localHost, sockets } = this.#options;
    tap?.()?.({ ...packet, local: { host: localHost, port: sockets.port } });
  }

  /** Idempotent. */
  close(): void {
    this.#rtp.close();
    this.#endTranslation();
  }

  #match(sdp: Sdp): { audio: SdpAudio; agreed: AgreedAudio; crypto: SdpCrypto | undefined } | string {
    const { audio } = sdp;
    const { codecs, srtp } = this.#options.trunk;
    if (!audio) return 'no sound is offered';
    // Looking a name up for each packet would be too slow, and hardly anybody writes one.
    const family = isIP(audio.address);
    if (family === 0) return 'a name stands in place of an address';
    if (audio.direction !== 'inactive' && family !== isIP(this.#options.localHost))
      return `only IPv${isIP(this.#options.localHost)} is spoken here`;
    const agreed = (this.#codec && agree(audio, [this.#codec])) ?? agree(audio, codecs);
    if (!agreed) return 'no codec in common';
    const secured = audio.protocol.includes('SAVP');
    if (!/^(UDP\/TLS\/)?RTP\/S?AVPF?$/.test(audio.protocol)) return 'an unknown media protocol';
    if (!secured)
      return srtp === 'required' ? 'unencrypted sound is not allowed' : { audio, agreed, crypto: undefined };
    const crypto = audio.cryptos.find(
      ({ suite, key }) => srtpSuites.some((known) => known === suite) && key.length === srtpKeyBytes,
    );
    if (!crypto || srtp === 'off') return 'no way to encrypt in common';
    return { audio, agreed, crypto };
  }

  #local(crypto: SdpCrypto | undefined): Parameters<typeof writeOffer>[0] {
    this.#version += 1;
    const { localHost, sockets } = this.#options;
    return {
      ...{ address: localHost, port: sockets.port, direction: this.#direction },
      ...{ sessionId: this.#sessionId, version: this.#version },
      crypto: crypto && { tag: crypto.tag, suite: crypto.suite, key: this.#ownKey },
    };
  }

  #carry(audio: SdpAudio, agreed: AgreedAudio, crypto: SdpCrypto | undefined): void {
    this.#codec ??= agreed.codec;
    if (this.#wireCodec !== agreed.codec) {
      this.#endTranslation();
      this.#translation = this.#translationTo(agreed.codec, this.#codec);
    }
    this.#wireCodec = agreed.codec;
    const { clockHz } = factsOf(agreed.codec);
    const silence = silenceOf(agreed.codec, this.#options.createTranscoder);
    this.#srtp = this.#srtpFor(crypto);
    this.#agreement = {
      remote: { host: audio.address, port: audio.port },
      ...{ remoteRtcpPort: audio.rtcpPort, rtcpMux: audio.rtcpMux, peerHost: this.#options.peerHost },
      ...{ payloadType: agreed.payloadType, clockHz, keys: agreed.keys, silence },
      sending: audio.direction === 'sendrecv' || audio.direction === 'recvonly',
      // Somebody who holds the call may play music to us: nobody must take that for speech.
      receiving: audio.direction === 'sendrecv',
      srtp: this.#srtp,
    };
    if (this.#started) this.#rtp.agree(this.#agreement);
  }

  #translationTo(onWire: SipCodec, ofCall: SipCodec): Translation | undefined {
    if (onWire === ofCall) return undefined;
    const { createTranscoder, log } = this.#options;
    log.info({ codec: onWire, transcodedTo: ofCall }, 'The codec of a call has changed');
    const [wire, call] = [factsOf(onWire).format, factsOf(ofCall).format];
    return { inbound: createTranscoder(wire, call), outbound: createTranscoder(call, wire) };
  }

  #endTranslation(): void {
    this.#translation?.inbound.close();
    this.#translation?.outbound.close();
    this.#translation = undefined;
  }

  /** The same key goes on where it was: its counters must not begin anew. */
  #srtpFor(crypto: SdpCrypto | undefined): ActiveSrtp | undefined {
    if (!crypto) return undefined;
    const key = `${crypto.suite} ${Buffer.from(crypto.key).toString('hex')}`;
    if (this.#srtp?.key === key) return this.#srtp;
    const suite = crypto.suite as SrtpSuite;
    return {
      key,
      inbound: new SrtpContext(suite, crypto.key),
      outbound: new SrtpContext(suite, this.#ownKey),
    };
  }
}
