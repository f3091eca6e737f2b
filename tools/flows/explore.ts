import { KefuError } from '../../src/core/errors.ts';
import type { FlowFiles } from '../../src/core/store.ts';
import { shopOperations } from '../../src/core/commerce.ts';
import { demoCallers } from '../../src/commerce/demo-shop/callers.ts';
import { compileFlowPack } from '../../src/dialog/flow-pack.ts';
import { readFlowSource, type FlowProblem } from '../../src/dialog/flow-source.ts';
import { Caller, knowledgeOf } from './explore/caller.ts';
import { alone, type Company } from './explore/company.ts';
import { goalsOf, readProblemCodes, type Goal } from './explore/goals.ts';
import { literalsOf } from './explore/literals.ts';
import { Rambler } from './explore/rambler.ts';
import { WalkedShop } from './explore/shop.ts';
import type { Beginning, Fault, WalkEnd } from './explore/walk.ts';
import { Walker } from './explore/walker.ts';

/** A goal no walk reached, with where it stands. */
export interface Unreached {
  readonly file: string;
  readonly line: number;
  readonly goal: string;
  readonly sentence: string;
}

/** What came of walking through flows. */
export interface Exploration {
  readonly goals: number;
  readonly reached: number;
  readonly unreached: readonly Unreached[];
  readonly faults: readonly Fault[];
  /** Prompts that were left out because a value was missing, with how often. */
  readonly unsaid: Readonly<Record<string, number>>;
  readonly events: number;
  readonly tookMs: number;
  /** `out-of-time`: more might be reached with a higher limit. */
  readonly end: WalkEnd;
}

const [anyCaller] = demoCallers;
const chineseCaller = demoCallers.find(({ language }) => language === 'zh') ?? anyCaller;

/** Changes that callers agree to, and that a call may end before. */
const agreedChanges = Object.entries(shopOperations)
  .filter(([, { write }]) => write)
  .map(([operation]) => operation);

/** The ways calls begin, which decide what is known before a word is said. */
const beginnings: readonly Beginning[] = [
  { about: 'a known number calls', channel: 'voice', from: anyCaller.phone, language: 'en', people: 'queue' },
  { about: 'an unknown number calls', channel: 'voice', from: '+12125550999', language: 'en', people: 'none' },
  { about: 'no number is shown', channel: 'voice', from: 'anonymous', language: 'en', people: 'queue' },
  { about: 'a chat begins', channel: 'text', from: '', language: 'en', people: 'none' },
  { about: 'a Chinese caller', channel: 'voice', from: chineseCaller.phone, language: 'zh', people: 'number' },
];

/** Each change of an earlier call may have been done or refused, and one that was refused may be tried again. */
const returns: readonly Beginning[] = [null, 'shop_unavailable'].flatMap((code) =>
  agreedChanges.map((operation) => ({
    about: `${operation} of an earlier call is ${code === null ? 'done' : 'refused'}`,
    channel: 'voice',
    from: anyCaller.phone,
    language: 'en',
    people: 'queue',
    untold: [{ callId: 'earlier', taskId: operation, operation, orderId: anyCaller.orders[0].id, code }],
  })),
);

/** What one explorer found. */
export interface Found {
  /** Names of everything that was reached, by this explorer or one it heard of. */
  readonly reached: readonly string[];
  readonly faults: readonly Fault[];
  readonly unsaid: ReadonlyMap<string, number>;
  readonly events: number;
  readonly end: WalkEnd;
}

/**
 * Walks through every branch of flows, with answers made from the slots and the demo shop, and with every failure of the shop. The same
 * flows give the same report, unless the time is over.
 *
 * @throws KefuError `flow_invalid` when the flows cannot be loaded.
 */
export async function exploreFlows(
  files: FlowFiles,
  { limitMs }: { readonly limitMs: number },
): Promise<Exploration> {
  const startedMs = performance.now();
  const goals = goalsIn(files);
  const found = await exploreAlone(files, { limitMs });
  return reportOn(files, goals, [found], performance.now() - startedMs);
}

