import { decodeMulaw } from '../../src/media/g711.ts';
import { isAudible } from '../../src/media/level.ts';

/** Samples of mu-law audio in one millisecond. */
const samplesPerMs = 8;
const mulawSilence = 0xff;

/** A packet as it was heard. Times are line times: milliseconds since the stream began. */
export interface HeardPacket {
  /** When it arrived. */
  readonly receivedAtMs: number;
  /** When its first sample was, or will be, played. */
  readonly startMs: number;
  /** End of what was, or will be, played of it; equal to `startMs` when it was cleared before its turn. */
  readonly endMs: number;
  /** Whether somebody at the telephone would hear it. */
  readonly audible: boolean;
}

interface Packet {
  readonly payload: Uint8Array;
  readonly receivedAtMs: number;
  readonly audible: boolean;
  startSample: number;
  playedSamples: number;
}

/**
 * How the far end of a Twilio stream plays what it receives: packets one after the other at real time, each at once when nothing is
 * waiting; a mark is reached when everything received before it has been played; `clear` drops what has not been played and
 * reaches all marks that wait. Pure: time is told with every call and never goes back.
 */
export class PlaybackBuffer {
  readonly #packets: Packet[] = [];
  #marks: { readonly name: string; readonly atSample: number }[] = [];
  readonly #jitterSamples: number;
  #untilSample = 0;
  #lastAudibleSample: number | undefined;

  /** @param jitterMs - How long the first packet of those without a break waits, so that others may come unevenly. */
  constructor(jitterMs = 0) {
    this.#jitterSamples = Math.round(jitterMs * samplesPerMs);
  }

  /** Line time at which everything received so far will have been played. */
  get playedOutMs(): number {
    return this.#untilSample / samplesPerMs;
  }

  /** End of the last audible sound received, played or waiting; undefined when there was none. */
  get lastAudibleMs(): number | undefined {
    return this.#lastAudibleSample === undefined ? undefined : this.#lastAudibleSample / samplesPerMs;
  }

  /** When the next mark will be reached. */
  get nextMarkMs(): number | undefined {
    const next = this.#marks[0];
    return next && next.atSample / samplesPerMs;
  }

  /** What was heard and what waits, in order. */
  get heard(): HeardPacket[] {
    return this.#packets.map(heardPacket);
  }

  /** The first audible packet that arrived at or after `atMs` and was not cleared before its turn. */
  firstAudibleAfter(atMs: number): HeardPacket | undefined {
    const found = this.#packets.find(
      (packet) => packet.audible && packet.receivedAtMs >= atMs && packet.playedSamples > 0,
    );
    return found && heardPacket(found);
  }

  receive(payload: Uint8Array, atMs: number): void {
    const atSample = Math.ceil(atMs * samplesPerMs);
    const startSample = this.#untilSample >= atSample ? this.#untilSample : atSample + this.#jitterSamples;
    const audible = isAudible(decodeMulaw(payload));
    this.#packets.push({
      payload,
      receivedAtMs: atMs,
      audible,
      startSample,
      playedSamples: payload.length,
    });
    this.#untilSample = startSample + payload.length;
    if (audible) this.#lastAudibleSample = this.#untilSample;
  }

  mark(name: string, atMs: number): void {
    this.#marks.push({ name, atSample: Math.max(this.#untilSample, Math.ceil(atMs * samplesPerMs)) });
  }

  /** Takes out the names of the marks that have been reached, in order. */
  reached(atMs: number): string[] {
    const atSample = atMs * samplesPerMs;
    const reached = this.#marks.filter((mark) => mark.atSample <= atSample);
    this.#marks = this.#marks.filter((mark) => mark.atSample > atSample);
    return reached.map((mark) => mark.name);
  }

  /** Drops what has not been played at `atMs`, and returns the marks that waited, in order. */
  clear(atMs: number): string[] {
    const atSample = Math.floor(atMs * samplesPerMs);
    for (let index = this.#packets.length - 1; index >= 0; index -= 1) {
      const packet = this.#packets[index];
      if (!packet || packet.startSample + packet.playedSamples <= atSample) break;
      packet.playedSamples = Math.max(0, Math.min(packet.playedSamples, atSample - packet.startSample));
      // What never had its turn was cleared now; what comes next may be played before its turn would have been.
      packet.startSample = Math.min(packet.startSample, atSample);
    }
    this.#untilSample = Math.min(this.#untilSample, atSample);
    const last = this.#packets.findLast((packet) => packet.audible && packet.playedSamples > 0);
    this.#lastAudibleSample = last && last.startSample + last.playedSamples;
    const dropped = this.#marks.map((mark) => mark.name);
    this.#marks = [];
    return dropped;
  }

  /** The sound from line time 0 to `untilMs` as it was heard, as mu-law; silence where nothing was played. */
  render(untilMs: number): Uint8Array {
    const sound = new Uint8Array(Math.floor(untilMs * samplesPerMs)).fill(mulawSilence);
    for (const { payload, startSample, playedSamples } of this.#packets) {
      const room = Math.max(0, sound.length - startSample);
      sound.set(payload.subarray(0, Math.min(playedSamples, room)), Math.min(startSample, sound.length));
    }
    return sound;
  }
}

function heardPacket(packet: Packet): HeardPacket {
  return {
    receivedAtMs: packet.receivedAtMs,
    startMs: packet.startSample / samplesPerMs,
    endMs: (packet.startSample + packet.playedSamples) / samplesPerMs,
    audible: packet.audible,
  };
}
