import { z } from 'zod';
import { performTask, type TaskEffect } from '../../call/tasks.ts';
import type { Clock } from '../../core/clock.ts';
import { shopOperations, type CommerceBackend, type ShopOperation } from '../../core/commerce.ts';
import type { DeskFlow, DeskFlowAnswer, DeskFlowChange, DeskFlowQuestion } from '../../core/desk-flows.ts';
import type {
  DialogEffect,
  DialogEngine,
  DialogEvent,
  DialogState,
  DialogStep,
  KnownWish,
  TaskResult,
} from '../../core/dialog.ts';
import { KefuError } from '../../core/errors.ts';
import type { Language, PerLanguage } from '../../core/language.ts';
import { writtenText } from '../../core/speech.ts';

type Listen = Extract<DialogEffect, { type: 'listen' }>;

/** A look-up of the shop takes this long at most. */
const lookUpLimitMs = 10_000;
/** Steps that one answer may lead through; a flow that goes on for ever is a mistake. */
const mostTasks = 50;
const yesNo: Readonly<Record<'yes' | 'no', PerLanguage<string>>> = {
  yes: { en: 'Yes', zh: '是' },
  no: { en: 'No', zh: '否' },
};
const outcomes: Readonly<Record<string, DeskFlow['outcome']>> = {
  resolved: 'done',
  dropped: 'cancelled',
  'needs-person': 'needs-person',
};
const doneSchema = z.array(z.string()).catch([]);

/** What a dialog of one wish runs on. */
export interface KnownDialogParts {
  readonly engine: DialogEngine;
  readonly shop: CommerceBackend;
  readonly clock: Clock;
  /** Names the dialog, and with it each change: the shop carries out no change of one dialog twice. */
  readonly id: string;
  readonly language: Language;
  readonly wish: KnownWish;
}

/**
 * The dialog engine at a desk: it carries out one wish in writing, for somebody who answers by clicks. It is no call: nothing of it is
 * published or kept as one. A change reaches the shop only after a click on its read-back, whatever the flow says.
 */
export class KnownDialog {
  readonly #parts: KnownDialogParts;
  readonly #stopped = new AbortController();
  readonly #lines: DeskFlow['lines'] = [];
  readonly #changes: DeskFlowChange[] = [];
  #state: DialogState | undefined;
  #listen: Listen | undefined;
  #outcome: DeskFlow['outcome'] = null;
  /** How many lines there were before the first change. */
  #changedAt: number | undefined;
  /** Operations that the click just made agrees to. */
  #agreed: ReadonlySet<string> = new Set();

  constructor(parts: KnownDialogParts) {
    this.#parts = parts;
  }

  get lines(): DeskFlow['lines'] {
    return this.#lines;
  }

  get changes(): readonly DeskFlowChange[] {
    return this.#changes;
  }

  /** Null while it goes on. */
  get outcome(): DeskFlow['outcome'] {
    return this.#outcome;
  }

