import type { DialogEvent } from '../../../src/core/dialog.ts';
import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import { namesIn, type Caller, type Move } from './caller.ts';
import type { Company } from './company.ts';
import { problemGoal } from './goals.ts';
import { newsFor } from './people.ts';
import { literalsOf } from './literals.ts';
import type { ShopAnswer, WalkedShop } from './shop.ts';
import type { Frame } from '../../../src/dialog/state.ts';
import type { Beginning, Node } from './walk.ts';
import { Sweeper } from './sweeper.ts';
import { Truths } from './truths.ts';
import type { Walker } from './walker.ts';

/** How many moments are kept for each question, from which rambles begin again. */
const momentsPerPoint = 24;
/** Sweeps of a nearest moment for each ramble. */
const roundsBetween = 2;
/** Moves of one ramble. */
const rambleLength = 10;
/** Events without a new branch after which rambling is over. */
const maxFruitless = 30_000;
const minFruitless = 1_500;

/**
 * Goes through calls without a plan, as far in as it gets, and begins again where branches are missing. It takes what was tried least,
 * and mostly what leads on; so it gets deep into long flows soon, where trying everything from the beginning would not arrive.
 */
export class Rambler {
  readonly #pack: FlowPack;
  readonly #caller: Caller;
  readonly #shop: WalkedShop;
  readonly #walker: Walker;
  readonly #roots: Node[] = [];
  /** Moments by flow and question. */
  readonly #moments = new Map<string, Map<string, Node[]>>();
  readonly #tried = new Map<string, number>();
  readonly #callees: ReadonlyMap<string, ReadonlySet<string>>;
  /** What a shop must lack for a branch of a flow. */
  readonly #lacking: ReadonlyMap<string, ReadonlySet<string>>;
  /** What a flow and those it calls ask of the shop's answers. */
  readonly #asked: ReadonlyMap<string, (about: string) => boolean>;
  readonly #sweeper: Sweeper;
  readonly #company: Company;
  #seed = 20_260_610;

  constructor(pack: FlowPack, caller: Caller, shop: WalkedShop, walker: Walker, company: Company) {
    this.#company = company;
    this.#seed += company.index;
    this.#pack = pack;
    this.#caller = caller;
    this.#shop = shop;
    this.#walker = walker;
    this.#callees = new Map([...pack.flows.keys()].map((name) => [name, calleesOf(pack, name)]));
    this.#lacking = new Map([...pack.flows.keys()].map((name) => [name, lackingIn(pack, name)]));
    this.#asked = new Map(
      [...this.#callees].map(([name, callees]) => [name, askedBy(pack, callees)] as const),
    );
    this.#sweeper = new Sweeper(pack, caller, shop, walker, new Truths(pack), this.#asked, company);
  }

