import { edgesOf, kindOf } from '../../../src/app/flows/flow-graph.ts';
import type { FlowDefinition, FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { StepSource } from '../../../src/dialog/schema.ts';

/** What a node stands for; decides its colour and form. */
export type NodeKind = 'start' | 'speak' | 'ask' | 'shop' | 'change' | 'decide' | 'call' | 'quiet' | 'end';

export interface GraphNode {
  readonly id: string;
  readonly title: string;
  /** A second line, such as the slot asked for; empty for none. */
  readonly detail: string;
  readonly kind: NodeKind;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** A drawing before it is laid out. */
export interface Graph {
  readonly name: string;
  readonly about: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

const kinds: Readonly<Record<string, NodeKind>> = {
  say: 'speak',
  explain: 'speak',
  ask: 'ask',
  choose: 'ask',
  confirm: 'ask',
  route: 'ask',
  lookup: 'shop',
  change: 'change',
  branch: 'decide',
  call: 'call',
  handover: 'call',
  callback: 'call',
  voicemail: 'call',
  drop: 'end',
  end: 'end',
};

/** The steps of a flow and the ways between them. Ways between the same two steps are drawn as one, with all their labels. */
export function graphOfFlow(flow: FlowDefinition): Graph {
  const nodes: GraphNode[] = [...flow.steps].map(([name, step]) => ({
    id: name,
    title: name,
    detail: detailOf(step),
    kind: kinds[kindOf(step)] ?? 'quiet',
  }));
  const edges: GraphEdge[] = [];
  const begins = (id: string, title: string, to: string) => {
    nodes.push({ id, title, detail: '', kind: 'start' });
    edges.push({ from: id, to, label: '' });
  };
  begins('(start)', 'start', flow.stepNames[0] ?? 'done');
  for (const [pattern, use] of Object.entries(flow.patterns))
    if ('step' in use) begins(`(${pattern})`, `"${pattern}"`, use.step);
  const together = new Map<string, GraphEdge>();
  for (const { from, to, label } of edgesOf(flow)) {
    const key = `${from} ${to}`;
    const before = together.get(key);
    const labels = [before?.label ?? '', label].filter((each) => each !== '');
    together.set(key, { from, to, label: labels.join('\n') });
  }
  edges.push(...together.values());
  if (edges.some(({ to }) => to === 'done'))
    nodes.push({ id: 'done', title: 'done', detail: '', kind: 'end' });
  return { name: flow.name, about: flow.about, nodes, edges };
}

/** Which flow leads to which: by a call, a wish, or a pattern. */
export function graphOfPack(pack: FlowPack): Graph {
  const nodes: GraphNode[] = [...pack.flows.values()].map(({ name }) => ({
    id: name,
    title: name,
    detail: '',
    kind: name === pack.settings.entry ? 'start' : 'call',
  }));
  const together = new Map<string, Set<string>>();
  const add = (from: string, to: string, label: string) => {
    const key = `${from} ${to}`;
    together.set(key, (together.get(key) ?? new Set()).add(label));
  };
  for (const { name, steps, patterns } of pack.flows.values()) {
    for (const step of steps.values()) if ('call' in step) add(name, step.call, '');
    for (const [pattern, use] of Object.entries(patterns)) if ('flow' in use) add(name, use.flow, `"${pattern}"`);
  }
  for (const route of Object.values(pack.routing.intents))
    if ('flow' in route) add(pack.settings.entry, route.flow, 'wish');
  nodes.push({ id: '(any)', title: 'any flow', detail: '', kind: 'quiet' });
  for (const [pattern, use] of Object.entries(pack.settings.patterns)) add('(any)', use.flow, pattern);
  const edges = [...together].map(([key, labels]): GraphEdge => {
    const [from = '', to = ''] = key.split(' ');
    return { from, to, label: [...labels].filter((label) => label !== '').join('\n') };
  });
  return { name: 'overview', about: 'Which flow leads to which.', nodes, edges };
}

function detailOf(step: StepSource): string {
  const kind = kindOf(step);
  if ('say' in step) return `say ${[step.say].flat().join(', ')}`;
  if ('branch' in step) return '';
  if ('set' in step) return `set ${Object.keys(step.set).join(', ')}`;
  if ('handover' in step) return 'to a person';
  if ('call' in step) return `${step.background === true ? 'meanwhile' : 'call'} ${step.call}`;
  const value: unknown = Reflect.get(step, kind);
  return typeof value === 'string' ? `${kind} ${value}` : kind;
}
