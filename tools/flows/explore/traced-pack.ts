import type { FlowDefinition, FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { FlowCall, StepSource } from '../../../src/dialog/schema.ts';
import { edgesOf, type FlowEdge } from '../../../src/app/flows/flow-graph.ts';

/** A map that tells which of its entries are looked up. */
class WatchedMap<Value> extends Map<string, Value> {
  readonly #watch: (key: string) => void;

  constructor(entries: Iterable<readonly [string, Value]>, watch: (key: string) => void) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    this.#watch = watch;
  }

  override get(key: string): Value | undefined {
    this.#watch(key);
    return super.get(key);
  }
}

/** The name of a way from a step, and of the step put into it. */
export function armName(flow: string, edge: FlowEdge): string {
  return `${flow}.${edge.from} ${edge.path.length === 0 ? 'below' : edge.path.map(String).join(' ')}`;
}

/**
 * The same flows with a step of its own in every way from a step to another, so that it can be seen which ways are gone: the engine
 * is pure and tells nothing but what it says and where it waits. `hit` is told the names of steps and ways as they are used.
 */
export function tracePack(pack: FlowPack, hit: (name: string) => void): FlowPack {
  return {
    ...pack,
    flows: new Map([...pack.flows].map(([name, flow]) => [name, traceFlow(flow, hit)])),
  };
}

function traceFlow(flow: FlowDefinition, hit: (name: string) => void): FlowDefinition {
  const steps = new Map<string, StepSource>();
  const probes = new Map<string, StepSource>();
  const edges = edgesOf(flow);
  for (const [name, step] of flow.steps) {
    const traced = structuredClone(step);
    for (const edge of edges.filter((each) => each.from === name && !isCorrection(each))) {
      const probe = armName(flow.name, edge);
      redirect(traced, edge, probe);
      probes.set(probe, { branch: [{ otherwise: edge.to }] });
    }
    steps.set(name, traced);
  }
  const patterns: Record<string, FlowCall | { readonly step: string }> = { ...flow.patterns };
  for (const [pattern, use] of Object.entries(flow.patterns)) {
    if (!('step' in use)) continue;
    const probe = patternName(flow.name, pattern);
    probes.set(probe, { branch: [{ otherwise: use.step }] });
    patterns[pattern] = { step: probe };
  }
  const all = [...steps, ...probes];
  return {
    ...flow,
    steps: new WatchedMap(all, (name) => hit(probes.has(name) ? name : `${flow.name}.${name}`)),
    stepNames: all.map(([name]) => name),
    patterns,
  };
}

/** A way that a caller opens by correcting a value: the engine looks for a step that asks, so nothing can be put in between. */
export function isCorrection({ path }: FlowEdge): boolean {
  return path[0] === 'correct';
}

export function patternName(flow: string, pattern: string): string {
  return `${flow} pattern ${pattern}`;
}

/** Lets a way of a step lead to the probe instead. */
function redirect(step: StepSource, edge: FlowEdge, probe: string): void {
  if (edge.path.length === 0) {
    if ('branch' in step) step.branch.push({ otherwise: probe });
    else Object.assign(step, { next: probe });
    return;
  }
  let owner: object = step;
  for (const key of edge.path.slice(0, -1)) owner = Reflect.get(owner, key) as object;
  Reflect.set(owner, edge.path.at(-1) ?? '', probe);
}
