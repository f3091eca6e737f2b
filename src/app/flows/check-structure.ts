import type { FlowDefinition } from '../../dialog/flow-pack.ts';
import type { CheckPlace } from './check.ts';
import {
  asksCaller,
  closure,
  edgesOf,
  isEnding,
  reachableSteps,
  usesOfFlows,
  type FlowEdge,
} from './flow-graph.ts';

/** Steps that nothing leads to, and steps that lead nowhere. */
export function checkStructure(place: CheckPlace): void {
  for (const flow of place.pack.flows.values()) {
    const edges = edgesOf(flow);
    const reachable = reachableSteps(flow, edges);
    checkReachable(place, flow, reachable);
    checkWayOut(place, flow, edges, reachable);
    checkCircles(place, flow, edges, reachable);
    checkArms(place, flow);
  }
  checkEntry(place);
  for (const [flow, users] of usesOfFlows(place.pack)) {
    if (users.every((user) => user === flow))
      place.report('warning', 'unused-flow', { file: flow, path: ['flow'] }, `flow "${flow}": nothing leads to it.`);
  }
}

function checkReachable(place: CheckPlace, flow: FlowDefinition, reachable: ReadonlySet<string>): void {
  for (const name of flow.stepNames) {
    if (reachable.has(name)) continue;
    place.report(
      'error',
      'unreachable-step',
      { file: flow.name, path: ['steps', name], atKey: true },
      `step "${name}": no other step leads to it.`,
    );
  }
}

/** A step from which every way goes round and round inside the flow. */
function checkWayOut(
  place: CheckPlace,
  flow: FlowDefinition,
  edges: readonly FlowEdge[],
  reachable: ReadonlySet<string>,
): void {
  const endings = flow.stepNames.filter((name) => {
    const step = flow.steps.get(name);
    return step && isEnding(step);
  });
  const leaving = closure(['done', ...endings], edges, 'to', 'from');
  const stuck = flow.stepNames.filter((name) => reachable.has(name) && !leaving.has(name));
  const [first] = stuck;
  if (first === undefined) return;
  place.report(
    'error',
    'dead-end',
    { file: flow.name, path: ['steps', first], atKey: true },
    `step "${first}": is a dead end: from here no way leads out of the flow (${stuck.join(', ')}).`,
  );
}

/** Steps that follow each other for ever without the caller being asked; a branch may count, so a circle with one is let be. */
function checkCircles(
  place: CheckPlace,
  flow: FlowDefinition,
  edges: readonly FlowEdge[],
  reachable: ReadonlySet<string>,
): void {
  const isSilent = (name: string) => {
    const step = flow.steps.get(name);
    return step !== undefined && !asksCaller(step) && !isEnding(step) && !('branch' in step) && !('call' in step);
  };
  const silent = edges.filter(({ from, to }) => isSilent(from) && isSilent(to));
  const reported = new Set<string>();
  for (const name of flow.stepNames.filter((each) => reachable.has(each) && isSilent(each))) {
    const onward = silent.filter((edge) => edge.from === name).map((edge) => edge.to);
    const reached = closure(onward, silent, 'from', 'to');
    if (!reached.has(name) || reported.has(name)) continue;
    for (const each of reached) reported.add(each);
    const isRetry = silent.some((edge) => reached.has(edge.from) && edge.path[0] === 'problems');
    place.report(
      'error',
      'endless-circle',
      { file: flow.name, path: ['steps', name], atKey: true },
      isRetry
        ? `step "${name}": asks the shop again and again as long as it refuses; count the tries with a branch.`
        : `step "${name}": comes back to itself without asking the caller anything.`,
    );
  }
}

function checkArms(place: CheckPlace, flow: FlowDefinition): void {
  for (const [name, step] of flow.steps) {
    if (!('branch' in step)) continue;
    const last = step.branch.findIndex((arm) => 'otherwise' in arm);
    if (last >= 0 && last < step.branch.length - 1) {
      place.report(
        'error',
        'unreachable-arm',
        { file: flow.name, path: ['steps', name, 'branch', last + 1] },
        `step "${name}": nothing after "otherwise" is ever looked at.`,
      );
    }
    const conditions = step.branch.flatMap((arm) => ('if' in arm ? [arm.if] : []));
    conditions.forEach((condition, index) => {
      if (conditions.indexOf(condition) === index) return;
      place.report(
        'error',
        'unreachable-arm',
        { file: flow.name, path: ['steps', name, 'branch', index] },
        `step "${name}": the condition "${condition}" stands there twice; the second never counts.`,
      );
    });
  }
}

/** The call should end with words and an outcome, not because the flow it began with is over. */
function checkEntry(place: CheckPlace): void {
  const { entry } = place.pack.settings;
  const flow = place.pack.flows.get(entry);
  if (!flow) return;
  const edges = edgesOf(flow);
  const reachable = reachableSteps(flow, edges);
  for (const { from, to } of edges) {
    if (to !== 'done' || !reachable.has(from)) continue;
    place.report(
      'error',
      'no-outcome',
      { file: entry, path: ['steps', from], atKey: true },
      `step "${from}": the flow that every call begins with is over here; say goodbye and use "end".`,
    );
  }
}
