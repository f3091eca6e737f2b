import { suggestion } from '../core/suggestion.ts';
import { checkFlowCall, near, type Pack } from './check-context.ts';
import type { FlowSource, Path } from './flow-source.ts';
import { patternNames } from './schema.ts';

/** Prompts of prompts.yaml that the engine says by itself. */
export const requiredPrompts = [
  'filler',
  'take_your_time',
  'back_to',
  'next_request',
  'options_more',
  'resumed',
  'called_back',
  'give_up',
  'slower_now',
  'not_louder',
  'asr_failed_keys',
  'keys_yes_no',
  'keys_choice',
  'keys_menu',
  'problem_otherwise',
  'queue_place',
  'queue_listening',
  'queue_offer',
  'queue_update',
  'queue_back',
  'queue_keep',
  'queue_sorry',
  'queue_missed',
  'queue_welcome',
  'queue_left',
  'person_joined',
  'person_lost',
  'person_next',
] as const;

/** Checks the entry, the patterns and the ladders of settings.yaml, and the prompts the engine itself says. */
export function checkSettings(pack: Pack): void {
  const { settings, sources } = pack.shared;
  for (const name of requiredPrompts) {
    if (!(name in pack.shared.prompts))
      sources.prompts.report(['prompts'], `the prompt "${name}" is missing.`);
  }
  if (!settings) return;
  const source = sources.settings;
  if (!pack.flows.has(settings.entry)) {
    source.report(['entry'], `there is no flow "${settings.entry}"${near(settings.entry, pack.flows)}.`);
  }
  for (const name of patternNames) {
    checkFlowCall(pack, source, ['patterns', name], `pattern "${name}"`, settings.patterns[name]);
  }
  settings.sensitive.forEach((name, index) => {
    if (!pack.flows.has(name))
      source.report(['sensitive', index], `sensitive: there is no flow "${name}"${near(name, pack.flows)}.`);
  });
  checkRungs(pack, source, ['ladders'], 'ladders', settings.ladders);
  const { format, example } = settings.orderNumber;
  if (format !== undefined && !new RegExp(format, 'i').test(example)) {
    source.report(
      ['orderNumber', 'example'],
      `orderNumber: the example "${example}" does not fit the format.`,
    );
  }
}

function checkRungs(
  pack: Pack,
  source: FlowSource,
  path: Path,
  where: string,
  ladders: Readonly<Record<string, readonly (readonly string[])[] | undefined>>,
): void {
  for (const [kind, rungs] of Object.entries(ladders)) {
    (rungs ?? []).forEach((rung, index) => {
      for (const name of rung) {
        if (name === 'question' || name in pack.shared.prompts) continue;
        const known = ['question', ...pack.prompts.keys()];
        source.report(
          [...path, kind, index],
          `${where}: there is no prompt "${name}"${suggestion(name, known)}.`,
        );
      }
    });
  }
}

/** Checks what the slots name. */
export function checkSlots(pack: Pack): void {
  const source = pack.shared.sources.slots;
  for (const [name, slot] of Object.entries(pack.shared.slots)) {
    const path = ['slots', name];
    const where = `slot "${name}"`;
    if (slot.plausible !== undefined)
      pack.expressions.add(slot.plausible, source, [...path, 'plausible'], where);
    for (const key of ['readBack', 'which', 'goOn', 'byKeys'] as const) {
      const prompt = slot[key];
      if (prompt !== undefined && !(prompt in pack.shared.prompts)) {
        const hint = suggestion(prompt, [...pack.prompts.keys()]);
        source.report([...path, key], `${where}: there is no prompt "${prompt}" in prompts.yaml${hint}.`);
      }
    }
    for (const [part, prompt] of Object.entries(slot.parts ?? {})) {
      if (prompt in pack.shared.prompts) continue;
      const hint = suggestion(prompt, [...pack.prompts.keys()]);
      source.report([...path, 'parts', part], `${where}: there is no prompt "${prompt}"${hint}.`);
    }
    checkRungs(pack, source, [...path, 'ladders'], where, slot.ladders ?? {});
  }
}

/** Checks that every intent has examples and leads somewhere. */
export function checkRouting(pack: Pack): void {
  const { routing, sources, slots, intents } = pack.shared;
  for (const [intent, route] of Object.entries(routing.intents)) {
    const path = ['intents', intent];
    if (!(intent in intents)) {
      const hint = suggestion(intent, Object.keys(intents));
      sources.routing.report(path, `intent "${intent}": has no examples in intents.yaml${hint}.`, {
        atKey: true,
      });
    }
    if ('flow' in route) checkFlowCall(pack, sources.routing, path, `intent "${intent}"`, route);
    if ('answer' in route && !(route.answer in pack.shared.answers)) {
      const hint = suggestion(route.answer, Object.keys(pack.shared.answers));
      sources.routing.report(path, `intent "${intent}": there is no answer "${route.answer}"${hint}.`);
    }
  }
  for (const intent of Object.keys(intents)) {
    if (!(intent in routing.intents)) {
      sources.intents.report([intent], `intent "${intent}": routing.yaml does not say where it goes.`, {
        atKey: true,
      });
    }
  }
  for (const [slot, intent] of Object.entries(routing.entities)) {
    if (!(slot in slots)) sources.routing.report(['entities', slot], `entities: there is no slot "${slot}".`);
    if (!(intent in routing.intents)) {
      sources.routing.report(['entities', slot], `entities: there is no intent "${intent}".`);
    }
  }
  for (const [key, intent] of Object.entries(routing.keys)) {
    if (!(intent in routing.intents))
      sources.routing.report(['keys', key], `keys: there is no intent "${intent}".`);
  }
}

/** Checks the flows, prompts and reasons that the rules of escalation.yaml name. */
export function checkEscalation(pack: Pack): void {
  const { escalation, sources, settings } = pack.shared;
  if (!escalation) return;
  const { flows, apologies = {}, rules } = escalation.source;
  for (const [use, flow] of Object.entries(flows))
    checkFlowCall(pack, sources.escalation, ['flows', use], `flows, ${use}`, { flow });
  for (const [mood, name] of Object.entries(apologies)) {
    if (name === undefined || name in pack.shared.prompts) continue;
    const known = Object.keys(pack.shared.prompts);
    sources.escalation.report(['apologies', mood], `there is no prompt "${name}"${suggestion(name, known)}.`);
  }
  // Without settings there is nothing to compare with, and their own mistake has been reported.
  if (!settings) return;
  const reasons = Object.keys(settings.labels?.reason ?? {});
  rules.forEach(({ rule, reason }, index) => {
    if (reasons.includes(reason)) return;
    sources.escalation.report(
      ['rules', index, 'reason'],
      `rule "${rule}": settings.yaml has no label for the reason "${reason}"${suggestion(reason, reasons)}.`,
    );
  });
}
