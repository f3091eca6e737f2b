import type { Clock } from '../core/clock.ts';
import type { SeatMode } from '../core/conversation.ts';
import { createMixer, type Mixer, type MixerInput } from '../media/mixer.ts';

/** The rate of all sound between people. */
export const roomRateHz = 16_000;

/** A chair in the room. */
export interface Chair {
  mode: SeatMode;
  /** What the person says. */
  speak(samples: Int16Array): void;
  leave(): void;
}

interface Sitting {
  mode: SeatMode;
  readonly mixer: Mixer;
  /** This chair's voice in each mix that it may be heard in. */
  readonly voices: Map<Mixer, MixerInput>;
  readonly fromCaller: MixerInput;
  readonly fromKefu: MixerInput;
}

/** Caller, Kefu and any number of people in one conversation, each hearing only whom they may hear. */
export class Room {
  readonly #clock: Clock;
  readonly #caller: Mixer;
  readonly #chairs = new Set<Sitting>();
  /** The caller hears nobody, and those who talk do not hear the caller. */
  onHold = false;

  /** `hear` gets what the caller is to hear from people. */
  constructor(options: { readonly clock: Clock; readonly hear: (samples: Int16Array) => void }) {
    this.#clock = options.clock;
    this.#caller = this.#mixer(options.hear);
  }

  /** True when somebody is here to whom the caller's sound would mean anything. */
  get isEmpty(): boolean {
    return this.#chairs.size === 0;
  }

  /** True when somebody is here whom the caller can hear. */
  get hasTalkers(): boolean {
    return [...this.#chairs].some(({ mode }) => mode === 'talk');
  }

  sit(mode: SeatMode, hear: (samples: Int16Array) => void): Chair {
    const mixer = this.#mixer(hear);
    const sitting: Sitting = {
      mode,
      mixer,
      voices: new Map(),
      fromCaller: mixer.input(),
      fromKefu: mixer.input(),
    };
    for (const other of this.#chairs) {
      other.voices.set(mixer, mixer.input());
      sitting.voices.set(other.mixer, other.mixer.input());
    }
    sitting.voices.set(this.#caller, this.#caller.input());
    this.#chairs.add(sitting);
    return {
      get mode() {
        return sitting.mode;
      },
      set mode(next) {
        sitting.mode = next;
      },
      speak: (samples) => {
        this.#speak(sitting, samples);
      },
      leave: () => {
        if (!this.#chairs.delete(sitting)) return;
        for (const voice of sitting.voices.values()) voice.remove();
        for (const other of this.#chairs) {
          other.voices.get(mixer)?.remove();
          other.voices.delete(mixer);
        }
      },
    };
  }

  /** The caller's sound. */
  fromCaller(samples: Int16Array): void {
    for (const chair of this.#chairs) {
      if (chair.mode === 'aside' || (this.onHold && chair.mode === 'talk')) continue;
      chair.fromCaller.write(samples);
    }
  }

  /** What Kefu says to the caller. */
  fromKefu(samples: Int16Array): void {
    for (const chair of this.#chairs) if (chair.mode !== 'aside') chair.fromKefu.write(samples);
  }

  #speak(speaker: Sitting, samples: Int16Array): void {
    if (!this.#chairs.has(speaker) || speaker.mode === 'listen') return;
    if (speaker.mode === 'talk' && !this.onHold) speaker.voices.get(this.#caller)?.write(samples);
    for (const other of this.#chairs) {
      if (other !== speaker && isHeard(speaker.mode, other.mode))
        speaker.voices.get(other.mixer)?.write(samples);
    }
  }

  #mixer(onSamples: (samples: Int16Array) => void): Mixer {
    return createMixer({ rateHz: roomRateHz, clock: this.#clock, onSamples });
  }
}

/** Whether who sits in one mode is heard by who sits in another. Supervisors who listen or whisper hear everything. */
function isHeard(speaker: SeatMode, hearer: SeatMode): boolean {
  if (speaker === 'listen') return false;
  if (hearer === 'listen' || hearer === 'whisper') return true;
  return speaker === 'aside' ? hearer === 'aside' : hearer === 'talk';
}
