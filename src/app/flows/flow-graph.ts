import { targetsOf } from '../../dialog/checks.ts';
import type { FlowDefinition, FlowPack } from '../../dialog/flow-pack.ts';
import { stepKinds, stepSchemas, type StepKind, type StepSource } from '../../dialog/schema.ts';

/** One way from a step to another. */
export interface FlowEdge {
  readonly from: string;
  /** A step of the flow, or `done`. */
  readonly to: string;
  /** Where the step names it, such as `['problems', 'otherwise']`; empty where the step below follows by itself. */
  readonly path: readonly PropertyKey[];
  /** When it is taken, for people; empty for the ordinary way on. */
  readonly label: string;
}

export function kindOf(step: StepSource): StepKind {
  const kind = stepKinds.find((each) => each in step);
  if (kind === undefined) throw new Error('A step has none of the known kinds.');
  return kind;
}

/** Steps at which the caller is waited for. */
export function asksCaller(step: StepSource): boolean {
  return ['ask', 'choose', 'confirm', 'route'].includes(kindOf(step));
}

/** Steps at which the flow ends for good: the call ends, leaves, or the request is dropped. */
export function isEnding(step: StepSource): boolean {
  return ['end', 'drop', 'handover'].includes(kindOf(step));
}

/** All ways from step to step of a flow, in the order of the file. */
export function edgesOf(flow: FlowDefinition): FlowEdge[] {
  return flow.stepNames.flatMap((from, index) => {
    const step = flow.steps.get(from);
    if (!step) return [];
    const below = flow.stepNames[index + 1] ?? 'done';
    const edges: FlowEdge[] = targetsOf(step).map(([path, to]) => ({
      from,
      to,
      path,
      label: labelOf(step, path),
    }));
    if (fallsThrough(step)) edges.unshift({ from, to: below, path: [], label: 'branch' in step ? 'else' : '' });
    return edges;
  });
}

/** Does the step below follow when the step names no other? */
function fallsThrough(step: StepSource): boolean {
  if ('branch' in step) return !step.branch.some((arm) => 'otherwise' in arm);
  return 'next' in stepSchemas[kindOf(step)].shape && !('next' in step && step.next !== undefined);
}

function labelOf(step: StepSource, path: readonly PropertyKey[]): string {
  const [first, second] = path;
  if (first === 'branch' && 'branch' in step && typeof second === 'number') {
    const arm = step.branch[second];
    return arm && 'if' in arm ? arm.if : 'else';
  }
  if (first === 'next') return '';
  return second === undefined ? String(first) : `${String(first)} ${String(second)}`;
}

/** Steps that can be reached inside a flow: from its first step and from the steps its patterns name. */
export function reachableSteps(
  flow: FlowDefinition,
  edges: readonly FlowEdge[] = edgesOf(flow),
): ReadonlySet<string> {
  const patterns = Object.values(flow.patterns).flatMap((use) => ('step' in use ? [use.step] : []));
  return closure([...flow.stepNames.slice(0, 1), ...patterns], edges, 'from', 'to');
}

/** Everything that the given names lead to along edges, themselves included; backwards with the ends swapped. */
export function closure(
  names: readonly string[],
  edges: readonly FlowEdge[],
  near: 'from' | 'to',
  far: 'from' | 'to',
): ReadonlySet<string> {
  const found = new Set(names);
  for (const name of found) {
    for (const edge of edges) if (edge[near] === name) found.add(edge[far]);
  }
  return found;
}

/** Flows by the flows they call or start, with where from. */
export function usesOfFlows(pack: FlowPack): Map<string, string[]> {
  const uses = new Map<string, string[]>([...pack.flows.keys()].map((name) => [name, []]));
  const add = (flow: string, by: string) => void uses.get(flow)?.push(by);
  add(pack.settings.entry, 'settings.yaml');
  for (const use of Object.values(pack.settings.patterns)) add(use.flow, 'settings.yaml');
  for (const route of Object.values(pack.routing.intents)) if ('flow' in route) add(route.flow, 'routing.yaml');
  for (const flow of Object.values(pack.escalation?.source.flows ?? {})) add(flow, 'escalation.yaml');
  for (const { name, steps, patterns } of pack.flows.values()) {
    for (const step of steps.values()) if ('call' in step) add(step.call, name);
    for (const use of Object.values(patterns)) if ('flow' in use) add(use.flow, name);
  }
  return uses;
}

/** Flows that never go back to whoever called them, since every way through them ends the call or drops the request. */
export function flowsWithoutReturn(pack: FlowPack): ReadonlySet<string> {
  const returning = new Set<string>();
  // A flow goes back when a step that can be reached leads to `done`; steps after a call count only when the called flow goes back.
  for (let before = -1; before < returning.size; ) {
    before = returning.size;
    for (const flow of pack.flows.values()) {
      const edges = edgesOf(flow).filter(({ from }) => canGoOn(flow, from));
      if (reachableSteps(flow, edges).has('done')) returning.add(flow.name);
    }
  }
  return new Set([...pack.flows.keys()].filter((name) => !returning.has(name)));

  function canGoOn(flow: FlowDefinition, name: string): boolean {
    const step = flow.steps.get(name);
    return !step || !('call' in step) || step.background === true || returning.has(step.call);
  }
}
