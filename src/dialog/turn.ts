import { shopOperations, type ShopOperation } from '../core/commerce.ts';
import type { DialogEffect, Expecting, TaskResult } from '../core/dialog.ts';
import type { Language } from '../core/language.ts';
import type { SpellingQuestion } from '../core/recognition.ts';
import { writtenText, type SpeechPart, type Utterance } from '../core/speech.ts';
import { digestOf } from './digest.ts';
import type { FlowDefinition, FlowPack } from './flow-pack.ts';
import { dayAt, type FormatContext } from './formatters.ts';
import type { Values } from './expressions.ts';
import type { StepSource } from './schema.ts';
import type { CallState, Frame, Json, TaskEffect } from './state.ts';
import { TurnScope } from './turn-scope.ts';
import { renderWording, type Prompt } from './wording.ts';

/** What the engine is told when it is made. */
export interface DialogOptions {
  /** Where calls are transferred to; without one, callers on the phone are offered a callback. */
  readonly transferTarget?: string;
  /** Languages that can be recognised and spoken on the phone; on text channels all can be. */
  readonly voiceLanguages: readonly Language[];
  readonly limits?: {
    /** Steps that one event may run through; a flow that goes in circles is stopped there. Default 300. */
    readonly stepsPerEvent?: number;
    /** Flows that may be called inside each other. Default 12. */
    readonly depth?: number;
  };
}

/** A fault of the flows or the engine found while a call runs; it ends in the call's record, never with the caller. */
export class DialogDefect extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DialogDefect';
  }
}

/** One event being worked on: a draft of the next state, and the effects so far. */
export class Turn {
  readonly pack: FlowPack;
  readonly options: DialogOptions;
  readonly state: CallState;
  readonly effects: DialogEffect[] = [];
  /** What this turn says that is worth saying again when the caller asks. */
  readonly saidNow: Utterance[] = [];
  stepsLeft: number;
  /** Where the effects and the words of the newest step begin: of the question, when one is being waited for. */
  questionFrom = { effects: 0, said: 0 };
  /** Set when the caller asked for a moment: how long silence is no missing answer, in milliseconds. */
  patienceMs: number | null = null;

  constructor(pack: FlowPack, options: DialogOptions, state: CallState) {
    this.pack = pack;
    this.options = options;
    this.state = state;
    this.stepsLeft = options.limits?.stepsPerEvent ?? 300;
  }

  /** The day of the call in the shop's time zone, as `2026-06-10`. */
  get today(): string {
    return dayAt(this.state.call.startedAtEpochMs, this.pack.settings.timeZone);
  }

  get canTransfer(): boolean {
    const { hasPeople, channel, atDesk } = this.state.call;
    if (atDesk) return false;
    return hasPeople || this.options.transferTarget !== undefined || channel === 'text';
  }

  flow(name: string): FlowDefinition {
    const flow = this.pack.flows.get(name);
    if (!flow) throw new DialogDefect(`There is no flow "${name}" in this version of the flows.`);
    return flow;
  }

  step(frame: Frame): StepSource {
    const step = this.flow(frame.flow).steps.get(frame.step);
    if (!step) throw new DialogDefect(`Flow "${frame.flow}" has no step "${frame.step}".`);
    return step;
  }

  /** The frame on top of the conversation's stack. */
  get top(): Frame {
    const frame = this.state.stack.at(-1);
    if (!frame) throw new DialogDefect('No flow is under way.');
    return frame;
  }

  // Expressions

  /** What expressions see now, with `extra` before everything else. */
  scope(extra?: Values): ReadonlyMap<string, unknown> {
    return new TurnScope(this, extra);
  }

  evaluate(source: string, extra?: Values): Json | undefined {
    const expression = this.pack.expressions.get(source);
    if (!expression) throw new DialogDefect(`The expression "${source}" was not compiled.`);
    return expression.evaluate(this.scope(extra));
  }

