import type { DialogEffect, DialogEngine, DialogEvent } from '../../../src/core/dialog.ts';
import type { Language } from '../../../src/core/language.ts';
import { createDialogEngine } from '../../../src/dialog/engine.ts';
import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { StepSource } from '../../../src/dialog/schema.ts';
import type { CallState, Frame } from '../../../src/dialog/state.ts';
import { shopOperations, type ShopOperation } from '../../../src/core/commerce.ts';
import type { Caller } from './caller.ts';
import type { Company } from './company.ts';
import { ladderKinds, problemGoal, rungGoal, type Goal } from './goals.ts';
import { shopStartEpochMs, type ShopAnswer, type ShopRequest, type WalkedShop } from './shop.ts';
import { newsFor, worstNews } from './people.ts';
import { tracePack } from './traced-pack.ts';
import { Truths } from './truths.ts';
import type { Beginning, Fault, Node, Task, WalkEnd } from './walk.ts';

/** What is still to be tried in one flow: in each wave what was tried as often before. */
type Waves = (() => Promise<void>)[][];

/**
 * How often one thing is tried at one question, each time from another state: more often while the flow has branches that were not
 * reached; what belongs to no question, less often.
 */
const triesPerMove = 40;
const triesWhereMissing = 200;
const triesPerVariant = 12;
const triesPerCommonMove = 2;
const maxDepth = 60;
/** Turns of a flow with missing branches in each round, and rounds between the turns of all others. */
const turnsWhereMissing = 4;
const roundsBetween = 2;
/** Events without anything new after which the rest counts as out of reach: so many, fewer for small flows, and as many as before. */
const minFruitless = 25_000;
const fruitlessPerGoal = 150;
/** Turns without anything new after which a flow gets no more of them than others. */
const maxFruitlessTurns = 2_000;
/** Events after which a caller or shop that does the same thing over and over counts as going round for ever. */
const maxStubborn = 80;

/** Walks through flows from every beginning, trying everything everywhere, the least tried first. */
export class Walker {
  readonly #pack: FlowPack;
  readonly #caller: Caller;
  readonly #shop: WalkedShop;
  readonly #engines: ReadonlyMap<Beginning['people'], DialogEngine>;
  readonly #truths: Truths;
  readonly #goals: readonly Goal[];
  readonly #seen = new Set<string>();
  readonly #tried = new Map<string, number>();
  readonly #planned = new Map<string, Waves>();
  /** Turns of a flow since one of its branches was reached for the first time. */
  readonly #fruitless = new Map<string, number>();
  /** Branches not reached yet, by flow. */
  readonly #missing = new Map<string, Set<string>>();
  readonly reached = new Set<string>();
  readonly faults: Fault[] = [];
  readonly #faultsSeen = new Set<string>();
  events = 0;
  /** Prompts that could not be said because a value was missing, with how often. */
  readonly unsaid = new Map<string, number>();

  readonly #company: Company;

