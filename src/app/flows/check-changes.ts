import type { FlowDefinition } from '../../dialog/flow-pack.ts';
import type { StepOf, StepSource } from '../../dialog/schema.ts';
import { isFixed } from '../../dialog/wording.ts';
import type { CheckPlace } from './check.ts';
import { closure, edgesOf, reachableSteps, type FlowEdge } from './flow-graph.ts';

/** Changes that the engine would refuse because no yes leads to them, or not for what was read back. */
export function checkChanges(place: CheckPlace): void {
  for (const flow of place.pack.flows.values()) {
    const edges = edgesOf(flow);
    for (const [name, step] of flow.steps) {
      if ('change' in step && flow.steps.has(step.agreed)) checkChange(place, flow, edges, name, step);
    }
  }
}

function checkChange(
  place: CheckPlace,
  flow: FlowDefinition,
  edges: readonly FlowEdge[],
  name: string,
  step: StepOf<'change'>,
): void {
  const confirmation = flow.steps.get(step.agreed);
  if (!confirmation || !('confirm' in confirmation)) return;
  const at = { file: flow.name, path: ['steps', name, 'agreed'] };
  const isYes = (edge: FlowEdge) => edge.from === step.agreed && edge.path[0] === 'yes';
  const afterYes = closure([confirmation.yes], edges, 'from', 'to');
  if (!afterYes.has(name)) {
    place.report('error', 'unconfirmed-change', at, `step "${name}": the yes of "${step.agreed}" never leads here.`);
    return;
  }
  const withoutYes = edges.filter((edge) => !isYes(edge));
  if (reachableSteps(flow, withoutYes).has(name)) {
    place.report(
      'error',
      'unconfirmed-change',
      at,
      `step "${name}": can be reached without the yes of "${step.agreed}"; then nothing is changed.`,
    );
  }
  checkReadBack(place, flow, step.agreed, confirmation);
  checkUntouched(place, flow, edges, name, step, confirmation.yes);
}

/** The question before a change should say what will be changed. */
function checkReadBack(
  place: CheckPlace,
  flow: FlowDefinition,
  name: string,
  confirmation: StepOf<'confirm'>,
): void {
  const own = flow.prompts.get(confirmation.prompt);
  const prompt = own ?? place.pack.prompts.get(confirmation.prompt);
  if (!prompt) return;
  const fixed = [...prompt.voice.en, ...prompt.voice.zh].find(isFixed);
  if (!fixed) return;
  place.report(
    'warning',
    'no-read-back',
    { file: own ? flow.name : 'prompts', path: ['prompts', confirmation.prompt] },
    `prompt "${confirmation.prompt}": "${fixed.source}" asks for a yes to a change (step "${name}") without reading back what will be changed.`,
  );
}

/** The yes holds for exactly what was read back, so nothing on the way may alter what the change sends. */
function checkUntouched(
  place: CheckPlace,
  flow: FlowDefinition,
  edges: readonly FlowEdge[],
  name: string,
  step: StepOf<'change'>,
  yes: string,
): void {
  const needed = new Set(
    Object.values(step.input).flatMap((text) => {
      const expression = place.pack.expressions.get(text);
      return expression ? [...expression.slots, ...expression.names] : [];
    }),
  );
  // The way from the yes to the change; what lies beyond the change itself does not count.
  const inner = edges.filter(({ from }) => from !== name && from !== step.agreed);
  const fromYes = closure([yes], inner, 'from', 'to');
  const toChange = closure([name], inner, 'to', 'from');
  for (const between of fromYes) {
    const other = flow.steps.get(between);
    if (!other || between === name || !toChange.has(between)) continue;
    const altered = namesSetBy(other).filter((each) => needed.has(each));
    if (altered.length === 0) continue;
    place.report(
      'error',
      'altered-change',
      { file: flow.name, path: ['steps', between], atKey: true },
      `step "${between}": alters ${altered.map((each) => `"${each}"`).join(', ')} after the yes of "${step.agreed}", so "${name}" would be refused.`,
    );
  }
}

/** Slots and variables that a step gives a value to. */
export function namesSetBy(step: StepSource): string[] {
  const names: string[] = [];
  if ('set' in step) names.push(...Object.keys(step.set));
  if ('save' in step) names.push(...Object.keys(step.save ?? {}));
  if ('with' in step) names.push(...Object.keys(step.with ?? {}));
  if ('ask' in step) names.push(step.ask, ...Object.keys(step.check?.save ?? {}));
  if ('choose' in step) names.push(step.choose);
  if ('confirm' in step) names.push(step.confirm);
  return names;
}
