import { z } from 'zod';
import { shopOperations, type ShopOperation } from '../core/commerce.ts';
import { suggestion } from '../core/suggestion.ts';
import { checkFlowCall, near, type Pack } from './check-context.ts';
import { checkEscalation, checkRouting, checkSettings, checkSlots } from './checks-shared.ts';
import { alwaysInScope, sometimesInScope } from './expressions.ts';
import type { FlowDraft } from './flow-pack.ts';
import type { Path } from './flow-source.ts';
import type { StepSource } from './schema.ts';

/** Kinds of step that a flow in the background may have: those that neither speak nor listen. */
const silentKinds: ReadonlySet<string> = new Set(['lookup', 'branch', 'set', 'note']);

/** Reports everything that refers to something that does not exist, and every change that nobody agreed to. */
export function checkReferences(pack: Pack): void {
  for (const draft of pack.drafts) checkFlow(pack, draft);
  checkSettings(pack);
  checkSlots(pack);
  checkRouting(pack);
  checkEscalation(pack);
  checkNames(pack);
}

function checkFlow(pack: Pack, draft: FlowDraft): void {
  const { source } = draft;
  for (const [name, step] of draft.steps) {
    const place = new StepPlace(pack, draft, name);
    checkStep(place, step);
    for (const [path, target] of targetsOf(step)) place.target(path, target);
  }
  for (const [pattern, use] of Object.entries(draft.head.patterns ?? {})) {
    const path = ['patterns', pattern];
    if ('step' in use) {
      if (!draft.steps.has(use.step) && !(use.step in draft.head.steps)) {
        source.report(
          path,
          `pattern "${pattern}": there is no step "${use.step}"${near(use.step, draft.steps)}.`,
        );
      }
    } else {
      checkFlowCall(pack, source, path, `pattern "${pattern}"`, use);
    }
  }
}

/** A step being checked: what it names is looked up here, and reported at its line when it does not exist. */
class StepPlace {
  readonly pack: Pack;
  readonly draft: FlowDraft;
  readonly name: string;

  constructor(pack: Pack, draft: FlowDraft, name: string) {
    this.pack = pack;
    this.draft = draft;
    this.name = name;
  }

  report(path: Path, sentence: string): void {
    this.draft.source.report(['steps', this.name, ...path], `step "${this.name}": ${sentence}.`);
  }

  target(path: Path, target: string): void {
    if (target === 'done' || target in this.draft.head.steps) return;
    this.report(path, `there is no step "${target}"${near(target, this.draft.steps)}`);
  }

  prompt(path: Path, name: string): void {
    const { prompts } = this.draft.head;
    if ((prompts && name in prompts) || this.pack.prompts.has(name) || name in this.pack.shared.prompts)
      return;
    const known = [...Object.keys(prompts ?? {}), ...this.pack.prompts.keys()];
    this.report(path, `there is no prompt "${name}"${suggestion(name, known)}`);
  }

  slot(path: Path, name: string): void {
    if (name in this.pack.shared.slots) return;
    this.report(path, `there is no slot "${name}"${suggestion(name, Object.keys(this.pack.shared.slots))}`);
  }

  vocabulary(path: Path, name: string): void {
    const known = Object.keys(this.pack.shared.settings?.vocabulary ?? {});
    if (this.pack.shared.settings && !known.includes(name))
      this.report(path, `settings.yaml has no vocabulary "${name}"${suggestion(name, known)}`);
  }

  expression(path: Path, text: string | undefined): void {
    if (text === undefined) return;
    this.pack.expressions.add(text, this.draft.source, ['steps', this.name, ...path], `step "${this.name}"`);
  }

  expressions(path: Path, texts: Readonly<Record<string, string>> | undefined): void {
    for (const [key, text] of Object.entries(texts ?? {})) this.expression([...path, key], text);
  }