  constructor(pack: FlowPack, caller: Caller, shop: WalkedShop, goals: readonly Goal[], company: Company) {
    this.#company = company;
    this.#pack = pack;
    this.#caller = caller;
    this.#shop = shop;
    this.#goals = goals;
    for (const { flow, name } of goals) {
      const missing = this.#missing.get(flow) ?? new Set();
      this.#missing.set(flow, missing.add(name));
    }
    const traced = tracePack(pack, (name) => this.reached.add(name));
    // Where there is a queue, callers are asked how satisfied they were; where not, they are not.
    const surveying = { ...traced, settings: { ...traced.settings, survey: true } };
    const silent = { ...traced, settings: { ...traced.settings, survey: false } };
    const options = {
      voiceLanguages: ['en', 'zh'] as const,
      // Every way has a step put into it.
      limits: { stepsPerEvent: 600 },
    };
    this.#engines = new Map([
      ['none', createDialogEngine(silent, options)],
      ['queue', createDialogEngine(surveying, options)],
      ['number', createDialogEngine(silent, { ...options, transferTarget: 'sip:desk@example.com' })],
    ]);
    this.#truths = new Truths(pack);
  }

  /**
   * Walks until nothing is left to be tried, everything is reached, nothing more has been reached for long, or the time is over.
   * Flows take turns, those with branches that were not reached more often.
   */
  async walk(beginnings: readonly Beginning[], deadlineMs: number): Promise<WalkEnd> {
    for (const beginning of beginnings) await this.#begin(beginning);
    let before = this.#countMissing();
    let lastReachedAt = 0;
    for (let round = 1; ; round += 1) {
      let isAny = false;
      for (const [flow, waves] of this.#planned) {
        const turns = this.#isWorthMore(flow) ? turnsWhereMissing : round % roundsBetween === 0 ? 1 : 0;
        isAny ||= waves.some((wave) => wave.length > 0);
        for (let turn = 0; turn < turns; turn += 1) {
          await waves.find((wave) => wave.length > 0)?.shift()?.();
          this.#fruitless.set(flow, (this.#fruitless.get(flow) ?? 0) + 1);
        }
        if (performance.now() > deadlineMs) return 'out-of-time';
        this.#company.share(this.reached);
      }
      const missing = this.#countMissing();
      if (missing === 0) return 'done';
      if (!isAny) return 'complete';
      if (missing < before) lastReachedAt = this.events;
      before = missing;
      const patience = Math.min(minFruitless, this.#goals.length * fruitlessPerGoal);
      if (this.events - lastReachedAt > Math.max(patience, lastReachedAt)) return 'no-more-found';
    }
  }

  #isWorthMore(flow: string): boolean {
    const count = this.#missing.get(flow)?.size ?? 0;
    return count > 0 && (this.#fruitless.get(flow) ?? 0) < maxFruitlessTurns;
  }

  #countMissing(): number {
    let count = 0;
    for (const [flow, missing] of this.#missing) {
      for (const name of missing) {
        if (!this.reached.has(name)) continue;
        missing.delete(name);
        this.#fruitless.set(flow, 0);
      }
      count += missing.size;
    }
    return count;
  }

  /** What was not reached yet. */
  missingGoals(): readonly Goal[] {
    return this.#goals.filter(({ name }) => !this.reached.has(name));
  }

  /** Is there a branch of a flow that was not reached yet? */
  isMissing(flow: string): boolean {
    const missing = this.#missing.get(flow);
    return missing !== undefined && [...missing].some((name) => !this.reached.has(name));
  }

  /** Flows in which a branch was not reached yet. */
  missing(): ReadonlySet<string> {
    this.#countMissing();
    return new Set([...this.#missing].flatMap(([flow, missing]) => (missing.size > 0 ? [flow] : [])));
  }

  async #begin(beginning: Beginning): Promise<void> {
    const first = this.start(beginning);
    if (first) await this.#enter(first);
  }

  /** The first moment of a call. */
  start({ about, channel, from, language, people, untold }: Beginning): Node | undefined {
    const engine = this.#engines.get(people);
    if (!engine) return undefined;
    const started = engine.start({
      type: 'call-started',
      callId: 'walk',
      gateway: 'explore',
      from,
      to: '',
      language,
      atEpochMs: shopStartEpochMs,
      channel,
      hasPeople: people === 'queue',
      ...(untold && { untold }),
    });
    const state = started.state as unknown as CallState;
    const nothing = { engine, state, expecting: null, tasks: [], writes: [], before: undefined, depth: 0, label: '' };
    return this.#after(nothing, about, started, []);
  }

  // Moving

  advance(node: Node, label: string, event: DialogEvent, writes = node.writes): Node {
    this.events += 1;
    const step = node.engine.advance(node.state as never, event);
    const next = this.#after(node, label, step, writes);
    this.#noteLadders(node.state, next.state, step.effects);
    return next;
  }

  #after(
    node: Node,
    label: string,
    { state: opaque, effects }: { readonly state: object; readonly effects: readonly DialogEffect[] },
    writes: readonly ShopRequest[],
  ): Node {
    const state = opaque as CallState;
    const isOpen = ({ taskId }: Task) =>
      (state.waiting?.for === 'task' && state.waiting.taskId === taskId) ||
      state.background.some((each) => each.taskId === taskId);
    const started = effects.filter((effect) => effect.type === 'task');
    const listened = effects.findLast((effect) => effect.type === 'listen');
    const next: Node = {
      engine: node.engine,
      state,
      expecting: state.waiting?.for === 'answer' ? (listened?.expecting ?? node.expecting) : null,
      tasks: [...node.tasks, ...started].filter(isOpen),
      writes,
      before: node,
      label,
      depth: node.depth + 1,
    };
    for (const effect of effects) if (effect.type === 'note') this.#noteFault(next, effect);
    if (state.ended && !effects.some(({ type }) => type === 'end')) this.#fault(next, 'no-outcome', 'the call is over without an outcome');
    if (!state.ended && state.waiting === null) this.#fault(next, 'stuck', 'Kefu waits for nothing');
    if (state.intent !== null) this.reached.add(`intent ${state.intent}`);
    const top = state.stack.at(-1);
    if (top?.progress.readBack) this.reached.add(`${top.flow}.${top.step} read back`);
    if (top && top.progress.partial !== '') this.reached.add(`${top.flow}.${top.step} part`);
    return next;
  }

  async #enter(node: Node): Promise<void> {
    if (node.state.ended || node.depth > maxDepth) return;
    const key = this.#keyOf(node);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const [task] = node.tasks;
    if (task) await this.#planAnswers(node, task);
    else if (node.state.waiting?.for === 'answer') await this.#planMoves(node);
    else this.#planNews(node);
  }

  #plan(frame: Frame, point: string, label: string, limit: number, go: () => Promise<void>): void {
    const key = `${point} ${label}`;
    const tried = this.#tried.get(key) ?? 0;
    const isWorthMore = limit !== triesPerCommonMove && this.#isWorthMore(frame.flow);
    if (tried >= (isWorthMore ? triesWhereMissing : limit)) return;
    this.#tried.set(key, tried + 1);
    const waves = this.#planned.get(frame.flow) ?? [];
    this.#planned.set(frame.flow, waves);
    while (waves.length <= tried) waves.push([]);
    waves[tried]?.push(go);
  }

  async #planMoves(node: Node): Promise<void> {
    const { state, expecting } = node;
    const frame = state.stack.at(-1);
    const step = frame && this.#stepOf(frame);
    if (!frame || !step || !expecting) return;
    const point = pointOf(frame);
    const isFirst = !this.#tried.has(`${point} silence`);
    const codes = await this.#shop.codesSent(node.writes);
    for (const move of this.#caller.moves(step, expecting, state.language, codes))
      this.#plan(frame, point, move.label, move.isCommon ? triesPerCommonMove : triesPerMove, () =>
        this.#enter(this.advance(node, move.label, move.event)),
      );
    if (isFirst) await this.#beStubborn(node);
  }

  async #planAnswers(node: Node, task: Task): Promise<void> {
    const frame = frameOfTask(node.state, task);
    if (!frame) return;
    const point = `${pointOf(frame)} task`;
    const request = { operation: task.operation, input: task.input };
    if (!this.#tried.has(`${point} stubborn`)) {
      this.#tried.set(`${point} stubborn`, 1);
      await this.#beStubborn(node, 'the shop is down');
    }
    const [right, ...others] = await this.#shop.answers(request, node.writes);
    const isBackground = node.state.waiting?.for !== 'task';
    for (const answer of others) {
      const limit = isBackground ? triesPerCommonMove : answer.result.ok ? triesPerVariant : triesPerMove;
      this.#plan(frame, point, answer.about, limit, () =>
        this.#enter(this.answerTask(node, task, frame, answer)),
      );
    }
    if (isBackground) {
      if (right) await this.#enter(this.answerTask(node, task, frame, right));
      return;
    }
    for (const [label, event] of this.#interruptions(task, node.state.language))
      this.#plan(frame, point, label, triesPerCommonMove, () =>
        this.#enter(this.advance(node, label, event)),
      );
    // The right answer belongs to what the caller did: it need not wait for its turn.
    if (right) await this.#enter(this.answerTask(node, task, frame, right));
  }

  #interruptions(task: Task, language: Language): [string, DialogEvent][] {
    return [
      ['the shop is slow', { type: 'task-slow', taskId: task.taskId }],
      ['garbage meanwhile', this.#caller.garbage(language)],
      ['key 0 meanwhile', { type: 'digits', digits: '0' }],
      ['hangs up meanwhile', { type: 'caller-hung-up' }],
    ];
  }

  /** The shop answers a task. */
  answerTask(node: Node, task: Task, frame: Frame, { about, result }: ShopAnswer): Node {
    const isWrite = shopOperations[task.operation as ShopOperation].write;
    const writes =
      isWrite && about === 'right' ? [...node.writes, { operation: task.operation, input: task.input }] : node.writes;
    if (!result.ok) this.reached.add(problemGoal(frame.flow, frame.step, result.code));
    const label = `${task.operation}: ${about}`;
    return this.advance(node, label, { type: 'task-finished', taskId: task.taskId, result }, writes);
  }

  /** While people have the call, it is they who do something. */
  #planNews(node: Node): void {
    const frame = node.state.stack.at(-1);
    if (!frame) return;
    for (const { label, event } of newsFor(node.state))
      this.#plan(frame, pointOf(frame), label, triesPerMove, () => this.#enter(this.hearNews(node, label, event)));
  }

  /** News of the queue or of people. */
  hearNews(node: Node, label: string, event: DialogEvent): Node {
    const frame = node.state.stack.at(-1);
    const isAnswered = event.type === 'person-joined' || (event.type === 'transfer-finished' && event.ok);
    if (isAnswered && frame) this.reached.add(`${frame.flow}.${frame.step} transferred`);
    return this.advance(node, label, event);
  }

  frameOf(node: Node, task: Task): Frame | undefined {
    return frameOfTask(node.state, task);
  }

  // The same over and over

  /** Callers who never say anything of use, and a shop that never answers, must come to an end too. */
  async #beStubborn(node: Node, only?: string): Promise<void> {
    await this.#stubborn(node, only, (at) => this.#enter(at));
  }

  /** The same from one moment, with each new moment told to `each`. */
  async beStubbornAt(node: Node, each: (at: Node) => Promise<void>): Promise<void> {
    await this.#stubborn(node, undefined, each);
  }

  async #stubborn(node: Node, only: string | undefined, each: (at: Node) => Promise<void>): Promise<void> {
    let wrongValues = 0;
    const habits: readonly (readonly [string, (node: Node) => Promise<DialogEvent>])[] = [
      ['silence', () => Promise.resolve({ type: 'no-input' })],
      ['noise', () => Promise.resolve({ type: 'unintelligible' })],
      ['garbage', (at) => Promise.resolve(this.#caller.garbage(at.state.language))],
      [
        'wrong values',
        (at) => Promise.resolve(this.#caller.wrongValue(at.expecting?.kind ?? '', at.state.language, (wrongValues += 1))),
      ],
      ['the shop is down', (at) => this.#helpful(at)],
    ];
    for (const [habit, act] of habits.filter(([name]) => only === undefined || name === only)) {
      let at = node;
      for (let count = 0; count < maxStubborn && !at.state.ended; count += 1) {
        at = await this.#stubbornStep(at, habit, act);
        if (count < 8 && !at.state.ended) await each(at);
      }
      if (!at.state.ended) this.#fault(at, 'endless', `${habit}, over and over, comes to no end`);
    }
  }

  async #stubbornStep(at: Node, habit: string, act: (node: Node) => Promise<DialogEvent>): Promise<Node> {
    const [task] = at.tasks;
    const frame = task && frameOfTask(at.state, task);
    if (task && frame) {
      const request = { operation: task.operation, input: task.input };
      const [right] = await this.#shop.answers(request, at.writes);
      const down: ShopAnswer = { about: 'shop_unavailable', result: { ok: false, code: 'shop_unavailable' } };
      return this.answerTask(at, task, frame, habit === 'the shop is down' || !right ? down : right);
    }
    const news = worstNews(at.state, at.label === habit);
    if (news) return this.advance(at, news.label, news.event);
    return this.advance(at, habit, await act(at));
  }

  async #helpful({ state, expecting, writes }: Node): Promise<DialogEvent> {
    const frame = state.stack.at(-1);
    const step = frame && this.#stepOf(frame);
    if (!step || !expecting) return { type: 'no-input' };
    return this.#caller.helpful(step, expecting, state.language, await this.#shop.codesSent(writes));
  }

  // What was reached

  #noteLadders(before: CallState, after: CallState, effects: readonly DialogEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'note' || effect.name !== 'ladder-used-up') continue;
      const { flow, step, kind } = effect.data;
      this.reached.add(rungGoal(String(flow), String(step), String(kind), 'used up'));
    }
    const [old, now] = [before.stack.at(-1), after.stack.at(-1)];
    if (!now || old?.flow !== now.flow || old.step !== now.step) return;
    for (const kind of ladderKinds) {
      if (now.tries[kind] > old.tries[kind])
        this.reached.add(rungGoal(now.flow, now.step, kind, now.tries[kind]));
    }
  }

  #noteFault(node: Node, { name, data }: Extract<DialogEffect, { type: 'note' }>): void {
    if (name === 'dialog-defect') this.#fault(node, 'defect', String(data.message));
    if (name === 'change-refused')
      this.#fault(node, 'change-refused', `${String(data.operation)} is refused: ${String(data.reason)}`);
    if (name === 'wording-without-values') {
      const prompt = `${String(data.prompt)} (${String(data.language)})`;
      this.unsaid.set(prompt, (this.unsaid.get(prompt) ?? 0) + 1);
    }
  }

  #fault(node: Node, kind: Fault['kind'], detail: string): void {
    const frame = node.state.stack.at(-1) ?? node.before?.state.stack.at(-1);
    const { flow = '', step = '' } = frame ?? {};
    const key = `${kind} ${flow}.${step} ${detail}`;
    if (this.#faultsSeen.has(key)) return;
    this.#faultsSeen.add(key);
    this.faults.push({ kind, flow, step, detail, walk: labelsTo(node) });
  }

  // States

  #stepOf(frame: Frame): StepSource | undefined {
    return this.#pack.flows.get(frame.flow)?.steps.get(frame.step);
  }

  /** States that agree in what is under way and in every condition of the flows go on alike. */
  #keyOf({ engine, state, expecting, tasks, writes }: Node): string {
    const frames = state.stack.map(({ flow, step, tries, progress }) => [
      flow,
      step,
      Object.values(tries),
      progress.partial !== '',
      progress.readBack !== null,
      progress.page,
      progress.check && [progress.check.made, progress.check.certain, progress.check.rest.length],
      progress.narrowed,
    ]);
    return JSON.stringify([
      frames,
      state.background.map(({ stack }) => stack.map(({ flow, step }) => [flow, step])),
      tasks.map(({ operation }) => operation),
      state.waiting?.for,
      expecting?.slot,
      expecting?.choices?.length,
      state.language,
      state.call.channel,
      state.call.from,
      engine === this.#engines.get('queue'),
      state.call.hasPeople,
      state.place && [state.place.position, state.place.offer, state.place.told !== null],
      state.refused,
      state.keysOnly,
      Object.keys(state.given).sort(),
      Object.keys(state.slots).sort(),
      state.queue.length,
      state.wish,
      writes.length,
      this.#truths.of(state),
      // What a shop lacks decides which wishes are taken up.
      state.variables.capabilities,
    ]);
  }
}

/** The place of a question: the step, and whether its answer is being read back. */
export function pointOf({ flow, step, progress }: Frame): string {
  return `${flow}.${step}${progress.readBack ? ' read back' : ''}`;
}

function frameOfTask(state: CallState, task: Task): Frame | undefined {
  const background = state.background.find(({ taskId }) => taskId === task.taskId);
  return (background?.stack ?? state.stack).at(-1);
}

function labelsTo(node: Node): string[] {
  const labels: string[] = [];
  for (let at: Node | undefined = node; at; at = at.before) if (at.label !== '') labels.unshift(at.label);
  return labels;
}