  /** Rambles until everything is reached, nothing more is found, or the time is over. */
  async ramble(beginnings: readonly Beginning[], goals: number, deadlineMs: number): Promise<void> {
    for (const beginning of beginnings) {
      const root = this.#walker.start(beginning);
      if (!root) continue;
      this.#roots.push(root);
      await this.#sweeper.settle(root);
    }
    const patience = Math.min(maxFruitless, Math.max(minFruitless, goals * 20));
    let missing = this.#walker.missing().size;
    let lastNewAt = this.#walker.events;
    let before = this.#walker.reached.size;
    for (let round = 0; missing > 0 && performance.now() < deadlineMs; round += 1) {
      await this.#sweeper.sweep(deadlineMs);
      if (round % roundsBetween === 0) await this.#once(this.#pick(round));
      this.#company.share(this.#walker.reached);
      if (this.#walker.reached.size > before) {
        before = this.#walker.reached.size;
        lastNewAt = this.#walker.events;
        missing = this.#walker.missing().size;
      }
      if (this.#walker.events - lastNewAt > patience) return;
    }
  }

  async #once(from: Node | undefined): Promise<void> {
    // The shop answers anew each time: what it can do, and whose number is calling.
    let node = from && (await this.#settle(from));
    for (let count = 0; node && count < rambleLength; count += 1) {
      node = await this.#step(node);
      if (!node) return;
      this.#sweeper.arrive(node);
      this.#keep(node);
    }
  }

  /** Where to begin: in a flow where something is missing, or at the beginning of a call. */
  #pick(round: number): Node | undefined {
    const missing = [...this.#walker.missing()].filter((flow) => this.#moments.has(flow));
    if (round % 3 === 0 || missing.length === 0) return this.#one(this.#roots);
    // A further wish in the same call may need what was done before it.
    const flow = round % 7 === 0 ? this.#pack.settings.entry : this.#one(missing);
    const points = [...(this.#moments.get(flow ?? '')?.values() ?? [])];
    return this.#one(this.#one(points) ?? []);
  }

  /** Keeps a moment for every flow that is under way in it; the newest take the place of any. */
  #keep(node: Node): void {
    const { stack, waiting, ended } = node.state;
    const top = stack.at(-1);
    if (!top || ended || waiting?.for !== 'answer') return;
    const point = `${top.flow}.${top.step}`;
    for (const flow of new Set(stack.map((frame) => frame.flow))) {
      const points = this.#moments.get(flow) ?? new Map<string, Node[]>();
      this.#moments.set(flow, points);
      const kept = points.get(point) ?? [];
      points.set(point, kept);
      if (kept.length < momentsPerPoint) kept.push(node);
      else kept[this.#below(momentsPerPoint)] = node;
    }
  }

  /** One move of the caller, with the answers of the shop that follow; undefined when the call is over. */
  async #step(node: Node): Promise<Node | undefined> {
    const { state, expecting } = node;
    if (state.ended) return undefined;
    const news = newsFor(state);
    if (news.length > 0) {
      const { flow = '', step = '' } = state.stack.at(-1) ?? {};
      const one = this.#least(`${flow}.${step} news`, news);
      return one && this.#settle(this.#walker.hearNews(node, one.label, one.event));
    }
    const frame = state.stack.at(-1);
    const step = frame && this.#pack.flows.get(frame.flow)?.steps.get(frame.step);
    if (!frame || !step || !expecting) return undefined;
    const codes = await this.#shop.codesSent(node.writes);
    const moves = this.#caller.moves(step, expecting, state.language, codes, namesIn(state.variables));
    const point = `${frame.flow}.${frame.step}${frame.progress.readBack ? ' read back' : ''}`;
    const move = 'route' in step ? this.#wish(point, moves) : this.#move(point, moves);
    if (!move) return undefined;
    return this.#settle(this.#walker.advance(node, move.label, move.event));
  }

  /** Mostly what belongs to the question; now and then what callers may say at any. */
  #move(point: string, moves: readonly Move[]): Move | undefined {
    const isCommon = this.#below(8) === 0;
    const own = moves.filter((move) => move.isCommon === isCommon);
    return this.#below(4) === 0 ? this.#one(own) : this.#least(point, own);
  }

  /** Mostly a wish for something in which a branch is missing. */
  #wish(point: string, moves: readonly Move[]): Move | undefined {
    const missing = this.#walker.missing();
    const useful = new Set(
      Object.entries(this.#pack.routing.intents).flatMap(([intent, route]) =>
        'flow' in route && [...(this.#callees.get(route.flow) ?? [])].some((flow) => missing.has(flow)) ? [intent] : [],
      ),
    );
    const wishes = moves.filter(({ label }) => useful.has(label.split(/[ ,]/)[1] ?? '') && label.startsWith('wish '));
    if (wishes.length > 0 && this.#below(6) > 0) {
      const intent = this.#one([...useful]) ?? '';
      const own = wishes.filter(({ label }) => label.split(/[ ,]/)[1] === intent);
      return this.#least(point, own.length > 0 ? own : wishes);
    }
    return this.#move(point, moves);
  }

  /** Lets the shop answer until the caller has to do something. */
  async #settle(from: Node): Promise<Node> {
    let node = from;
    for (let count = 0; count < 40 && !node.state.ended; count += 1) {
      const [task] = node.tasks;
      const frame = task && this.#walker.frameOf(node, task);
      if (!task || !frame) return node;
      const answers = await this.#shop.answers({ operation: task.operation, input: task.input }, node.writes);
      const answer = this.#answer(frame, task.operation, answers);
      if (!answer) return node;
      this.#sweeper.arriveAtTask(node, task, frame);
      if (this.#below(60) === 0) {
        const event: DialogEvent = this.#below(2) === 0 ? { type: 'task-slow', taskId: task.taskId } : this.#caller.garbage(node.state.language);
        node = this.#walker.advance(node, 'meanwhile', event);
      }
      node = this.#walker.answerTask(node, task, frame, answer);
    }
    return node;
  }

  /**
   * Mostly the right answer; where something is missing, also a problem that never came, or an answer that the flow asks for.
   */
  #answer(frame: Frame, operation: string, answers: readonly ShopAnswer[]): ShopAnswer | undefined {
    const [right, ...others] = answers;
    const { flow, step } = frame;
    const point = `${flow}.${step} task`;
    const isMissing = this.#walker.missing().has(flow);
    if (operation === 'getCapabilities' && this.#below(2) === 0) {
      const wanted = [...this.#walker.missing()].flatMap((name) => [...(this.#lacking.get(name) ?? [])]);
      const lacking = this.#one(wanted);
      const answer = others.find(({ about }) => lacking !== undefined && about.endsWith(` without ${lacking}`));
      if (answer) return answer;
    }
    if (isMissing && this.#below(3) === 0) {
      const never = answers.find(
        ({ result }) => !result.ok && !this.#walker.reached.has(problemGoal(flow, step, result.code)),
      );
      if (never) return never;
    }
    const oneIn = operation === 'getCapabilities' ? 3 : isMissing ? 2 : 8;
    if (others.length > 0 && this.#below(oneIn) === 0) {
      const isAsked = this.#asked.get(flow);
      const asked = operation === 'getCapabilities' ? [] : others.filter(({ result, about }) => result.ok && isAsked?.(about));
      const list = asked.length > 0 && this.#below(3) > 0 ? asked : others;
      return this.#least(point, labelled(list))?.answer;
    }
    // A demo shop that refuses what a ramble arrived at must not keep it from what comes after.
    if (right?.result.ok === false && this.#below(2) === 0) {
      return others.find(({ about }) => about === 'as if right') ?? others.find(({ about }) => about === 'by its shape') ?? right;
    }
    return right;
  }

  #least<Thing extends { readonly label: string }>(point: string, things: readonly Thing[]): Thing | undefined {
    let best: Thing | undefined;
    let fewest = Infinity;
    for (const thing of things) {
      const count = this.#tried.get(`${point} ${thing.label}`) ?? 0;
      if (count >= fewest) continue;
      fewest = count;
      best = thing;
    }
    if (best) this.#tried.set(`${point} ${best.label}`, fewest + 1);
    return best;
  }

