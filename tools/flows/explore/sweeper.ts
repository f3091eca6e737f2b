import { edgesOf } from '../../../src/app/flows/flow-graph.ts';
import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import { namesIn, type Caller } from './caller.ts';
import type { Company } from './company.ts';
import { Distances, leastAlong, type Leg } from './distances.ts';
import { problemGoal, type Goal } from './goals.ts';
import { newsFor, type News } from './people.ts';
import type { ShopAnswer, WalkedShop } from './shop.ts';
import { armName } from './traced-pack.ts';
import type { Truths } from './truths.ts';
import type { Frame } from '../../../src/dialog/state.ts';
import type { Node, Task } from './walk.ts';
import { pointOf, type Walker } from './walker.ts';

/** Moments kept for one question or request of the same flows under way, each with other conditions that hold. */
const momentsPerPoint = 60;
/** Steps that a moment counts as farther away for each time that everything was tried at its question for the same missing step. */
const farnessOfFruitless = 1;
/** The same for each time that everything was tried there after the same odd answer of the shop. */
/** How often the queue and people do the same at one place. */
const triesPerNews = 2;
const farnessOfSameWay = 2;
/** Steps that a moment counts as nearer when a condition holds in it that opens what was not reached. */
const nearnessOfPromise = 6;

/** Steps to what was not reached, up to which a refusal of the shop is tried again. */
const nearRefusal = 3;

/** Events after which an odd answer of the shop no longer tells moments apart. */
const maxHops = 12;

type Sweep = () => Promise<void>;

/** Moments that are as far from anything that is missing, at which everything is to be tried, oldest first. */
interface Kind {
  readonly point: string;
  /** With what the shop answered, and where in its question the moment is. */
  readonly pointAndWay: string;
  readonly legs: readonly Leg[];
  /** Conditions that held when they were noted, and opened ways that were not reached. */
  readonly promised: readonly string[];
  readonly sweeps: Sweep[];
}

/**
 * Tries everything once at each question and each request to the shop, all from the same moment: what a flow does there needs no way
 * of its own to get there again. It is told of each moment that any walk arrives at, and comes back to a question as long as the
 * conditions of the flow hold differently there, and branches are missing.
 */
export class Sweeper {
  readonly #caller: Caller;
  readonly #shop: WalkedShop;
  readonly #walker: Walker;
  readonly #truths: Truths;
  /** Whether an answer, by what is changed in it, is one that a flow or one that it calls asks for. */
  readonly #asked: ReadonlyMap<string, (about: string) => boolean>;
  readonly #pack: FlowPack;
  /** Moments at places where nothing was tried yet, oldest first. */
  readonly #fresh: Sweep[] = [];
  /** Moments at places where everything was tried before. */
  readonly #further = new Map<string, Kind>();
  readonly #distances: Distances;
  /** How often everything was tried, by missing step and then by point. */
  readonly #fruitless = new Map<string, Map<string, number>>();
  /** How often everything was tried, by point and way. */
  /** How often each news was heard at each place. */
  readonly #told = new Map<string, number>();
  readonly #swept = new Map<string, number>();
  readonly #planned = new Map<string, number>();
  /** Answers of the shop that were not its right ones, by the moments right after them. */
  readonly #odd = new WeakMap<Node, { readonly flow: string; readonly about: string }>();
  readonly #met = new Set<string>();
  /** Ways of flows by the condition that opens them. */
  readonly #ways: ReadonlyMap<string, readonly { readonly flow: string; readonly name: string }[]>;
  #aimedAt = -1;
  /** Steps of which something is missing, which take turns. */
  #aims: readonly Goal[] = [];
  #turn = 0;
  readonly #seen = new Set<string>();
  readonly #company: Company;

  constructor(
    pack: FlowPack,
    caller: Caller,
    shop: WalkedShop,
    walker: Walker,
    truths: Truths,
    asked: ReadonlyMap<string, (about: string) => boolean>,
    company: Company,
  ) {
    this.#company = company;
    this.#pack = pack;
    this.#caller = caller;
    this.#shop = shop;
    this.#walker = walker;
    this.#truths = truths;
    this.#asked = asked;
    this.#distances = new Distances(pack);
    this.#ways = waysOf(pack);
  }

