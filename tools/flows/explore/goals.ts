import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { edgesOf, flowsWithoutReturn, reachableSteps } from '../../../src/app/flows/flow-graph.ts';
import { shopOperations, type ShopOperation } from '../../../src/core/commerce.ts';
import { ladderSlotOf } from '../../../src/app/flows/check-questions.ts';
import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { StepSource } from '../../../src/dialog/schema.ts';
import { armName, isCorrection, patternName } from './traced-pack.ts';

/** Something that a walk should reach. */
export interface Goal {
  readonly name: string;
  readonly flow: string;
  readonly step: string;
  /** What it is, after "step "x": ". */
  readonly what: string;
}

/** Kinds of failed try a caller can cause, by the ladder that answers them. */
export const ladderKinds = ['noMatch', 'noInput', 'unintelligible', 'notFound'] as const;

/** Codes that any operation may end in: of the interface, of Kefu itself, and one that nobody knows. */
const commonCodes = ['invalid_request', 'shop_unavailable', 'timed_out', 'brand_new_code'] as const;

/** The problems an operation may end in: those of the interface, of a shop that lacks it, and of a shop that fails. */
function codesOf(operation: string, problemCodes: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const capability = Object.hasOwn(shopOperations, operation)
    ? shopOperations[operation as ShopOperation].capability
    : null;
  const codes = [
    ...(problemCodes.get(operation) ?? []),
    ...(capability === null ? [] : ['unsupported_operation']),
    ...commonCodes,
  ];
  return [...new Set(codes)];
}

const apiSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const operationSchema = z.object({
  operationId: z.string(),
  'x-problem-codes': z.array(z.string()).default([]),
});

/** The problem codes of each operation, from the shop's interface. */
export function readProblemCodes(): ReadonlyMap<string, readonly string[]> {
  const file = resolve(import.meta.dirname, '../../../docs/commerce-api.yaml');
  const api = apiSchema.parse(parse(readFileSync(file, 'utf8')));
  const operations = Object.values(api.paths).flatMap((path) => Object.values(path));
  const named = new Map(
    operations.flatMap((each): [string, string[]][] => {
      const operation = operationSchema.safeParse(each);
      return operation.success ? [[operation.data.operationId, operation.data['x-problem-codes']]] : [];
    }),
  );
  return new Map(Object.keys(shopOperations).map((name) => [name, codesOf(name, named)]));
}

export function problemGoal(flow: string, step: string, code: string): string {
  return `${flow}.${step} problem ${code}`;
}

export function rungGoal(flow: string, step: string, kind: string, rung: number | 'used up'): string {
  return `${flow}.${step} ${kind} ${String(rung)}`;
}

/** The operation a step asks the shop for. */
export function operationOf(step: StepSource): string | undefined {
  if ('lookup' in step) return step.lookup;
  if ('change' in step) return step.change;
  return 'ask' in step ? step.check?.lookup : undefined;
}

/** Everything in a pack that a walk should reach. */
export function goalsOf(pack: FlowPack, problemCodes: ReadonlyMap<string, readonly string[]>): readonly Goal[] {
  const goals: Goal[] = [];
  const endless = flowsWithoutReturn(pack);
  for (const flow of pack.flows.values()) {
    const add = (name: string, step: string, what: string) => goals.push({ name, flow: flow.name, step, what });
    const ways = edgesOf(flow);
    const asked = reachableSteps(
      flow,
      ways.filter((edge) => !isCorrection(edge)),
    );
    // Steps that only a correction leads to: what they ask for is given with it, so they are never asked.
    const corrected = new Set([...flow.steps.keys()].filter((name) => !asked.has(name)));
    for (const [name, step] of flow.steps) {
      add(`${flow.name}.${name}`, name, 'is never reached');
      if (corrected.has(name) && ('choose' in step || 'ask' in step)) continue;
      for (const goal of stepGoals(pack, flow.name, name, step, problemCodes)) add(goal.name, name, goal.what);
    }
    for (const edge of ways) {
      const step = flow.steps.get(edge.from);
      // Unit tests show that corrections are taken; what an asking step does that is never asked, nobody can see.
      if (isCorrection(edge)) continue;
      if (corrected.has(edge.from) && step && ('choose' in step || 'ask' in step) && edge.path.length > 0) continue;
      // What stands after a call that never comes back is the check's business.
      if (step && 'call' in step && step.background !== true && endless.has(step.call)) continue;
      const when = edge.label === '' ? 'on' : `on "${edge.label}"`;
      add(armName(flow.name, edge), edge.from, `never goes ${when} to "${edge.to}"`);
    }
    for (const [pattern, use] of Object.entries(flow.patterns)) {
      if ('step' in use)
        add(patternName(flow.name, pattern), use.step, `is never reached by the pattern "${pattern}"`);
    }
  }
  for (const [intent, route] of Object.entries(pack.routing.intents)) {
    if ('flow' in route)
      goals.push({ name: `intent ${intent}`, flow: 'routing', step: intent, what: 'is never taken up' });
  }
  return goals;
}

function stepGoals(
  pack: FlowPack,
  flow: string,
  name: string,
  step: StepSource,
  problemCodes: ReadonlyMap<string, readonly string[]>,
): { readonly name: string; readonly what: string }[] {
  const goals: { name: string; what: string }[] = [];
  const operation = operationOf(step);
  if (operation !== undefined) {
    for (const code of problemCodes.get(operation) ?? [])
      goals.push({ name: problemGoal(flow, name, code), what: `the problem "${code}" of ${operation} never comes` });
  }
  if ('handover' in step)
    goals.push({ name: `${flow}.${name} transferred`, what: 'never connects a person' });
  const slotName = ladderSlotOf(step);
  if (slotName === undefined) return goals;
  const slot = pack.slots.get(slotName);
  for (const kind of ladderKinds) {
    if (kind === 'notFound' && !('ask' in step && step.check && step.missing === undefined)) continue;
    if (kind === 'noMatch' && 'ask' in step && slot?.kind === 'anything') continue;
    const rungs = slot?.ladders?.[kind] ?? pack.settings.ladders[kind];
    rungs.forEach((_, index) => {
      goals.push({ name: rungGoal(flow, name, kind, index + 1), what: `rung ${String(index + 1)} of ${kind} is never said` });
    });
    goals.push({ name: rungGoal(flow, name, kind, 'used up'), what: `the ladder ${kind} is never used up` });
  }
  if ('ask' in step && slot?.readBack !== undefined && slot.confirm !== 'never')
    goals.push({ name: `${flow}.${name} read back`, what: 'never reads the value back' });
  if ('ask' in step && slot?.goOn !== undefined)
    goals.push({ name: `${flow}.${name} part`, what: 'never gets a part of the value' });
  return goals;
}
