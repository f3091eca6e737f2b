import type { Socket } from 'node:dgram';
import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { LineQuality } from '../../core/telephony.ts';
import { plainAddress } from '../sip/addresses.ts';
import { sameEndpoint, type Endpoint } from '../sip/flow.ts';
import { OneWayWatch } from './one-way.ts';
import { parseRtp, writeRtp, type RtpPacket } from './packet.ts';
import type { RtpSockets } from './ports.ts';
import { RtpReceiver, type ReceiverWire, type RtpReceiverOptions } from './receiver.ts';
import { middleOfNtp, parseRtcp, writeRtcp, type HeardSource } from './rtcp.ts';
import { RtpSender, type SenderWire } from './sender.ts';
import type { SrtpContext } from './srtp.ts';

/** What the two sides have agreed on; set anew by every re-INVITE. `receiving` is whether the far side speaks to us. */
export interface RtpAgreement extends SenderWire, ReceiverWire {
  /** Where the far side says it listens. */
  readonly remote: Endpoint;
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** Besides `remote.host`, the address whose packets may come from another place than was said: the signalling peer's. */
  readonly peerHost: string;
  /** Whether the far side wants to hear us. */
  readonly sending: boolean;
  readonly srtp: { readonly inbound: SrtpContext; readonly outbound: SrtpContext } | undefined;
}

export interface RtpSessionOptions {
  readonly sockets: RtpSockets;
  readonly clock: Clock;
  readonly log: Logger;
  /** As `RtpReceiver` gives them; a packet without a number is made up. */
  readonly onPacket: (payload: Uint8Array, sequence: number | undefined, mediaMs: number | undefined) => void;
  readonly onKey: RtpReceiverOptions['onKey'];
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

const packetMs = 20;
const reportEveryMs = 5_000;
/** A source that was silent for this time may be replaced by another plausible one. */
const relatchAfterMs = 2_000;
/** Longer ones are mistakes of somebody's clock. */
const maxRoundTripMs = 60_000;
const noSound = new Uint8Array(0);

/**
 * One stream of sound both ways: RTP and RTCP.
 *
 *     send, mark, keys ─▶ RtpSender ───▶ SRTP ─▶ socket ─▶ where the sound comes from, else where the far side says
 *     onPacket, onKey ◀── RtpReceiver ◀─ SRTP ◀─ socket ◀─ the first plausible source
 *     quality, OneWayWatch ◀──────────── reports (RTCP), every 5 s
 */
export class RtpSession {
  readonly #options: RtpSessionOptions;
  readonly #sender: RtpSender;
  readonly #receiver: RtpReceiver;
  readonly #oneWay: OneWayWatch;
  #agreement: RtpAgreement | undefined;
  /** Where packets really come from; ours go there, too (symmetric RTP). */
  #source: Endpoint | undefined;
  #sourceHeardMs = 0;
  #lastReport: { readonly ntp: number; readonly atMs: number } | undefined;
  #cancelReports: () => void = () => undefined;
  /** What the far side last said of our sound, and the clock that it counts in. */
  #byPeer: { readonly heard: HeardSource; readonly clockHz: number } | undefined;
  /** Its reports since the last look, and the share lost by the last one; undefined: that did not speak of us. */
  #reports = 0;
  #fractionLostByPeer: number | undefined;
  #roundTripMs: number | undefined;
  /** Since when both sides want to hear each other. */
  #bothWaysSinceMs: number | undefined;
  #foreign = 0;
  #mistakes = 0;
  #closed = false;

