import { languages } from '../../core/language.ts';
import type { LadderKind, StepSource } from '../../dialog/schema.ts';
import type { CheckPlace } from './check.ts';
import { asksCaller } from './flow-graph.ts';

const ladderNames: Readonly<Record<LadderKind, string>> = {
  noMatch: 'when the answer does not fit',
  noInput: 'when the caller says nothing',
  unintelligible: 'when nobody could make out what was said',
  notFound: 'when the shop does not know the value',
};

/** Questions that have no answer to silence or to what does not fit, and questions asked twice in the same words. */
export function checkQuestions(place: CheckPlace): void {
  checkLadders(place);
  for (const flow of place.pack.flows.values()) {
    for (const [name, step] of flow.steps) {
      if (!asksCaller(step)) continue;
      checkSilence(place, flow.name, name, step);
      checkSecondWording(place, flow.name, name, step);
    }
  }
}

/** The slot a step asks for. */
export function slotNameOf(step: StepSource): string | undefined {
  if ('ask' in step) return step.ask;
  if ('choose' in step) return step.choose;
  if ('confirm' in step) return step.confirm;
  return 'route' in step ? step.route : undefined;
}

/** The slot whose ladders count for a step. */
export function ladderSlotOf(step: StepSource): string | undefined {
  return 'ask' in step && step.like !== undefined ? step.like : slotNameOf(step);
}

/** Every kind of misunderstanding needs at least one further try. */
function checkSilence(place: CheckPlace, flow: string, name: string, step: StepSource): void {
  const slotName = ladderSlotOf(step) ?? '';
  const slot = place.pack.slots.get(slotName);
  const kinds: LadderKind[] = ['noMatch', 'noInput', 'unintelligible'];
  if ('ask' in step && step.check && step.missing === undefined) kinds.push('notFound');
  for (const kind of kinds) {
    const rungs = slot?.ladders?.[kind] ?? place.pack.settings.ladders[kind];
    if (rungs.length > 0) continue;
    place.report(
      'error',
      'missing-ladder',
      { file: flow, path: ['steps', name] , atKey: true },
      `step "${name}": nothing is said ${ladderNames[kind]}: the ladder ${kind} for "${slotName}" has no rung.`,
    );
  }
}

function checkLadders(place: CheckPlace): void {
  const { settings, slots } = place.pack;
  const check = (file: string, path: readonly string[], where: string, kind: string, rungs: number) => {
    if (rungs <= settings.tries) return;
    place.report(
      'warning',
      'unreachable-rung',
      { file, path: [...path, kind, settings.tries] },
      `${where}: the ladder ${kind} has ${String(rungs)} rungs, but "tries" of settings.yaml ends it after ${String(settings.tries)}.`,
    );
  };
  for (const [kind, rungs] of Object.entries(settings.ladders))
    check('settings', ['ladders'], 'ladders', kind, rungs.length);
  for (const [name, slot] of slots) {
    for (const [kind, rungs = []] of Object.entries(slot.ladders ?? {}))
      check('slots', ['slots', name, 'ladders'], `slot "${name}"`, kind, rungs.length);
  }
}

function checkSecondWording(place: CheckPlace, flow: string, name: string, step: StepSource): void {
  if (!('prompt' in step)) return;
  const own = place.pack.flows.get(flow)?.prompts.get(step.prompt);
  const prompt = own ?? place.pack.prompts.get(step.prompt);
  const single = languages.filter((language) => (prompt?.voice[language].length ?? 2) < 2);
  if (single.length === 0) return;
  place.report(
    'warning',
    'same-words',
    { file: own ? flow : 'prompts', path: ['prompts', step.prompt, single[0] ?? 'en'] },
    `prompt "${step.prompt}": step "${name}" may ask it again, but it has one wording only (${single.join(', ')}).`,
  );
}
