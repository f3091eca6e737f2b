import type { Clock } from '../core/clock.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import { Ears } from './ears.ts';
import { roomRateHz } from './room.ts';
import type { VoiceStages } from './voice-line.ts';

/** Fed when somebody goes silent without sending silence: longer than any pause within a sentence. */
const endingMs = 1500;
/** Nothing said for so long is such a silence. */
const quietAfterMs = 400;

export interface PeopleEarsParts {
  readonly stages: VoiceStages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly language: Language;
  /** A sentence or more that was said to its end. */
  readonly onSaid: (text: string) => void;
}

/** Listens to one person of the shop, for the transcript. What cannot be recognised is missing there, and nothing else comes of it. */
export class PeopleEars {
  readonly #parts: PeopleEarsParts;
  readonly #ears: Ears;
  #mediaMs = 0;
  #speaking = false;
  #cancelQuiet: () => void = () => undefined;
  #closed = false;

  constructor(parts: PeopleEarsParts) {
    this.#parts = parts;
    const { stages, clock, log, language } = parts;
    const ignore = () => undefined;
    this.#ears = new Ears(
      {
        voiceActivity: stages.createVoiceActivity(),
        turnDetector: stages.createTurnDetector(),
        recognizer: stages.recognizer(language),
        clock,
        log,
        assess: () => 'unknown',
      },
      {
        speechStarted: () => {
          this.#speaking = true;
        },
        turn: ({ text }) => {
          this.#speaking = false;
          if (text.trim() !== '') parts.onSaid(text.trim());
        },
        noise: () => {
          this.#speaking = false;
        },
        unintelligible: () => {
          this.#speaking = false;
        },
        failed: (message) => log.warn({ message }, 'what a person of the shop said could not be recognised'),
        partial: ignore,
        paused: ignore,
        bargeIn: ignore,
        falseBargeIn: ignore,
        noInput: ignore,
      },
      language,
    );
  }

  hear(samples: Int16Array): void {
    if (this.#closed || samples.length === 0) return;
    this.#take(samples);
    this.#cancelQuiet();
    this.#cancelQuiet = () => undefined;
    if (this.#speaking)
      this.#cancelQuiet = this.#parts.clock.setTimer(() => {
        this.pause();
      }, quietAfterMs);
  }

  /** Nothing comes for now: what was being said is over. */
  pause(): void {
    if (this.#closed || !this.#speaking) return;
    this.#take(new Int16Array((roomRateHz * endingMs) / 1000));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelQuiet();
    this.#ears.close();
  }

  #take(samples: Int16Array): void {
    this.#ears.hear({ samples, sampleRateHz: roomRateHz, mediaMs: this.#mediaMs });
    this.#mediaMs += (samples.length / roomRateHz) * 1000;
  }
}
