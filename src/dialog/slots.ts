import type { Expecting } from '../core/dialog.ts';
import type { SlotDefinition, StepOf } from './schema.ts';
import type { Json } from './state.ts';
import { DialogDefect, type Turn } from './turn.ts';

export function slotOf(turn: Turn, name: string): SlotDefinition {
  const slot = turn.pack.slots.get(name);
  if (!slot) throw new DialogDefect(`There is no slot "${name}".`);
  return slot;
}

/** The slot whose kind, prompts and ladders count for a question: the one asked for, unless the step names another. */
export function listensLike(step: StepOf<'ask'>): string {
  return step.like ?? step.ask;
}

/** The slot's own times for the end of an answer and for silence. */
export function timing(slot: SlotDefinition): Pick<Expecting, 'endOfTurnMs' | 'noInputMs'> {
  return {
    ...(slot.endOfTurnMs !== undefined && { endOfTurnMs: slot.endOfTurnMs }),
    ...(slot.noInputMs !== undefined && { noInputMs: slot.noInputMs }),
  };
}

/**
 * The values of a slot that are likely in this call, such as the numbers of the caller's own orders. Addresses are JSON texts of their
 * parts, as captured ones are.
 */
export function plausibleValues(turn: Turn, name: string): string[] {
  const { plausible } = slotOf(turn, name);
  const values = plausible === undefined ? [] : turn.evaluate(plausible);
  if (!Array.isArray(values)) return [];
  return values.flatMap((value) => {
    if (typeof value === 'string' || typeof value === 'number') return [String(value)];
    return typeof value === 'object' && value !== null ? [JSON.stringify(filledParts(value))] : [];
  });
}

/** Shops have empty and null parts where there is no second line. */
function filledParts(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null && part !== ''));
}
