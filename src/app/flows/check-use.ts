import { shopOperations, type ShopOperation } from '../../core/commerce.ts';
import { requiredPrompts } from '../../dialog/checks-shared.ts';
import type { FlowDefinition, FlowPack } from '../../dialog/flow-pack.ts';
import type { StepSource } from '../../dialog/schema.ts';
import { allWordings, type Prompt } from '../../dialog/wording.ts';
import type { CheckPlace } from './check.ts';
import { ladderSlotOf, slotNameOf } from './check-questions.ts';
import { namesSetBy } from './check-changes.ts';

/** What every shop has, or nobody could be helped at all. */
const basic: ReadonlySet<string> = new Set(['customers', 'orders']);

/** Slots and prompts that nothing uses, and capabilities that are used without being asked for. */
export function checkUse(place: CheckPlace): void {
  checkSlots(place);
  checkPrompts(place);
  for (const flow of place.pack.flows.values()) checkNeeds(place, flow);
}

/** Capabilities that a flow uses, and those of the flows it calls. */
function capabilitiesUsed(pack: FlowPack, flow: FlowDefinition, seen = new Set<string>()): Set<string> {
  const used = new Set<string>();
  if (seen.has(flow.name)) return used;
  seen.add(flow.name);
  for (const step of flow.steps.values()) {
    const capability = capabilityOf(step);
    if (capability !== null) used.add(capability);
    const called = 'call' in step ? pack.flows.get(step.call) : undefined;
    if (called) for (const each of capabilitiesUsed(pack, called, seen)) used.add(each);
  }
  return used;
}

/** A flow names what the shop must be able to do, so that it is not offered where the shop lacks it. */
function checkNeeds(place: CheckPlace, flow: FlowDefinition): void {
  const used = capabilitiesUsed(place.pack, flow);
  for (const [name, step] of flow.steps) {
    const capability = capabilityOf(step);
    if (capability === null) continue;
    const problems = 'problems' in step ? (step.problems ?? {}) : {};
    const isForeseen = 'unsupported_operation' in problems || 'otherwise' in problems;
    if (basic.has(capability) || isForeseen || flow.needs.some((each) => each === capability)) continue;
    place.report(
      'warning',
      'undeclared-need',
      { file: flow.name, path: ['steps', name], atKey: true },
      `step "${name}": a shop may lack "${capability}"; name it under "needs" of the flow, or say under "problems" where to go on "unsupported_operation".`,
    );
  }
  flow.needs.forEach((need, index) => {
    if (used.has(need)) return;
    place.report(
      'warning',
      'unused-need',
      { file: flow.name, path: ['needs', index] },
      `flow "${flow.name}": needs "${need}", but no step of it or of the flows it calls uses that.`,
    );
  });
}

function checkSlots(place: CheckPlace): void {
  const { pack } = place;
  const used = new Set(Object.keys(pack.routing.entities));
  for (const expression of pack.expressions.values()) for (const slot of expression.slots) used.add(slot);
  for (const flow of pack.flows.values()) {
    for (const step of flow.steps.values()) {
      const slot = slotNameOf(step);
      for (const name of [slot, ladderSlotOf(step)]) if (name !== undefined) used.add(name);
      for (const name of namesSetBy(step)) used.add(name);
      if ('ask' in step) for (const name of Object.keys(step.instead ?? {})) used.add(name);
    }
    for (const prompt of flow.prompts.values()) noteValues(prompt, used);
  }
  for (const prompt of pack.prompts.values()) noteValues(prompt, used);
  for (const name of pack.slots.keys()) {
    if (used.has(name)) continue;
    place.report(
      'warning',
      'unused-slot',
      { file: 'slots', path: ['slots', name], atKey: true },
      `slot "${name}": no flow asks for it or uses it.`,
    );
  }
}

function noteValues(prompt: Prompt, used: Set<string>): void {
  for (const wording of allWordings(prompt)) {
    for (const piece of wording.pieces) {
      if (piece.type === 'value') for (const slot of piece.expression.slots) used.add(slot);
    }
  }
}

/** Prompts are named in many places; a name that stands nowhere at all is never said. */
function checkPrompts(place: CheckPlace): void {
  const { pack } = place;
  // The last two are said by the engine where a choice is narrowed down by what the options differ in.
  const shared = new Set<string>([...requiredPrompts, 'which_facet', 'no_such_variant']);
  collectTexts(pack.settings, shared);
  collectTexts(pack.escalation?.source, shared);
  collectTexts([...pack.slots.values()], shared);
  for (const flow of pack.flows.values()) {
    const own = new Set<string>();
    collectTexts([...flow.steps.values()], own);
    for (const name of flow.prompts.keys()) {
      if (own.has(name)) continue;
      place.report(
        'warning',
        'unused-prompt',
        { file: flow.name, path: ['prompts', name], atKey: true },
        `prompt "${name}": no step of this flow says it.`,
      );
    }
    for (const name of own) if (!flow.prompts.has(name)) shared.add(name);
  }
  for (const name of pack.prompts.keys()) {
    if (shared.has(name) || name.startsWith('problem_')) continue;
    place.report(
      'warning',
      'unused-prompt',
      { file: 'prompts', path: ['prompts', name], atKey: true },
      `prompt "${name}": nothing says it.`,
    );
  }
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) collectTexts(each, texts);
}

/** The capability that a step needs of the shop; null for those every shop has. */
function capabilityOf(step: StepSource): string | null {
  const name =
    'lookup' in step
      ? step.lookup
      : 'change' in step
        ? step.change
        : 'ask' in step
          ? step.check?.lookup
          : undefined;
  return name === undefined ? null : shopOperations[name as ShopOperation].capability;
}
