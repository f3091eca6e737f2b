import type { CommerceBackend } from '../core/commerce.ts';
import type { DialogEngine, DialogState, DialogStep } from '../core/dialog.ts';
import type { Logger } from '../core/log.ts';
import type { SpelledReading } from '../core/recognition.ts';
import type { SpeechSynthesizer } from '../core/speech.ts';
import type { Understander, Understanding, UnderstandingContext } from '../core/understanding.ts';
import { isWrite, performTask, type TaskEffect } from './tasks.ts';

/** How many shop reads are made ahead at most: an order, its shipments and its customer, and a second try at the number. */
const readsAhead = 6;

export interface PreparationParts {
  readonly engine: DialogEngine;
  readonly understander: Understander;
  /** Remembers reads for a moment, so that what is read ahead is not read again. */
  readonly shop: CommerceBackend;
  readonly synthesizer: SpeechSynthesizer;
  readonly log: Logger;
}

/** The caller's words up to a pause. */
export interface PreparedWords {
  readonly text: string;
  readonly spelled?: SpelledReading | undefined;
}

/**
 * Gets an answer ready while the caller may still be about to go on: the dialog is pure, so what it would say to the text so far
 * can be found out on the side, looked up and rendered. Nothing is spoken, changed or recorded by it; when the turn then ends with
 * this text, the answer is there.
 */
export class Preparation {
  readonly #parts: PreparationParts;
  #abort: AbortController | undefined;
  #text: string | undefined;

  constructor(parts: PreparationParts) {
    this.#parts = parts;
  }

  /**
   * Prepares for what was `heard`, instead of whatever was being prepared. `understood` is told what it was taken for, as soon as that is
   * known and unless something else is prepared by then.
   */
  start(
    heard: PreparedWords,
    state: DialogState,
    context: UnderstandingContext,
    understood: (understanding: Understanding) => void,
  ): void {
    this.cancel();
    const abort = new AbortController();
    this.#abort = abort;
    this.#text = heard.text;
    this.#prepare(heard, state, context, understood, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) this.#parts.log.warn({ err: error }, 'an answer could not be prepared');
    });
  }

  /** The turn has ended with `text`: what was prepared for other words is dropped, what is under way for these goes on. */
  settle(text: string): void {
    if (text !== this.#text) this.cancel();
  }

  cancel(): void {
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #prepare(
    { text, spelled }: PreparedWords,
    state: DialogState,
    context: UnderstandingContext,
    understood: (understanding: Understanding) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, understander, shop } = this.#parts;
    const understanding = await understander.understand(text, context, signal);
    if (signal.aborted) return;
    understood(understanding);
    let step = engine.advance(state, {
      type: 'utterance',
      understanding,
      confidence: undefined,
      alternatives: [],
      spelled,
    });
    const tasks: TaskEffect[] = [];
    for (let reads = 0; reads <= readsAhead; reads += 1) {
      this.#render(step, signal);
      tasks.push(...step.effects.filter((effect) => effect.type === 'task'));
      const task = tasks.shift();
      if (!task || isWrite(task.operation)) return;
      const result = await performTask(shop, task, signal);
      if (!result.ok && result.code === 'aborted') return;
      step = engine.advance(step.state, { type: 'task-finished', taskId: task.taskId, result });
    }
  }

  #render(step: DialogStep, signal: AbortSignal): void {
    // Only the first words are urgent: what follows is synthesised while they are heard.
    const first = step.effects.find((effect) => effect.type === 'say');
    if (first) void this.#parts.synthesizer.prepare(first.utterance, signal, true);
  }
}