  evaluateAll(sources: Readonly<Record<string, string>> | undefined, extra?: Values): Record<string, Json> {
    const scope = this.scope(extra);
    return Object.fromEntries(
      Object.entries(sources ?? {}).map(([key, source]) => {
        const expression = this.pack.expressions.get(source);
        if (!expression) throw new DialogDefect(`The expression "${source}" was not compiled.`);
        return [key, expression.evaluate(scope) ?? null];
      }),
    );
  }

  /** Gives slots and variables the values of expressions, worked out together before any is set. */
  assign(sources: Readonly<Record<string, string>> | undefined, extra?: Values): void {
    for (const [name, value] of Object.entries(this.evaluateAll(sources, extra))) {
      if (!this.pack.slots.has(name)) this.state.variables[name] = value;
      else if (value === null) Reflect.deleteProperty(this.state.slots, name);
      else this.state.slots[name] = value;
    }
  }

  /** What the caller wants, in words for people. */
  wanted(): string {
    const route = this.state.intent === null ? undefined : this.pack.routing.intents[this.state.intent];
    return route && 'wanted' in route ? route.wanted[this.state.language] : '';
  }

  // Speaking

  get format(): FormatContext {
    const { timeZone, phoneRegion, labels } = this.pack.settings;
    const { language, call } = this.state;
    return { language, timeZone, phoneRegion, nowEpochMs: call.startedAtEpochMs, labels: labels ?? {} };
  }

  prompt(name: string, flow?: string): Prompt {
    const prompt =
      (flow === undefined ? undefined : this.flow(flow).prompts.get(name)) ?? this.pack.prompts.get(name);
    if (!prompt) throw new DialogDefect(`There is no prompt "${name}".`);
    return prompt;
  }

  /**
   * The parts of a prompt in the wording whose turn it is. Wordings that need a value that is missing are passed over, and
   * those that tell more values go before those that tell fewer; undefined when none is left.
   */
  render(prompt: Prompt, extra?: Values): readonly SpeechPart[] | undefined {
    const { mood, call, language } = this.state;
    const isTense = mood === 'angry' || mood === 'upset';
    const plain = call.channel === 'text' ? prompt.text : prompt.voice;
    const wordings = ((isTense ? prompt.tense : undefined) ?? plain)[language];
    if (wordings.length === 0) return [];
    const said = this.state.said[prompt.id] ?? 0;
    const scope = this.scope(extra);
    const rendered = wordings.flatMap((wording) => {
      const parts = renderWording(wording, scope, this.format);
      return parts ? [{ parts, values: wording.pieces.filter(({ type }) => type === 'value').length }] : [];
    });
    const most = Math.max(...rendered.map(({ values }) => values));
    const best = rendered.filter(({ values }) => values === most);
    this.state.said[prompt.id] = said + 1;
    return best[said % best.length]?.parts;
  }

  /** Says a prompt; returns what is said. */
  say(name: string, options: { readonly flow?: string; readonly extra?: Values } = {}): void {
    const prompt = this.prompt(name, options.flow);
    const parts = this.render(prompt, options.extra);
    if (parts) this.sayParts(prompt, parts);
    else if (!prompt.optional)
      this.note('wording-without-values', { prompt: prompt.id, language: this.state.language });
  }

  sayParts(prompt: Prompt, parts: readonly SpeechPart[]): void {
    if (parts.length === 0) return;
    const { language } = this.state;
    const utterance: Utterance = {
      parts,
      language,
      interruptible: prompt.interruptible,
      promptId: prompt.id,
    };
    this.sayUtterance(utterance);
    this.saidNow.push(utterance);
  }