  /** Checks an operation of the shop and the names of its input. */
  operation(
    path: Path,
    inputPath: Path,
    name: string,
    write: boolean,
    input: Readonly<Record<string, string>>,
  ): void {
    if (!isOperation(name)) {
      this.report(
        path,
        `the shop has no operation "${name}"${suggestion(name, Object.keys(shopOperations))}`,
      );
      return;
    }
    const operation = shopOperations[name];
    if (operation.needsYes && !write) {
      this.report(
        path,
        `"${name}" changes something at the shop: use "change" with a confirm step before it`,
      );
    } else if (!operation.write && write) {
      this.report(path, `"${name}" only reads: use "lookup"`);
    }
    this.expressions(inputPath, input);
    const fields: Readonly<Record<string, z.ZodType>> | undefined =
      operation.input instanceof z.ZodObject ? operation.input.shape : undefined;
    if (!fields) return;
    for (const key of Object.keys(input)) {
      if (!(key in fields)) {
        this.report(
          [...inputPath, key],
          `"${name}" takes no "${key}"${suggestion(key, Object.keys(fields))}`,
        );
      }
    }
    for (const [key, field] of Object.entries(fields)) {
      if (!(key in input) && !field.safeParse(undefined).success) {
        this.report(inputPath, `"${name}" needs "${key}" as input`);
      }
    }
  }
}

function isOperation(name: string): name is ShopOperation {
  return Object.hasOwn(shopOperations, name);
}

function checkStep(place: StepPlace, step: StepSource): void {
  if ('done' in step && step.done !== undefined) place.prompt(['done'], step.done);
  if ('prompt' in step) place.prompt(['prompt'], step.prompt);
  if ('save' in step) place.expressions(['save'], step.save);
  if ('say' in step) {
    for (const name of typeof step.say === 'string' ? [step.say] : step.say) place.prompt(['say'], name);
  } else if ('ask' in step) {
    place.slot(['ask'], step.ask);
    if (step.like !== undefined) place.slot(['like'], step.like);
    place.expression(['valid'], step.valid);
    if (step.check) {
      place.operation(['check', 'lookup'], ['check', 'input'], step.check.lookup, false, step.check.input);
      place.expression(['check', 'guesses'], step.check.guesses);
      place.expression(['check', 'accept'], step.check.accept);
      place.expressions(['check', 'save'], step.check.save);
    }
    for (const slot of Object.keys(step.instead ?? {})) place.slot(['instead', slot], slot);
  } else if ('choose' in step) {
    place.slot(['choose'], step.choose);
    place.prompt(['label'], step.label);
    place.expression(['from'], step.from);
    place.expression(['id'], step.id);
    for (const key of ['words', 'price', 'inStock', 'facets', 'keep'] as const)
      place.expression([key], step[key]);
    if (step.vocabulary !== undefined) place.vocabulary(['vocabulary'], step.vocabulary);
  } else if ('confirm' in step) {
    place.slot(['confirm'], step.confirm);
    checkConfirm(place, step);
  } else if ('route' in step) {
    place.slot(['route'], step.route);
  } else if ('lookup' in step) {
    place.operation(['lookup'], ['input'], step.lookup, false, step.input);
  } else if ('change' in step) {
    checkChange(place, step);
  } else if ('branch' in step) {
    step.branch.forEach((arm, index) => {
      if ('if' in arm) place.expression(['branch', index, 'if'], arm.if);
    });
  } else if ('call' in step) {
    checkCall(place, step);
  } else if ('set' in step) {
    place.expressions(['set'], step.set);
  } else if ('note' in step) {
    place.expressions(['data'], step.data);
  } else if ('explain' in step) {
    place.expression(['explain'], step.explain);
  } else if ('handover' in step) {
    const { queue, ...always } = step.handover;
    place.expressions(['handover'], { ...always, ...(queue !== undefined && { queue }) });
  } else if ('callback' in step) {
    place.expressions(['callback'], step.callback);
  } else if ('voicemail' in step) {
    place.expression(['voicemail', 'reason'], step.voicemail.reason);
  }
}

/** Words that count as a yes are no agreement to a change: that takes a clear one. */
function checkConfirm(place: StepPlace, step: Extract<StepSource, { confirm: string }>): void {
  place.expression(['yesIf'], step.yesIf);
  const rests = [...place.draft.steps].find(([, each]) => 'change' in each && each.agreed === place.name);
  if (step.yesIf !== undefined && rests) {
    place.report(['yesIf'], `the change "${rests[0]}" rests on this question, so only a clear yes counts`);
  }
  step.correct?.forEach((name, index) => {
    const target = place.draft.steps.get(name);
    if (target && !('choose' in target) && !('ask' in target)) {
      const sentence = `"${name}" asks for no value: only ask and choose steps can be corrected`;
      place.report(['correct', index], sentence);
    }
  });
}

