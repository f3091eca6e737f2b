import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FinishedChange } from '../../src/core/changes.ts';
import type {
  DialogEffect,
  DialogEngine,
  DialogEvent,
  DialogState,
  Expecting,
  TaskResult,
} from '../../src/core/dialog.ts';
import type { EmotionReading } from '../../src/core/emotion.ts';
import type { Language } from '../../src/core/language.ts';
import { writtenText } from '../../src/core/speech.ts';
import type { Understanding } from '../../src/core/understanding.ts';
import { createDialogEngine, type DialogOptions } from '../../src/dialog/engine.ts';
import { loadFlowPack, type FlowPack } from '../../src/dialog/flow-pack.ts';
import { answerFromTables } from './dialog-shop.ts';

/** The shipped flows, read once. */
export const shippedPack: Promise<FlowPack> = loadFlowPack(resolve(import.meta.dirname, '../../flows'));

const keywords: readonly (readonly [RegExp, string])[] = [
  [/\b(?:agent|person|human|representative)\b|人工/i, 'human_agent'],
  [/\b(?:what was that|repeat|say (?:that )?again|pardon)\b|再说一遍|没听清/i, 'repeat'],
  [/\b(?:never mind|stop|forget it)\b|算了|不查了/i, 'stop'],
  [/\brefund\b|退款/i, 'refund_status'],
  [/\b(?:hurry|expedite)\b|催/i, 'urge_delivery'],
  [/\bcancel\b|取消/i, 'cancel_order'],
  [/\b(?:return|send back)\b|退货/i, 'return_item'],
  [/\b(?:exchange|swap)\b|换货/i, 'exchange_item'],
  [/\b(?:complain|unacceptable)|投诉/i, 'complaint'],
  [/\b(?:opening hours|open on)\b|几点|营业/i, 'opening_hours'],
  [/\bwhere.*order|order status|track|package\b|订单|快递/i, 'order_status'],
  [/\b(?:bye|goodbye|thank you|thanks)\b|再见|谢谢/i, 'thanks_goodbye'],
  [/^(?:hello|hi)\b|^你好/i, 'greeting'],
  [/^(?:yes|yeah)\b|^是/i, 'affirm'],
  [/^(?:no|nope)\b|^不/i, 'deny'],
];

/** Understands by keywords alone, which is enough to drive flows. */
export function understandByKeywords(text: string): Understanding {
  const found = keywords.find(([pattern]) => pattern.test(text));
  return {
    text,
    language: /\p{Script=Han}/u.test(text) ? 'zh' : 'en',
    intents: found ? [{ intent: found[1], score: 0.9 }] : [],
    entities: [],
  };
}

export type ScriptedShop = (
  operation: string,
  input: Readonly<Record<string, unknown>>,
  idempotencyKey?: string,
) => TaskResult | undefined;

export interface ScriptOptions extends Partial<DialogOptions> {
  readonly channel?: 'voice' | 'text';
  readonly language?: Language;
  readonly from?: string;
  readonly untold?: readonly FinishedChange[];
  /** Somebody may be reached through the queue. */
  readonly hasPeople?: boolean;
  readonly pack?: FlowPack;
  /** Answers an operation; undefined leaves the task open until `finishTask`. Without it, the tables of dialog-shop.ts. */
  readonly shop?: ScriptedShop;
}

/**
 * Drives the engine through a conversation: takes the caller's lines, carries tasks out against a fake shop, and keeps what
 * Kefu said. The state goes through JSON after every step, as in a call that moves between processes.
 */
export class DialogScript {
  readonly engine: DialogEngine;
  readonly effects: DialogEffect[] = [];
  readonly openTasks: Extract<DialogEffect, { type: 'task' }>[] = [];
  state: DialogState;
  /** What Kefu said since the caller's last line. */
  said: string[] = [];
  expecting: Expecting | null = null;
  ended: string | null = null;
  readonly #shop: ScriptedShop;

  constructor(pack: FlowPack, options: ScriptOptions = {}) {
    const {
      shop,
      channel = 'voice',
      language = 'en',
      from = '',
      untold = [],
      hasPeople,
      ...engine
    } = options;
    this.engine = createDialogEngine(pack, { voiceLanguages: ['en', 'zh'], ...engine });
    this.#shop = shop ?? answerFromTables;
    const started = this.engine.start({
      type: 'call-started',
      callId: 'call-1',
      gateway: 'test',
      from,
      to: '+18005550100',
      language,
      atEpochMs: Date.parse('2026-06-10T15:00:00Z'),
      channel,
      untold,
      ...(hasPeople !== undefined && { hasPeople }),
    });
    this.state = started.state;
    this.#take(started);
  }