  /** Takes the words of the question that has just been asked out of what is said; the function returned puts them back. */
  takeBackQuestion(): () => void {
    const { effects: from, said } = this.questionFrom;
    const asked = this.effects.splice(from);
    this.effects.push(...asked.filter(({ type }) => type !== 'say'));
    const words = this.saidNow.splice(said);
    return () => {
      this.effects.splice(from, 0, ...asked.filter(({ type }) => type === 'say'));
      this.saidNow.splice(said, 0, ...words);
    };
  }

  /** Says something that is not repeated when the caller asks what was said. */
  sayUtterance(utterance: Utterance): void {
    const { pace } = this.state;
    this.effects.push({ type: 'say', utterance: pace === 1 ? utterance : { ...utterance, pace } });
  }

  /** A prompt's text, for people who read it. */
  textOf(name: string, flow: string, extra?: Values): string {
    const parts = this.render(this.prompt(name, flow), extra);
    return parts ? writtenText({ parts }) : '';
  }

  // Effects

  note(name: string, data: Readonly<Record<string, unknown>>): void {
    this.effects.push({ type: 'note', name, data });
  }

  listen(
    frame: Frame,
    question: Expecting,
    more: { readonly spelling?: SpellingQuestion | undefined; readonly changes?: readonly string[] } = {},
  ): void {
    const { spelling, changes = [] } = more;
    const expecting = this.patienceMs === null ? question : { ...question, noInputMs: this.patienceMs };
    this.state.waiting = { for: 'answer', expecting };
    this.note('dialog', { flow: frame.flow, step: frame.step });
    this.effects.push({
      type: 'listen',
      expecting,
      ...(spelling && { spelling }),
      ...(changes.length > 0 && { changes }),
    });
  }

  /** Makes the conversation wait for the shop. */
  waitFor(task: TaskEffect, isWrite: boolean): void {
    this.state.waiting = { for: 'task', taskId: task.taskId, isWrite, slow: 0, task };
  }

  /** Gives the place in the queue back, if there is one. */
  leaveQueue(): void {
    if (this.state.place) this.effects.push({ type: 'leave-queue' });
    this.state.place = null;
  }

  /** Ends the call. Who has spoken with a person was not left alone, however it ends. */
  end(outcome: string): void {
    this.leaveQueue();
    this.state.ended = true;
    this.state.waiting = null;
    this.state.background = [];
    const { served } = this.state;
    this.effects.push({ type: 'end', outcome: served && outcome === 'abandoned' ? 'transferred' : outcome });
  }

  /**
   * Asks for an operation of the shop. Returns its task, or the result at once when the input breaks the shop's interface:
   * then nothing is sent. A write needs its `change`: without one this throws, whatever the flow says.
   */
  request(
    operation: string,
    input: Readonly<Record<string, Json>>,
    change?: { readonly agreedDigest: string | undefined },
    slowAfterMs = this.pack.settings.slowAfterMs,
  ): { readonly task: TaskEffect } | { readonly result: TaskResult } {
    if (!Object.hasOwn(shopOperations, operation))
      throw new DialogDefect(`The shop has no operation "${operation}".`);
    const definition = shopOperations[operation as ShopOperation];
    if (definition.needsYes && change?.agreedDigest !== digestOf({ operation, input })) {
      this.note('change-refused', { operation, reason: 'the caller has not agreed to exactly this' });
      return { result: { ok: false, code: 'not_confirmed' } };
    }
    const filled = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
    const checked = definition.input.safeParse(filled);
    if (!checked.success) {
      this.note('input-invalid', { operation, detail: checked.error.issues.map((issue) => issue.message) });
      return { result: { ok: false, code: 'invalid_request', detail: 'the input breaks the interface' } };
    }
    this.state.tasks += 1;
    const taskId = `t${String(this.state.tasks)}`;
    const { id: callId } = this.state.call;
    const key = definition.write ? { idempotencyKey: `${callId}:${digestOf({ operation, input })}` } : {};
    const task: TaskEffect = { type: 'task', taskId, operation, input: filled, slowAfterMs, ...key };
    this.effects.push(task);
    return { task };
  }
}