function checkChange(place: StepPlace, step: Extract<StepSource, { change: string }>): void {
  place.operation(['change'], ['input'], step.change, true, step.input);
  const confirmation = place.draft.steps.get(step.agreed);
  if (!confirmation || !('confirm' in confirmation)) {
    place.report(
      ['agreed'],
      `"${step.agreed}" is no confirm step of this flow: a change needs a read-back and a yes`,
    );
  }
}

function checkCall(place: StepPlace, step: Extract<StepSource, { call: string }>): void {
  const { pack, draft } = place;
  checkFlowCall(pack, draft.source, ['steps', place.name, 'call'], `step "${place.name}"`, {
    flow: step.call,
    with: step.with,
  });
  if (step.background !== true) return;
  for (const [name, inner] of pack.flows.get(step.call)?.steps ?? []) {
    const kind = Object.keys(inner).find((key) => !['done', 'next'].includes(key)) ?? '';
    if (!silentKinds.has(Object.keys(inner).find((key) => silentKinds.has(key)) ?? '')) {
      place.report(['call'], `"${step.call}" cannot run in the background: its step "${name}" does ${kind}`);
    }
  }
}

/** Every target that a step names, with its place in the step. */
export function targetsOf(step: StepSource): [Path, string][] {
  const targets: [Path, string][] = [];
  const add = (path: Path, target: string | undefined) => {
    if (target !== undefined) targets.push([path, target]);
  };
  if ('next' in step) add(['next'], step.next);
  if ('failed' in step) add(['failed'], step.failed);
  if ('yes' in step) add(['yes'], step.yes);
  if ('no' in step) add(['no'], step.no);
  if ('correct' in step) step.correct?.forEach((target, index) => add(['correct', index], target));
  if ('handover' in step) {
    add(['unavailable'], step.unavailable);
    add(['refused'], step.refused);
    add(['rather'], step.rather);
  }
  if ('wrong' in step) add(['wrong'], step.wrong);
  if ('none' in step) add(['none'], step.none);
  if ('ask' in step) {
    add(['cannot'], step.cannot);
    add(['missing'], step.missing);
    for (const [slot, target] of Object.entries(step.instead ?? {})) add(['instead', slot], target);
  }
  if ('problems' in step) {
    for (const [code, target] of Object.entries(step.problems ?? {})) add(['problems', code], target);
  }
  if ('branch' in step) {
    step.branch.forEach((arm, index) => {
      if ('if' in arm) add(['branch', index, 'next'], arm.next);
      else add(['branch', index, 'otherwise'], arm.otherwise);
    });
  }
  return targets;
}

/** Names that expressions read: slots must be declared, variables must be set by some flow. */
function checkNames(pack: Pack): void {
  const variables = new Set<string>([...alwaysInScope, ...sometimesInScope, ...variablesOf(pack)]);
  const slots = pack.shared.slots;
  for (const { expression, source, path, where } of pack.expressions.uses) {
    for (const name of expression.names) {
      if (variables.has(name)) continue;
      source.report(path, `${where}: nothing is called "${name}"${suggestion(name, [...variables])}.`);
    }
    for (const slot of expression.slots) {
      if (!(slot in slots)) {
        source.report(path, `${where}: there is no slot "${slot}"${suggestion(slot, Object.keys(slots))}.`);
      }
    }
  }
}

/** Variables that the engine itself sets. */
const engineVariables = ['missing_value', 'day_part', 'handover_reason', 'handover_skill'];

/** Every name that `set`, `save` or `with` gives a value to, without the slots. */
export function variablesOf(pack: Pick<Pack, 'drafts' | 'shared'>): string[] {
  const names = new Set<string>(engineVariables);
  const add = (values: Readonly<Record<string, string>> | undefined) => {
    for (const key of Object.keys(values ?? {})) if (!(key in pack.shared.slots)) names.add(key);
  };
  for (const { steps, head } of pack.drafts) {
    for (const step of steps.values()) {
      if ('save' in step) add(step.save);
      if ('set' in step) add(step.set);
      if ('with' in step) add(step.with);
      if ('ask' in step) add(step.check?.save);
    }
    for (const use of Object.values(head.patterns ?? {})) if ('flow' in use) add(use.with);
  }
  for (const use of Object.values(pack.shared.settings?.patterns ?? {})) add(use.with);
  for (const route of Object.values(pack.shared.routing.intents)) if ('flow' in route) add(route.with);
  return [...names];
}
