import { distance, type RtpPacket } from './packet.ts';

/** What a receiver says of what came (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Share of packets lost since the last report, in 1/256. */
  readonly fractionLost: number;
  /** Since the beginning; doubled packets make it smaller. */
  readonly lost: number;
  readonly highestSequence: number;
  /** In samples. */
  readonly jitter: number;
}

/** A jump of more packets than this begins a new numbering. */
const maxJump = 3_000;

/** Counts the packets of one source, and gives each an ever-growing number. */
export class ReceptionStatistics {
  readonly ssrc: number;
  readonly #clockHz: number;
  #base: number;
  #highest: number;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #transit: number | undefined;
  #jitter = 0;

  constructor(first: RtpPacket, clockHz: number) {
    this.ssrc = first.ssrc;
    this.#clockHz = clockHz;
    this.#base = first.sequence;
    this.#highest = first.sequence - 1;
  }

  /** Running number of the packet, beyond 16 bits. */
  add(packet: RtpPacket, nowMs: number): number {
    const jump = distance(this.#highest & 0xffff, packet.sequence, 16);
    if (Math.abs(jump) > maxJump) {
      // The source has begun a new numbering: what was lost before is forgotten.
      this.#highest = (Math.floor(this.#highest / 0x10000) + 1) * 0x10000 + packet.sequence;
      this.#base = this.#highest - this.#received;
      this.#received += 1;
      return this.#highest;
    }
    const number = this.#highest + jump;
    this.#highest = Math.max(this.#highest, number);
    this.#received += 1;
    this.#measureJitter(packet, nowMs);
    return number;
  }

  report(): ReceptionReport {
    const expected = this.#highest - this.#base + 1;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return {
      ssrc: this.ssrc,
      fractionLost:
        expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      lost: Math.max(-0x800000, Math.min(0x7fffff, expected - this.#received)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.floor(this.#jitter),
    };
  }

  /** Since the beginning: packets that came, those that did not, and the jitter in milliseconds. */
  totals(): { readonly received: number; readonly lost: number; readonly jitterMs: number } {
    const lost = Math.max(0, this.#highest - this.#base + 1 - this.#received);
    return { received: this.#received, lost, jitterMs: (this.#jitter / this.#clockHz) * 1000 };
  }

  #measureJitter(packet: RtpPacket, nowMs: number): void {
    const arrival = (nowMs * this.#clockHz) / 1000;
    const transit = arrival - packet.timestamp;
    if (this.#transit !== undefined) {
      const change = Math.abs(transit - this.#transit);
      // A jump of the stamps is no jitter.
      if (change < this.#clockHz) this.#jitter += (change - this.#jitter) / 16;
    }
    this.#transit = transit;
  }
}