  /** What was done, one sentence each. */
  get done(): string[] {
    return doneSchema.parse(this.#state?.done);
  }

  /** What the shop said and promised: from the first change on, or else after the last answer. */
  get told(): string[] {
    if (this.#changedAt === undefined && this.#outcome === null) return [];
    const from = this.#changedAt ?? this.#lines.findLastIndex(({ who }) => who === 'agent') + 1;
    return this.#lines.slice(from).flatMap(({ who, text }) => (who === 'kefu' ? [text] : []));
  }

  get question(): DeskFlowQuestion | null {
    if (!this.#listen || this.#outcome !== null) return null;
    const { expecting, changes = [] } = this.#listen;
    const { kind, choices = [], keys } = expecting;
    return {
      kind: kind === 'yes_no' ? 'confirm' : choices.length > 0 ? 'choose' : 'text',
      expects: kind,
      changes: changes.length > 0,
      choices,
      many: kind === 'choice' && (keys?.max ?? 1) > 1,
    };
  }

  /** Runs to the first question, or to the end. */
  async start(): Promise<void> {
    const { engine, clock, id, language, wish } = this.#parts;
    await this.#take(
      engine.start({
        type: 'call-started',
        callId: id,
        gateway: 'desk',
        from: '',
        to: '',
        language,
        atEpochMs: clock.epochMs(),
        channel: 'text',
        known: wish,
      }),
    );
  }

  /** Answers the question and runs to the next. @throws KefuError `not_found` for an answer of another kind than was asked for. */
  async answer(answer: DeskFlowAnswer): Promise<void> {
    const { question } = this;
    const state = this.#state;
    if (!question || !state) throw new KefuError('not_found', 'This is over. Start it again.');
    const isText = answer.kind === 'text' && question.kind !== 'confirm';
    if (answer.kind !== question.kind && !isText)
      throw new KefuError('not_found', 'Answer the question with one of its buttons.');
    this.#agreed = new Set(answer.kind === 'confirm' && answer.yes ? this.#listen?.changes : []);
    const { language } = this.#parts;
    this.#lines.push({ who: 'agent', text: wordsOf(answer, question, language) });
    await this.#take(this.#parts.engine.advance(state, eventOf(answer, language)));
  }

  /** Looks nothing up any more and changes nothing more. A change under way goes to its end. */
  stop(): void {
    this.#stopped.abort();
  }

  async #take(first: DialogStep): Promise<void> {
    const tasks = this.#carryOut(first);
    for (let made = 0; tasks.length > 0 && this.#outcome === null; made += 1) {
      const task = tasks.shift();
      const state = this.#state;
      if (!task || !state) return;
      if (made >= mostTasks) {
        this.#outcome = 'failed';
        return;
      }
      const result = await this.#perform(task);
      const { taskId } = task;
      tasks.push(
        ...this.#carryOut(this.#parts.engine.advance(state, { type: 'task-finished', taskId, result })),
      );
    }
  }

  #carryOut({ state, effects }: DialogStep): TaskEffect[] {
    this.#state = state;
    const tasks: TaskEffect[] = [];
    for (const effect of effects) {
      if (effect.type === 'say') this.#lines.push({ who: 'kefu', text: writtenText(effect.utterance) });
      if (effect.type === 'listen') this.#listen = effect;
      if (effect.type === 'task') tasks.push(effect);
      if (effect.type === 'end') this.#outcome = outcomes[effect.outcome] ?? 'failed';
    }
    return tasks;
  }

  async #perform(task: TaskEffect): Promise<TaskResult> {
    const { operation } = task;
    const { write, needsYes } = shopOperations[operation as ShopOperation];
    const mayChange = !needsYes || this.#agreed.has(operation);
    if (!mayChange || this.#stopped.signal.aborted) return { ok: false, code: 'not_confirmed' };
    // One click is good for one change.
    this.#agreed = needsYes ? new Set() : this.#agreed;
    const { shop } = this.#parts;
    if (!write) {
      const limit = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(lookUpLimitMs)]);
      return performTask(shop, task, limit);
    }
    const result = await performTask(shop, task, new AbortController().signal);
    this.#changedAt ??= this.#lines.length;
    this.#changes.push({ operation, ok: result.ok, code: result.ok ? null : result.code });
    return result;
  }
}

function eventOf(answer: DeskFlowAnswer, language: Language): DialogEvent {
  switch (answer.kind) {
    case 'confirm':
      return { type: 'digits', digits: answer.yes ? '1' : '2' };
    case 'choose':
      return { type: 'chosen', ids: answer.ids };
    case 'text':
      return {
        type: 'utterance',
        understanding: { text: answer.text, language, intents: [], entities: [] },
        confidence: undefined,
        alternatives: [],
      };
  }
}

function wordsOf(answer: DeskFlowAnswer, { choices }: DeskFlowQuestion, language: Language): string {
  switch (answer.kind) {
    case 'confirm':
      return yesNo[answer.yes ? 'yes' : 'no'][language];
    case 'choose':
      return choices
        .filter(({ id }) => answer.ids.includes(id))
        .map(({ label }) => label)
        .join(language === 'zh' ? '、' : ', ');
    case 'text':
      return answer.text;
  }
}
