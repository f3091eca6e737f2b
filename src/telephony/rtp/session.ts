import type { Socket } from 'node:dgram';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { plainAddress } from '../sip/addresses.ts';
import { sameEndpoint, type Endpoint } from '../sip/flow.ts';
import { KeyReader } from './keys.ts';
import { distance, parseRtp, writeRtp, type RtpPacket } from './packet.ts';
import type { RtpSockets } from './ports.ts';
import { parseRtcp, writeRtcp, type RtcpNews } from './rtcp.ts';
import { RtpSender } from './sender.ts';
import type { SrtpContext } from './srtp.ts';
import { ReceptionStatistics } from './statistics.ts';

/** What the two sides have agreed on; set anew by every re-INVITE. */
export interface RtpAgreement {
  /** Where the far side says it listens. */
  readonly remote: Endpoint;
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** Besides `remote.host`, the address whose packets may come from another place than was said: the signalling peer's. */
  readonly peerHost: string;
  readonly payloadType: number;
  readonly keyType: number | undefined;
  /** One packet of silence in the codec. */
  readonly silence: Uint8Array;
  /** Whether the far side wants to hear us, and speaks to us. */
  readonly sending: boolean;
  readonly receiving: boolean;
  readonly srtp: { readonly inbound: SrtpContext; readonly outbound: SrtpContext } | undefined;
}

export interface RtpSessionOptions {
  readonly sockets: RtpSockets;
  readonly clock: Clock;
  readonly log: Logger;
  /** A packet without a number is made up. */
  readonly onPacket: (payload: Uint8Array, sequence: number | undefined, mediaMs: number | undefined) => void;
  readonly onKey: (key: string) => void;
  readonly onMark: (name: string) => void;
  /** Anything came from the far side, or it holds the call and need not send. */
  readonly onHeard: () => void;
  /** Gets every packet of RTP and RTCP that goes out or is taken, unencrypted, while somebody captures the call. */
  readonly tap?: ((packet: RtpTapped) => void) | undefined;
}

/** A packet as a capture wants it. */
export interface RtpTapped {
  readonly direction: 'in' | 'out';
  readonly remote: Endpoint;
  readonly bytes: Uint8Array;
  /** `keys`: a telephone event (RFC 4733). */
  readonly kind: 'audio' | 'keys' | 'rtcp';
}

const clockHz = 8000;
const packetMs = 20;
const samplesPerPacket = (clockHz * packetMs) / 1000;
const reportEveryMs = 5_000;
/** A source that was silent for this time may be replaced by another plausible one. */
const relatchAfterMs = 2_000;
/** Stamps that jump by more than this are a new reckoning. */
const maxStampJump = 10 * clockHz;
const comfortNoise = 13;

/** One stream of sound both ways: RTP and RTCP. */
export class RtpSession {
  readonly #options: RtpSessionOptions;
  readonly #sender: RtpSender;
  readonly #keys = new KeyReader();
  #agreement: RtpAgreement | undefined;
  /** Where packets really come from; ours go there, too (symmetric RTP). */
  #source: Endpoint | undefined;
  #sourceHeardMs = 0;
  #statistics: ReceptionStatistics | undefined;
  #numberOffset = 0;
  #lastNumber = 0;
  #lastStamp: number | undefined;
  #mediaMs = 0;
  #lastReport: { readonly ntp: number; readonly atMs: number } | undefined;
  #cancelReports: () => void = () => undefined;
  #farLoss: RtcpNews['heard'];
  #foreign = 0;
  #closed = false;