/** Walks through flows in this thread; with `company` it shares the work and what was reached with others. */
export async function exploreAlone(
  files: FlowFiles,
  { limitMs, company }: { readonly limitMs: number; readonly company?: Company },
): Promise<Found> {
  const { stackTraceLimit } = Error;
  // A condition over a value that is missing fails by an error inside the expression library, thousands of times a second.
  Error.stackTraceLimit = 0;
  try {
    return await explore(files, performance.now() + limitMs, company);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function explore(files: FlowFiles, deadlineMs: number, company: Company = alone): Promise<Found> {
  const pack = compileFlowPack(new Map(Object.entries(files)));
  const problemCodes = readProblemCodes();
  const goals = goalsOf(pack, problemCodes);
  const literals = literalsOf(pack);
  const shop = new WalkedShop(literals, problemCodes);
  const wishWords = [...(literals.values.get('wish') ?? [])].filter((words) => typeof words === 'string' && words !== '');
  const caller = new Caller(pack, knowledgeOf((await shop.fresh()).data, wishWords as string[]));
  const walker = new Walker(pack, caller, shop, goals, company);
  const tellsResults = [...pack.expressions.keys()].some((source) => source.includes('call.untold'));
  const all = tellsResults ? [...beginnings, ...returns] : beginnings;
  await new Rambler(pack, caller, shop, walker, company).ramble(all, goals.length, deadlineMs);
  const end = await walker.walk(all, deadlineMs);
  const { reached, faults, unsaid, events } = walker;
  return { reached: [...reached], faults, unsaid, events, end };
}

/**
 * Everything that there is to reach in flows.
 *
 * @throws KefuError `flow_invalid` when the flows cannot be loaded.
 */
export function goalsIn(files: FlowFiles): readonly Goal[] {
  return goalsOf(compileFlowPack(new Map(Object.entries(files))), readProblemCodes());
}

/** The report on what one or several explorers of the same flows found. */
export function reportOn(
  files: FlowFiles,
  goals: readonly Goal[],
  found: readonly Found[],
  tookMs: number,
): Exploration {
  const reached = new Set(found.flatMap((each) => each.reached));
  const missed = goals.filter(({ name }) => !reached.has(name));
  const unsaid = new Map<string, number>();
  for (const [prompt, times] of found.flatMap((each) => [...each.unsaid])) unsaid.set(prompt, (unsaid.get(prompt) ?? 0) + times);
  const faults = new Map(
    found.flatMap((each) => each.faults.map((fault) => [[fault.kind, fault.flow, fault.step, fault.detail].join('\n'), fault])),
  );
  const ends = found.map(({ end }) => end);
  return {
    goals: goals.length,
    reached: goals.length - missed.length,
    unreached: missed.map((goal) => placeOfGoal(files, goal)),
    faults: [...faults.values()],
    unsaid: Object.fromEntries(unsaid),
    events: found.reduce((sum, { events }) => sum + events, 0),
    tookMs: Math.round(tookMs),
    end: missed.length === 0 ? 'done' : (ends.find((end) => end === 'out-of-time') ?? ends[0] ?? 'complete'),
  };
}

function placeOfGoal(files: FlowFiles, { name, flow, step, what }: Goal): Unreached {
  const file = `${flow}.yaml`;
  const text = files[file];
  if (text === undefined) throw new KefuError('internal', `There is no file ${file}.`);
  const problems: FlowProblem[] = [];
  const isIntent = flow === 'routing';
  const sentence = `${isIntent ? 'intent' : 'step'} "${step}": ${what}.`;
  readFlowSource(file, text, problems).report([isIntent ? 'intents' : 'steps', step], sentence, { atKey: true });
  return { file, line: problems[0]?.line ?? 1, goal: name, sentence };
}

/** The report as people read it. */
export function describeExploration(report: Exploration): string {
  const share = ((100 * report.reached) / Math.max(1, report.goals)).toFixed(1);
  const lines = [
    ...report.unreached.map(({ file, line, sentence }) => `${file}:${String(line)}: ${sentence}`),
    ...report.faults.map(
      ({ kind, flow, step, detail, walk }) =>
        `${flow}.yaml: step "${step}": ${kind}: ${detail}\n    after: ${walk.slice(-8).join(' > ')}`,
    ),
    ...Object.entries(report.unsaid).map(
      ([prompt, times]) => `note: ${prompt} was left out ${String(times)} times, because a value was missing.`,
    ),
    `${String(report.reached)} of ${String(report.goals)} branches reached (${share} %), ${String(report.faults.length)} faults, ` +
      `${String(report.events)} events in ${(report.tookMs / 1000).toFixed(1)} s.`,
  ];
  if (report.end === 'out-of-time') lines.push('The time was over before everything had been tried; see --limit.');
  return lines.join('\n');
}
