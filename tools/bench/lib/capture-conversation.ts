import { performTask, type TaskEffect } from '../../../src/call/tasks.ts';
import type { CommerceBackend } from '../../../src/core/commerce.ts';
import type {
  DialogEffect,
  DialogEngine,
  DialogEvent,
  DialogState,
  Expecting,
} from '../../../src/core/dialog.ts';
import type { Language } from '../../../src/core/language.ts';
import type { SpelledReading, SpellingQuestion } from '../../../src/core/recognition.ts';
import { writtenText } from '../../../src/core/speech.ts';

/** A conversation with the flows inside this process: texts go in, so that only the way from sound to value is measured. */
export class CaptureConversation {
  /** What Kefu said since the caller's last words. */
  said = '';
  expecting: Expecting | null = null;
  /** What the spelling recogniser is told about the question. */
  spelling: SpellingQuestion | undefined;
  readonly #engine: DialogEngine;
  readonly #shop: CommerceBackend;
  readonly #signal: AbortSignal;
  #state: DialogState;
  #started: readonly DialogEffect[];

  constructor(
    engine: DialogEngine,
    shop: CommerceBackend,
    signal: AbortSignal,
    call: { readonly from?: string; readonly language?: Language } = {},
  ) {
    this.#engine = engine;
    this.#shop = shop;
    this.#signal = signal;
    const step = engine.start({
      type: 'call-started',
      callId: 'bench',
      gateway: 'bench',
      from: call.from ?? '',
      to: '',
      language: call.language ?? 'en',
      atEpochMs: Date.now(),
      channel: 'voice',
    });
    this.#state = step.state;
    this.#started = step.effects;
  }

  /** Hears the greeting. */
  begin(): Promise<void> {
    return this.#carryOut(this.#started);
  }

  /** The caller says `text`, which is understood as `intent`. */
  async hear(text: string, spelled?: SpelledReading, intent?: string): Promise<void> {
    this.said = '';
    await this.#advance({
      type: 'utterance',
      understanding: {
        text,
        language: this.#state.language,
        intents: intent === undefined ? [] : [{ intent, score: 1 }],
        entities: [],
      },
      confidence: undefined,
      alternatives: [],
      spelled,
    });
  }

  /** A variable of the flows, such as `customer`. */
  variable(name: string): unknown {
    const { variables } = this.#state;
    return typeof variables === 'object' && variables !== null && name in variables
      ? (variables as Readonly<Record<string, unknown>>)[name]
      : undefined;
  }

  #advance(event: DialogEvent): Promise<void> {
    const step = this.#engine.advance(this.#state, event);
    this.#state = step.state;
    return this.#carryOut(step.effects);
  }

  async #carryOut(effects: readonly DialogEffect[]): Promise<void> {
    const tasks: TaskEffect[] = [];
    for (const effect of effects) {
      if (effect.type === 'say') this.said += ` ${writtenText(effect.utterance)}`;
      else if (effect.type === 'task') tasks.push(effect);
      else if (effect.type === 'end') this.expecting = null;
      else if (effect.type === 'listen') {
        this.expecting = effect.expecting;
        this.spelling = effect.spelling;
      }
    }
    for (const task of tasks) {
      const result = await performTask(this.#shop, task, this.#signal);
      await this.#advance({ type: 'task-finished', taskId: task.taskId, result });
    }
  }
}