  /** Sends an event as it is; tasks that follow are answered by the shop at once. */
  send(event: DialogEvent): this {
    this.#take(this.engine.advance(this.state, event));
    return this;
  }

  /** The caller says something. */
  hear(
    text: string,
    extra: {
      readonly confidence?: number;
      readonly alternatives?: readonly string[];
      readonly intent?: string;
      readonly emotion?: EmotionReading;
      readonly interrupted?: boolean;
    } = {},
  ): this {
    this.said = [];
    const understanding = understandByKeywords(text);
    const intents =
      extra.intent === undefined ? understanding.intents : [{ intent: extra.intent, score: 0.9 }];
    return this.send({
      type: 'utterance',
      understanding: { ...understanding, intents, ...(extra.emotion && { emotion: extra.emotion }) },
      confidence: extra.confidence,
      alternatives: extra.alternatives ?? [],
      ...(extra.interrupted === true && { interrupted: true }),
    });
  }

  keys(digits: string): this {
    this.said = [];
    return this.send({ type: 'digits', digits });
  }

  /** Something happens to the call. */
  event(
    type: 'no-input' | 'unintelligible' | 'asr-failed' | 'tts-failed' | 'call-resumed' | 'caller-hung-up',
  ): this {
    this.said = [];
    return this.send({ type });
  }

  /** News of the queue or of the people in it; what Kefu said before is left behind. */
  tell(event: DialogEvent): this {
    this.said = [];
    return this.send(event);
  }

  /** The caller's place in the queue. */
  place(position: number, waitMs: number | null): this {
    return this.tell({ type: 'queue-position', position, waitMs });
  }

  /** The shop answers the oldest open task, or the oldest of an operation. */
  finishTask(result: TaskResult, operation?: string): this {
    const index = this.openTasks.findIndex((task) => operation === undefined || task.operation === operation);
    const [task] = index < 0 ? [] : this.openTasks.splice(index, 1);
    if (!task) throw new Error(`No task ${operation ?? ''} is open.`);
    return this.send({ type: 'task-finished', taskId: task.taskId, result });
  }

  /** Changes that were sent to the shop. */
  writes(): Extract<DialogEffect, { type: 'task' }>[] {
    return this.effects.filter(
      (effect) => effect.type === 'task' && effect.idempotencyKey !== undefined,
    ) as Extract<DialogEffect, { type: 'task' }>[];
  }

  /** All that Kefu said since the caller's last line, as one text. */
  get text(): string {
    return this.said.join(' ');
  }

  notes(name: string): Readonly<Record<string, unknown>>[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'note' && effect.name === name ? [effect.data] : [],
    );
  }

  tasks(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'task' ? [effect.operation] : []));
  }

  effectsOf<Type extends DialogEffect['type']>(type: Type): Extract<DialogEffect, { type: Type }>[] {
    return this.effects.filter((effect) => effect.type === type) as Extract<DialogEffect, { type: Type }>[];
  }

  transfer(): Extract<DialogEffect, { type: 'transfer' }> | undefined {
    return this.effects.find((effect) => effect.type === 'transfer');
  }

  /** What the shop can do is asked at the start of every call: a shop that leaves tasks open cannot tell. */
  #answerOf({ operation, input, idempotencyKey }: Extract<DialogEffect, { type: 'task' }>) {
    const result = this.#shop(operation, input, idempotencyKey);
    const silent: TaskResult = { ok: false, code: 'shop_unavailable' };
    return operation === 'getCapabilities' ? (result ?? silent) : result;
  }

  #take({
    state,
    effects,
  }: {
    readonly state: DialogState;
    readonly effects: readonly DialogEffect[];
  }): void {
    this.state = JSON.parse(JSON.stringify(state)) as DialogState;
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.type === 'say') this.said.push(writtenText(effect.utterance));
      if (effect.type === 'listen') this.expecting = effect.expecting;
      if (effect.type === 'end') this.ended = effect.outcome;
    }
    for (const effect of effects) {
      if (effect.type !== 'task') continue;
      const result = this.#answerOf(effect);
      if (result) this.send({ type: 'task-finished', taskId: effect.taskId, result });
      else this.openTasks.push(effect);
    }
  }
}

/** The shipped flow files by name, with some replaced or added; a value of null leaves a file out. */
export function shippedFiles(changes: Readonly<Record<string, string | null>> = {}): Map<string, string> {
  const folder = resolve(import.meta.dirname, '../../flows');
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const files = new Map(names.map((name) => [name, readFileSync(resolve(folder, name), 'utf8')]));
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) files.delete(name);
    else files.set(name, content);
  }
  return files;
}