  /** Notes a moment at which the caller has to do something. */
  arrive(node: Node): void {
    const { stack, waiting, ended } = node.state;
    const frame = stack.at(-1);
    if (!frame || ended || waiting?.for !== 'answer' || !node.expecting) return;
    const step = this.#pack.flows.get(frame.flow)?.steps.get(frame.step);
    const { narrowed, page, partial } = frame.progress;
    const kind = `${this.#oddityOf(node)} ${JSON.stringify([narrowed, page, partial !== '', sizesOf(node.state.variables)])}`;
    // A wish may lead to any flow.
    const isOpen = step !== undefined && 'route' in step;
    this.#plan(node, pointOf(frame), stack, kind, isOpen, (isFirst) => this.#sweepQuestion(node, frame, isFirst));
  }

  /** Notes a moment at which the shop is asked. */
  arriveAtTask(node: Node, task: Task, frame: Frame): void {
    // A flow in the background has a stack of its own.
    const stack = node.state.stack.includes(frame) ? node.state.stack : [...node.state.stack, frame];
    this.#plan(node, `${pointOf(frame)} ${task.operation}`, stack, '', false, () => this.#sweepTask(node, task, frame));
  }

  #plan(
    node: Node,
    point: string,
    stack: readonly Frame[],
    way: string,
    isOpen: boolean,
    sweep: (isFirst: boolean) => Promise<void>,
  ): void {
    const flows = new Set(stack.map(({ flow }) => flow));
    const place = `${point} ${[...flows].join()}`;
    const { key: truths, holding } = this.#truths.read(node.state, isOpen ? undefined : flows);
    const key = `${place} ${node.state.call.channel} ${way} ${truths}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const promised = holding.filter((source) => this.#isWanted(source, isOpen ? undefined : flows));
    // Each condition that is still to be met has moments of its own, so that others do not take their places.
    const counted = `${place} ${promised[0] ?? ''}`;
    const count = this.#planned.get(counted) ?? 0;
    if (count >= momentsPerPoint) return;
    this.#planned.set(counted, count + 1);
    const isFirst = !this.#met.has(point);
    this.#met.add(point);
    if (isFirst) {
      this.#fresh.push(() => sweep(true));
      return;
    }
    const legs = this.#distances.legsOf(stack);
    const kindKey = [point, way, ...legs.map((leg) => leg.place), ...promised].join('\n');
    const kind = this.#further.get(kindKey) ?? { point, pointAndWay: `${point} ${way}`, legs, promised, sweeps: [] };
    this.#further.set(kindKey, kind);
    kind.sweeps.push(() => sweep(false));
  }

  /** The odd answer of the shop that the flow under way, or one below it, has had, so that what comes of it is tried by itself. */
  #oddityOf(node: Node): string {
    for (let at: Node | undefined = node, hops = 0; at && hops < maxHops; at = at.before, hops += 1) {
      const odd = this.#odd.get(at);
      if (odd) return node.state.stack.some(({ flow }) => flow === odd.flow) ? odd.about : '';
    }
    return '';
  }

  /** Is there a way of these flows or of any that such a condition opens, and that was not reached? */
  #isWanted(source: string, flows?: ReadonlySet<string>): boolean {
    const ways = this.#ways.get(source) ?? [];
    return ways.some(({ flow, name }) => (flows?.has(flow) ?? true) && !this.#walker.reached.has(name));
  }

  /** Tries everything at all new places that were noted, and at the nearest to one of the missing steps, each in turn; until the time is over. */
  async sweep(deadlineMs: number): Promise<void> {
    for (let next = this.#fresh.shift(); next && performance.now() < deadlineMs; next = this.#fresh.shift()) await next();
    this.#aim();
    const turn = this.#turn % Math.max(1, this.#aims.length);
    for (const goal of [...this.#aims.slice(turn), ...this.#aims.slice(0, turn)]) {
      this.#turn += 1;
      const kind = this.#nearest(goal);
      if (!kind) continue;
      increase(this.#fruitlessFor(goal), kind.point);
      increase(this.#swept, kind.pointAndWay);
      await kind.sweeps.shift()?.();
      return;
    }
  }

  /** Takes in what is missing now. */
  #aim(): void {
    if (this.#aimedAt === this.#walker.reached.size) return;
    this.#aimedAt = this.#walker.reached.size;
    const missing = this.#walker.missingGoals();
    this.#distances.aimAt(missing);
    const all = [...new Map(missing.map((goal) => [placeName(goal), goal])).values()];
    // In company each has other steps to look for, and helps the others when none of its own is left.
    const { index, size } = this.#company;
    const own = all.filter(({ flow }) => numberOf(flow) % size === index);
    this.#aims = own.length > 0 ? own : all;
  }

  #fruitlessFor(goal: Goal): Map<string, number> {
    const name = placeName(goal);
    const counts = this.#fruitless.get(name) ?? new Map<string, number>();
    this.#fruitless.set(name, counts);
    return counts;
  }

  #nearest(goal: Goal): Kind | undefined {
    let best: Kind | undefined;
    let least = Infinity;
    const stepsTo = this.#distances.to(goal);
    const fruitless = this.#fruitlessFor(goal);
    const wanted = new Set([...this.#ways.keys()].filter((source) => this.#isWanted(source, new Set([goal.flow]))));
    for (const [key, kind] of this.#further) {
      if (kind.sweeps.length === 0) {
        this.#further.delete(key);
        continue;
      }
      const steps = leastAlong(kind.legs, stepsTo);
      if (steps === Infinity) continue;
      const isPromising = kind.promised.some((source) => wanted.has(source));
      const far =
        steps +
        farnessOfFruitless * (fruitless.get(kind.point) ?? 0) +
        farnessOfSameWay * (this.#swept.get(kind.pointAndWay) ?? 0) -
        (isPromising ? nearnessOfPromise : 0);
      if (far >= least) continue;
      best = kind;
      least = far;
    }
    return best;
  }

  async #sweepQuestion(node: Node, frame: Frame, isFirst: boolean): Promise<void> {
    const step = this.#pack.flows.get(frame.flow)?.steps.get(frame.step);
    if (!step || !node.expecting) return;
    this.#aim();
    const codes = await this.#shop.codesSent(node.writes);
    for (const { label, event, isCommon } of this.#caller.moves(step, node.expecting, node.state.language, codes, namesIn(node.state.variables))) {
      if (isCommon && !isFirst) continue;
      if ('route' in step && !this.#isUseful(label, isFirst)) continue;
      await this.settle(this.#walker.advance(node, label, event));
    }
    // Wishes with all their words are many: they come after the plain ones, when it is clear what is missing.
    if (isFirst && 'route' in step) this.#fresh.push(() => this.#sweepQuestion(node, frame, false));
    if (isFirst) await this.#walker.beStubbornAt(node, (at) => this.settle(at));
  }

  /** Of all wishes with all their words, at first the plain ones; later those that lead to what is missing. */
  #isUseful(label: string, isFirst: boolean): boolean {
    const [, intent = '', words = ''] = /^wish ([^ ,]+)(.*)$/.exec(label) ?? [];
    const route = this.#pack.routing.intents[intent];
    if (!route || !('flow' in route)) return true;
    if (isFirst) return words === '' || words === ' by example';
    const step = this.#pack.flows.get(route.flow)?.stepNames[0] ?? '';
    return this.#distances.from([{ flow: route.flow, step }]) < Infinity;
  }

  async #sweepTask(node: Node, task: Task, frame: Frame): Promise<void> {
    const answers = await this.#shop.answers({ operation: task.operation, input: task.input }, node.writes);
    const flows = new Set([frame, ...node.state.stack].map(({ flow }) => flow));
    // What is found out in the background, such as what the shop can do, counts in every flow.
    const isBackground = node.state.waiting?.for !== 'task' || node.state.waiting.taskId !== task.taskId;
    const asked = [...(isBackground ? this.#pack.flows.keys() : flows)].filter((flow) => this.#walker.isMissing(flow)).flatMap((flow) => this.#asked.get(flow) ?? []);
    const isWorth = ({ about, result }: ShopAnswer) =>
      result.ok
        ? about === 'by its shape' || about === 'as if right' || asked.some((isAsked) => isAsked(about))
        : !this.#walker.reached.has(problemGoal(frame.flow, frame.step, result.code)) ||
          this.#leadsOn(frame, result.code);
    for (const answer of answers.slice(1)) {
      if (isWorth(answer)) {
        const after = this.#walker.answerTask(node, task, frame, answer);
        if (answer.result.ok) this.#odd.set(after, { flow: frame.flow, about: answer.about });
        await this.settle(after);
      }
    }
  }

  /** Does a flow go on from a refusal of the shop to something near that was not reached? */
  #leadsOn({ flow, step }: Frame, code: string): boolean {
    const source = this.#pack.flows.get(flow)?.steps.get(step);
    const problems = source && 'problems' in source ? source.problems : undefined;
    const target = problems?.[code] ?? problems?.otherwise;
    this.#aim();
    return target !== undefined && this.#distances.from([{ flow, step: target }]) <= nearRefusal;
  }

  /** Everything that people may do, a few times at each place: it comes to the same mostly. */
  #tryNews(node: Node, news: readonly News[]): void {
    const { flow = '', step = '' } = node.state.stack.at(-1) ?? {};
    for (const { label, event } of news) {
      const key = `${flow}.${step} ${node.state.call.from} ${label}`;
      if ((this.#told.get(key) ?? 0) >= triesPerNews) continue;
      increase(this.#told, key);
      const next = this.#walker.hearNews(node, label, event);
      if (next.state.waiting?.for === 'answer') this.arrive(next);
      else this.#tryNews(next, newsFor(next.state));
    }
  }

  /** Lets the shop give its right answers until the caller has to do something, and notes every moment on the way. */
  async settle(from: Node): Promise<void> {
    let node = from;
    for (let count = 0; count < 40 && !node.state.ended; count += 1) {
      const [task] = node.tasks;
      const frame = task && this.#walker.frameOf(node, task);
      if (!task || !frame) {
        const news = newsFor(node.state);
        const last = news.at(-1);
        if (last) {
          this.#tryNews(node, news);
          node = this.#walker.hearNews(node, last.label, last.event);
          continue;
        }
        this.arrive(node);
        return;
      }
      this.arriveAtTask(node, task, frame);
      const [right, other] = await this.#shop.answers({ operation: task.operation, input: task.input }, node.writes);
      const answer = right?.result.ok === false && other?.about === 'as if right' ? other : right;
      if (!answer) return;
      node = this.#walker.answerTask(node, task, frame, answer);
    }
  }
}

const placeName = ({ flow, step }: Goal): string => `${flow}.${step}`;

/** A number for a name, always the same. */
function numberOf(name: string): number {
  let number = 0;
  for (const character of name) number = (number * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return number;
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** How many things the lists of a call have: none, one, or several. */
function sizesOf(variables: Readonly<Record<string, unknown>>): string {
  return Object.values(variables)
    .map((value) => (Array.isArray(value) ? String(Math.min(value.length, 2)) : ''))
    .join('');
}

function waysOf(pack: FlowPack): ReadonlyMap<string, readonly { readonly flow: string; readonly name: string }[]> {
  const ways = new Map<string, { flow: string; name: string }[]>();
  for (const flow of pack.flows.values()) {
    for (const edge of edgesOf(flow)) {
      if (edge.path[0] !== 'branch' || edge.label === 'else') continue;
      ways.set(edge.label, [...(ways.get(edge.label) ?? []), { flow: flow.name, name: armName(flow.name, edge) }]);
    }
  }
  return ways;
}