  constructor(options: RtpSessionOptions) {
    this.#options = options;
    const { sockets, clock } = options;
    this.#sender = new RtpSender({
      ...{ clock, packetMs, samplesPerPacket },
      transmit: (packet) => this.#transmit(packet),
      onMark: options.onMark,
    });
    const failed = (error: Error): void =>
      options.log.debug({ error: error.message }, 'An RTP socket reported an error');
    for (const socket of [sockets.rtp, sockets.rtcp]) socket.on('error', failed);
    sockets.rtp.on('message', (bytes, from) => {
      this.#receive(bytes, { host: plainAddress(from.address), port: from.port });
    });
    sockets.rtcp.on('message', (bytes, from) => this.#receiveReport(bytes, plainAddress(from.address)));
  }

  /** Begins to send and to take packets, or changes how. */
  agree(agreement: RtpAgreement): void {
    if (this.#closed) return;
    const first = this.#agreement === undefined;
    const moved = this.#agreement && !sameEndpoint(this.#agreement.remote, agreement.remote);
    if (moved) this.#source = undefined;
    this.#agreement = agreement;
    this.#sender.open = agreement.sending;
    this.#sender.start(agreement);
    if (first) this.#reportLater();
  }

  send(payload: Uint8Array): void {
    this.#sender.send(payload);
  }

  mark(name: string): void {
    this.#sender.mark(name);
  }

  clear(): void {
    this.#sender.clear();
  }

  sendKeys(keys: string): boolean {
    return this.#sender.sendKeys(keys);
  }

  /** Says goodbye and gives the ports back. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#cancelReports();
    const reception = this.#statistics?.report();
    if (this.#agreement) this.#sendReport(true);
    this.#closed = true;
    this.#sender.close();
    this.#options.log.info(
      {
        lost: reception?.lost ?? 0,
        jitterMs: ((reception?.jitter ?? 0) / clockHz) * 1000,
        lostByPeer: this.#farLoss?.lost,
        foreign: this.#foreign,
      },
      'The sound of a call has ended',
    );
    // The goodbye is handed to the system before the sockets close.
    setImmediate(() => this.#options.sockets.release());
  }

  #receive(bytes: Uint8Array, from: Endpoint): void {
    const agreement = this.#agreement;
    if (this.#closed || !agreement) return;
    const type = bytes[1] ?? 0;
    if (type >= 192 && type <= 223) {
      this.#receiveReport(bytes, from.host);
      return;
    }
    const plain = agreement.srtp ? agreement.srtp.inbound.unprotectRtp(bytes) : bytes;
    const packet = plain && parseRtp(plain);
    const known =
      packet && [agreement.payloadType, agreement.keyType, comfortNoise].includes(packet.payloadType);
    if (!packet || !known || !this.#isFrom(from, agreement)) {
      this.#foreign += 1;
      return;
    }
    this.#options.onHeard();
    const kind = packet.payloadType === agreement.keyType ? 'keys' : 'audio';
    this.#options.tap?.({ direction: 'in', remote: from, bytes: plain, kind });
    this.#take(packet, agreement);
  }

  /**
   * True for packets of the far side. The first plausible source is kept: the address that was said, or, behind a NAT, another port
   * or the address that the signalling comes from. Others are ignored, so that nobody can speak into a call by guessing its port.
   */
  #isFrom(from: Endpoint, agreement: RtpAgreement): boolean {
    const nowMs = this.#options.clock.nowMs();
    if (!this.#source || !sameEndpoint(this.#source, from)) {
      const plausible = from.host === agreement.remote.host || from.host === agreement.peerHost;
      if (!plausible || (this.#source && nowMs - this.#sourceHeardMs < relatchAfterMs)) return false;
      this.#source = from;
    }
    this.#sourceHeardMs = nowMs;
    return true;
  }

  #take(packet: RtpPacket, agreement: RtpAgreement): void {
    const nowMs = this.#options.clock.nowMs();
    if (this.#statistics?.ssrc !== packet.ssrc) {
      // Another source goes on where the last one stopped.
      this.#statistics = new ReceptionStatistics(packet, clockHz);
      this.#numberOffset = this.#lastNumber + 1 - packet.sequence;
      this.#lastStamp = undefined;
    }
    const number = this.#statistics.add(packet, nowMs) + this.#numberOffset;
    this.#lastNumber = Math.max(this.#lastNumber, number);
    if (packet.payloadType === agreement.keyType) {
      const key = this.#keys.read(packet.timestamp, packet.payload);
      if (key !== undefined) this.#options.onKey(key);
    }
    if (!agreement.receiving) return;
    // Keys and comfort noise have numbers of their own among the sound: they count as silence, so that no number is missing.
    if (packet.payloadType === agreement.payloadType) {
      this.#options.onPacket(packet.payload, number, this.#mediaTime(packet.timestamp));
    } else {
      this.#options.onPacket(agreement.silence, number, undefined);
    }
  }

  /** Media time of a stamp in milliseconds, or undefined when the far side's reckoning begins anew. */
  #mediaTime(stamp: number): number | undefined {
    const jump = this.#lastStamp === undefined ? undefined : distance(this.#lastStamp, stamp, 32);
    if (jump === undefined || Math.abs(jump) > maxStampJump) {
      this.#lastStamp = stamp;
      return undefined;
    }
    const mediaMs = this.#mediaMs + (jump / clockHz) * 1000;
    if (jump > 0) {
      this.#lastStamp = stamp;
      this.#mediaMs = mediaMs;
    }
    return mediaMs;
  }

  #transmit(packet: RtpPacket): void {
    const agreement = this.#agreement;
    if (this.#closed || !agreement) return;
    const bytes = writeRtp(packet);
    const wire = agreement.srtp ? agreement.srtp.outbound.protectRtp(bytes) : bytes;
    const remote = this.#source ?? agreement.remote;
    const kind = packet.payloadType === agreement.keyType ? 'keys' : 'audio';
    this.#options.tap?.({ direction: 'out', remote, bytes, kind });
    this.#sendTo(this.#options.sockets.rtp, wire, remote);
  }

  #receiveReport(bytes: Uint8Array, host: string): void {
    const agreement = this.#agreement;
    if (this.#closed || !agreement) return;
    if (host !== agreement.remote.host && host !== agreement.peerHost && host !== this.#source?.host) return;
    const plain = agreement.srtp ? agreement.srtp.inbound.unprotectRtcp(bytes) : bytes;
    const news = plain && parseRtcp(plain);
    if (!news) return;
    this.#options.onHeard();
    this.#farLoss = news.heard ?? this.#farLoss;
    if (news.senderNtp !== undefined) {
      this.#lastReport = { ntp: news.senderNtp, atMs: this.#options.clock.nowMs() };
    }
  }

  #reportLater(): void {
    this.#cancelReports = this.#options.clock.setTimer(() => {
      this.#sendReport(false);
      this.#keepHeldCall();
      this.#reportLater();
    }, reportEveryMs);
  }

  /** Who holds the call need not send anything and is there all the same: nobody may take that for a dead line. */
  #keepHeldCall(): void {
    if (this.#agreement?.receiving !== false) return;
    this.#options.onHeard();
    this.#options.onPacket(this.#agreement.silence, undefined, undefined);
  }

  #sendReport(bye: boolean): void {
    const agreement = this.#agreement;
    if (!agreement) return;
    const last = this.#lastReport;
    const nowMs = this.#options.clock.nowMs();
    const report = writeRtcp({
      ssrc: this.#sender.ssrc,
      sender: this.#sender.report(),
      reception: this.#statistics?.report(),
      lastSenderReport: last && {
        ntp: last.ntp,
        delay: Math.round(((nowMs - last.atMs) / 1000) * 65_536) >>> 0,
      },
      bye,
    });
    const bytes = agreement.srtp ? agreement.srtp.outbound.protectRtcp(report) : report;
    const { sockets } = this.#options;
    const host = this.#source?.host ?? agreement.remote.host;
    if (agreement.rtcpMux) this.#sendTo(sockets.rtp, bytes, this.#source ?? agreement.remote);
    else this.#sendTo(sockets.rtcp, bytes, { host, port: agreement.remoteRtcpPort });
  }

  #sendTo(socket: Socket, bytes: Uint8Array, { host, port }: Endpoint): void {
    if (port === 0) return;
    // A packet that cannot be sent is a lost packet; the far side's reports tell how many there are.
    socket.send(bytes, port, host, () => undefined);
  }
}