  constructor(options: RtpSessionOptions) {
    this.#options = options;
    const { sockets, clock, log } = options;
    this.#sender = new RtpSender({
      ...{ clock, packetMs },
      transmit: (packet) => this.#safely(() => this.#transmit(packet)),
      onMark: (name) => this.#safely(() => options.onMark(name)),
    });
    this.#receiver = new RtpReceiver({ clock, onPacket: options.onPacket, onKey: options.onKey });
    this.#oneWay = new OneWayWatch(log);
    const failed = (error: Error): void =>
      log.debug({ error: error.message }, 'An RTP socket reported an error');
    for (const socket of [sockets.rtp, sockets.rtcp]) socket.on('error', failed);
    sockets.rtp.on('message', (bytes, from) => {
      this.#safely(() => this.#receive(bytes, { host: plainAddress(from.address), port: from.port }));
    });
    sockets.rtcp.on('message', (bytes, from) => {
      this.#safely(() => this.#receiveReport(bytes, plainAddress(from.address)));
    });
  }

  /** Begins to send and to take packets, or changes how. */
  agree(agreement: RtpAgreement): void {
    if (this.#closed) return;
    const first = this.#agreement === undefined;
    const moved = this.#agreement && !sameEndpoint(this.#agreement.remote, agreement.remote);
    if (moved) this.#source = undefined;
    this.#agreement = agreement;
    this.#receiver.agree(agreement);
    this.#sender.open = agreement.sending;
    this.#sender.start(agreement);
    const bothWays = agreement.sending && agreement.receiving;
    this.#bothWaysSinceMs = bothWays ? (this.#bothWaysSinceMs ?? this.#options.clock.nowMs()) : undefined;
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

  /** As of `RtpSender`. */
  get waiting(): number {
    return this.#sender.waiting;
  }

  /** How the line has carried the stream so far; also after the end. */
  quality(): Omit<LineQuality, 'line' | 'codec'> {
    const { received, lost, jitterMs } = this.#receiver.totals();
    const heard = this.#byPeer?.heard;
    return {
      ...{ received, lost, jitterMs, sent: this.#sender.packets },
      lostByPeer: heard?.lost,
      jitterByPeerMs: this.#byPeer && (this.#byPeer.heard.jitter / this.#byPeer.clockHz) * 1000,
      roundTripMs: this.#roundTripMs,
      oneWay: this.#oneWay.found,
    };
  }

  /** Says goodbye and gives the ports back. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#cancelReports();
    this.#safely(() => this.#sendReport(true));
    this.#closed = true;
    this.#sender.close();
    this.#options.log.info({ ...this.quality(), foreign: this.#foreign }, 'The sound of a call has ended');
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
    if (!packet || !this.#receiver.knows(packet.payloadType) || !this.#isFrom(from, agreement)) {
      this.#foreign += 1;
      return;
    }
    this.#options.onHeard();
    const kind = packet.payloadType === agreement.keys?.payloadType ? 'keys' : 'audio';
    this.#options.tap?.({ direction: 'in', remote: from, bytes: plain, kind });
    this.#receiver.take(packet);
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

  #transmit(packet: RtpPacket): void {
    const agreement = this.#agreement;
    if (this.#closed || !agreement) return;
    const bytes = writeRtp(packet);
    const wire = agreement.srtp ? agreement.srtp.outbound.protectRtp(bytes) : bytes;
    const remote = this.#source ?? agreement.remote;
    const kind = packet.payloadType === agreement.keys?.payloadType ? 'keys' : 'audio';
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
    if (news.senderNtp !== undefined) {
      this.#lastReport = { ntp: news.senderNtp, atMs: this.#options.clock.nowMs() };
    }
    this.#reports += 1;
    const heard = news.heard.find(({ ssrc }) => ssrc === this.#sender.ssrc);
    this.#fractionLostByPeer = heard?.fractionLost;
    if (!heard) return;
    this.#byPeer = { heard, clockHz: agreement.clockHz };
    if (heard.lastSenderReport === 0) return;
    // RFC 3550 section 6.4.1: now, less when our report went out, less how long the far side had it.
    const elapsed = middleOfNtp(this.#options.clock.epochMs()) - heard.lastSenderReport - heard.delay;
    const roundTripMs = ((elapsed | 0) / 65_536) * 1000;
    // A wall clock that was set meanwhile would tell nonsense.
    if (roundTripMs >= 0 && roundTripMs < maxRoundTripMs) this.#roundTripMs = roundTripMs;
  }

  #reportLater(): void {
    this.#cancelReports = this.#options.clock.setTimer(() => {
      this.#safely(() => this.#sendReport(false));
      this.#safely(() => this.#keepHeldCall());
      this.#safely(() => this.#watchBothWays());
      this.#reportLater();
    }, reportEveryMs);
  }

  /** Who holds the call need not send anything and is there all the same: nobody may take that for a dead line. */
  #keepHeldCall(): void {
    if (this.#agreement?.receiving !== false) return;
    this.#options.onHeard();
    this.#options.onPacket(noSound, undefined, undefined);
  }

  #watchBothWays(): void {
    const sinceMs = this.#bothWaysSinceMs;
    if (sinceMs === undefined) return;
    this.#oneWay.look({
      bothWaysMs: this.#options.clock.nowMs() - sinceMs,
      received: this.#receiver.totals().received,
      sent: this.#sender.packets,
      reports: this.#reports,
      fractionLost: this.#fractionLostByPeer,
    });
    this.#reports = 0;
  }

  #sendReport(bye: boolean): void {
    const agreement = this.#agreement;
    if (!agreement) return;
    const last = this.#lastReport;
    const nowMs = this.#options.clock.nowMs();
    const report = writeRtcp({
      ssrc: this.#sender.ssrc,
      sender: this.#sender.report(),
      reception: this.#receiver.report(),
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

  /** Runs what a packet or a timer brings. A mistake in it costs that packet, and neither the call nor the process. */
  #safely(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#mistakes += 1;
      // Fifty packets a second must not fill the log.
      if (!Number.isInteger(Math.log2(this.#mistakes))) return;
      this.#options.log.error(
        { error: toKefuError(error).message, mistakes: this.#mistakes },
        'A packet of a call could not be handled',
      );
    }
  }

  #sendTo(socket: Socket, bytes: Uint8Array, { host, port }: Endpoint): void {
    if (port === 0) return;
    // A packet that cannot be sent is a lost packet; the far side's reports tell how many there are.
    socket.send(bytes, port, host, () => undefined);
  }
}