  #one<Thing>(things: readonly Thing[]): Thing | undefined {
    return things[this.#below(things.length)];
  }

  /** The next of a row of numbers that is the same in every run. */
  #below(limit: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * limit);
  }
}

/** A flow and all that it may call. */
function calleesOf(pack: FlowPack, name: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const step of pack.flows.get(name)?.steps.values() ?? []) if ('call' in step) calleesOf(pack, step.call, seen);
  return seen;
}

/** Two answers may be changed alike in two places: they are told apart by their order. */
function labelled(answers: readonly ShopAnswer[]): { readonly label: string; readonly answer: ShopAnswer }[] {
  const seen = new Map<string, number>();
  return answers.map((answer) => {
    const count = (seen.get(answer.about) ?? 0) + 1;
    seen.set(answer.about, count);
    return { label: `${answer.about} ${String(count)}`, answer };
  });
}

/** The capabilities that conditions of a flow look for. */
function lackingIn(pack: FlowPack, name: string): ReadonlySet<string> {
  const texts = new Set<string>();
  collectTexts([...(pack.flows.get(name)?.steps.values() ?? [])], texts);
  return new Set(
    [...texts].flatMap((text) =>
      [...text.matchAll(/"([a-z-]+)" in capabilities/g)].map(([, capability = '']) => capability),
    ),
  );
}

/** Whether an answer, by what is changed in it, is one that conditions and values of these flows ask for. */
function askedBy(pack: FlowPack, flows: ReadonlySet<string>): (about: string) => boolean {
  const texts = new Set<string>();
  for (const name of flows) collectTexts([...(pack.flows.get(name)?.steps.values() ?? [])], texts);
  const sources = [...texts].filter((text) => pack.expressions.has(text));
  const expressions = new Map(sources.flatMap((source) => {
    const expression = pack.expressions.get(source);
    return expression ? [[source, expression] as const] : [];
  }));
  const { values, lengths } = literalsOf({ ...pack, expressions });
  const abouts = new Set<string>();
  for (const [field, literals] of values) {
    for (const literal of literals) {
      abouts.add(`${field} = ${JSON.stringify(literal)}`);
      if (typeof literal === 'string') abouts.add(`${field} with ${literal}`).add(`${field} without ${literal}`);
    }
  }
  for (const [field, counts] of lengths) for (const count of counts) abouts.add(`${String(count)} ${field}`);
  // Times and amounts are compared with each other, and fields that say yes or no stand alone.
  const fields = new Set(sources.flatMap((source) => [...source.matchAll(/\.(\w+)/g)].map(([, field = '']) => field)));
  return (about) => {
    const bare = about.replace(/ by its shape$/, '').replace(/^(?:last )+/, '');
    if (abouts.has(bare)) return true;
    const [, field = ''] = /^(?:every )?(\w+) (?:= (?:20\d\d-|-?\d+\.\d\d|true|false)|empty|twice)/.exec(bare) ?? [];
    return fields.has(field);
  };
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value);
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) collectTexts(each, texts);
}
