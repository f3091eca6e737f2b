import type { Clock } from '../core/clock.ts';
import type { VoiceMedia } from '../core/telephony.ts';
import type { Codec } from '../media/codec.ts';
import { MusicPlayer } from '../media/music.ts';
import { createResampler, type Resampler } from '../media/resampler.ts';
import { roomRateHz } from './room.ts';

/** Music is sent this far ahead of its time at most, so that a held-up timer is not heard. */
const musicLeadMs = 60;

/** What people hear of a call. Samples at 16 kHz, as they come. */
export interface SoundTap {
  caller(samples: Int16Array): void;
  kefu(samples: Int16Array): void;
}

export interface LineSoundParts {
  readonly media: VoiceMedia;
  /** The one that Kefu's words go through, too. */
  readonly codec: Pick<Codec, 'encode'>;
  readonly clock: Clock;
  /** True while Kefu's own words are on the wire: nothing else may be then. */
  readonly isSpeaking: () => boolean;
  /** Gets what is sent, at the wire's rate. */
  readonly onSent: ((samples: Int16Array) => void) | undefined;
  /** Gets what the timer of the music throws. */
  readonly onError: (error: unknown) => void;
}

/**
 * The sound of a call beside Kefu's words: what people say to the caller, what they hear, and the music.
 *
 *     people ─▶ play ─▶ resample ─▶ cut into packets ─┬─▶ encode ─▶ media.send
 *     music  ─▶ timer, a packet each packetMs ────────┘   (only while Kefu says nothing)
 */
export class LineSound {
  /** Set while people are in the call. */
  tap: SoundTap | undefined;
  readonly #parts: LineSoundParts;
  readonly #packetSamples: number;
  readonly #toWire: Resampler;
  readonly #fromKefu: Resampler;
  #rest = new Int16Array(0);
  #cancelMusic: (() => void) | undefined;
  #player: MusicPlayer | undefined;
  #closed = false;

  constructor(parts: LineSoundParts) {
    this.#parts = parts;
    const { sampleRateHz, packetMs } = parts.media.format;
    this.#packetSamples = (sampleRateHz * packetMs) / 1000;
    this.#toWire = createResampler(roomRateHz, sampleRateHz);
    this.#fromKefu = createResampler(sampleRateHz, roomRateHz);
  }

  /** Sends what people say to the caller. Kefu's own words go first: what is said over them is not heard. */
  play(samples: Int16Array): void {
    if (this.#closed || this.#parts.isSpeaking()) return;
    this.#sendInPackets(this.#toWire.process(samples));
  }

  #sendInPackets(sound: Int16Array): void {
    const all = new Int16Array(this.#rest.length + sound.length);
    all.set(this.#rest);
    all.set(sound, this.#rest.length);
    let at = 0;
    for (; at + this.#packetSamples <= all.length; at += this.#packetSamples)
      this.#send(all.subarray(at, at + this.#packetSamples));
    this.#rest = all.slice(at);
  }

  /** What Kefu says, at the wire's rate, as it is sent. */
  said(samples: Int16Array): void {
    if (this.tap) this.tap.kefu(this.#fromKefu.process(samples));
  }

  /** Plays the music from where it stopped last, while Kefu has nothing to say. */
  music(on: boolean): void {
    if (!on || this.#closed) {
      this.#cancelMusic?.();
      this.#cancelMusic = undefined;
      return;
    }
    if (this.#cancelMusic) return;
    const { clock, media } = this.#parts;
    const { packetMs, sampleRateHz } = media.format;
    this.#player ??= new MusicPlayer(sampleRateHz === 8000 ? 8000 : roomRateHz, { frameMs: packetMs });
    const player = this.#player;
    let dueMs = clock.nowMs();
    const step = () => {
      this.#cancelMusic = clock.setTimer(step, packetMs);
      try {
        const nowMs = clock.nowMs();
        // After a pause, for Kefu's words or a busy machine, it goes on from now: there is never a burst.
        if (this.#parts.isSpeaking() || nowMs - dueMs > musicLeadMs) dueMs = nowMs;
        if (this.#parts.isSpeaking()) return;
        for (; dueMs <= nowMs + musicLeadMs; dueMs += packetMs) {
          const frame = player.frame();
          if (sampleRateHz === 8000) this.#send(frame);
          else this.#sendInPackets(this.#toWire.process(frame));
        }
      } catch (error) {
        this.#parts.onError(error);
      }
    };
    step();
  }

  /** Idempotent. */
  close(): void {
    this.music(false);
    this.#closed = true;
    this.tap = undefined;
  }

  #send(samples: Int16Array): void {
    const { media, codec, onSent } = this.#parts;
    media.send(codec.encode(samples));
    onSent?.(samples);
  }
}
