import type { TurnDetector, TurnEvent, TurnInput, VoiceWindow } from '../../src/core/turn.ts';

/** Something that happens to a turn detector: a stretch of line in milliseconds, or an input at that moment. */
export type ScriptStep =
  | { readonly voice: number; readonly dbfs?: number; readonly probability?: number }
  | { readonly silence: number; readonly dbfs?: number }
  /** Packets stop: media time goes on in windows of digital silence, as `Inbound` makes them. */
  | { readonly nothing: number }
  | {
      readonly partial: string;
      readonly completeness?: Extract<TurnInput, { type: 'partial' }>['completeness'];
    }
  | { readonly playback: boolean; readonly interruptible?: boolean }
  | { readonly listening: Extract<TurnInput, { type: 'listening' }>['expecting'] }
  | { readonly digit: true };

/** A detector fed step by step in media time; collects what it says. */
export class ScriptedLine {
  readonly events: TurnEvent[] = [];
  readonly #detector: TurnDetector;
  nowMs = 0;

  constructor(detector: TurnDetector) {
    this.#detector = detector;
  }

  /** Plays the steps; returns the events of these steps. */
  play(...steps: readonly ScriptStep[]): readonly TurnEvent[] {
    const from = this.events.length;
    for (const step of steps) this.#step(step);
    return this.events.slice(from);
  }

  /** Types of all events so far. */
  get types(): readonly TurnEvent['type'][] {
    return this.events.map(({ type }) => type);
  }

  /** The last event of a type, for its times. Throws when there was none. */
  last<Type extends TurnEvent['type']>(type: Type): Extract<TurnEvent, { type: Type }> {
    const found = this.events.findLast((event) => event.type === type);
    if (found === undefined) throw new Error(`there was no ${type}, only ${this.types.join(', ')}`);
    return found as Extract<TurnEvent, { type: Type }>;
  }

  #step(step: ScriptStep): void {
    if ('voice' in step) {
      this.#windows(step.voice, { speechProbability: step.probability ?? 0.95, levelDbfs: step.dbfs ?? -22 });
    } else if ('silence' in step) {
      this.#windows(step.silence, { speechProbability: 0.02, levelDbfs: step.dbfs ?? -62 });
    } else if ('nothing' in step) {
      this.#windows(step.nothing, { speechProbability: 0, levelDbfs: -100 });
    } else if ('partial' in step) {
      this.#advance({ type: 'partial', text: step.partial, completeness: step.completeness ?? 'unknown' });
    } else if ('playback' in step) {
      this.#advance({
        type: 'playback',
        speaking: step.playback,
        interruptible: step.interruptible ?? true,
        atMs: this.nowMs,
      });
    } else if ('listening' in step) {
      this.#advance({ type: 'listening', expecting: step.listening, atMs: this.nowMs });
    } else {
      this.#advance({ type: 'digit', atMs: this.nowMs });
    }
  }

  #windows(forMs: number, window: Pick<VoiceWindow, 'speechProbability' | 'levelDbfs'>): void {
    for (let count = Math.round(forMs / 32); count > 0; count -= 1) {
      this.#advance({ type: 'window', window: { startMs: this.nowMs, durationMs: 32, ...window } });
    }
  }

  #advance(input: TurnInput): void {
    if (input.type === 'window') this.nowMs = input.window.startMs + input.window.durationMs;
    this.events.push(...this.#detector.advance(input));
  }
}
