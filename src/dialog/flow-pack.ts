import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import type { Capability } from '../core/commerce.ts';
import { KefuError } from '../core/errors.ts';
import { languages, type Language } from '../core/language.ts';
import type { IntentExamples } from '../core/understanding.ts';
import { suggestion } from '../core/suggestion.ts';
import { compileCodeShape, type CodeShape } from './capture/code-shape.ts';
import { checkReferences, variablesOf } from './checks.ts';
import { compileEscalation, type Escalation } from './escalation-rules.ts';
import { ExpressionTable } from './expression-table.ts';
import type { Expression } from './expressions.ts';
import { check, readFlowSource, type FlowProblem, type FlowSource } from './flow-source.ts';
import {
  answersFileSchema,
  flowHeadSchema,
  intentsFileSchema,
  promptsFileSchema,
  routingFileSchema,
  settingsFileSchema,
  slotsFileSchema,
  stepKinds,
  stepSchemas,
  type FlowCall,
  type PatternName,
  type PromptSource,
  type Routing,
  type Settings,
  type SlotDefinition,
  type StepSource,
} from './schema.ts';
import { compilePrompt, compileWording, type Prompt } from './wording.ts';

/** A flow, ready to run. */
export interface FlowDefinition {
  readonly name: string;
  readonly about: string;
  /** Steps by name, in the order of the file: where a step names no next one, the one below follows. */
  readonly steps: ReadonlyMap<string, StepSource>;
  readonly stepNames: readonly string[];
  /** What the shop must be able to do for this flow. */
  readonly needs: readonly Capability[];
  readonly patterns: Readonly<Partial<Record<PatternName, FlowCall | { readonly step: string }>>>;
  /** The flow's own prompts; those of the pack come after them. */
  readonly prompts: ReadonlyMap<string, Prompt>;
}

/** Everything that a folder of flows says, checked and compiled. Immutable. */
export interface FlowPack {
  /** Hash of the content: the same files have the same version. */
  readonly version: string;
  readonly settings: Settings;
  readonly routing: Routing;
  readonly slots: ReadonlyMap<string, SlotDefinition>;
  readonly flows: ReadonlyMap<string, FlowDefinition>;
  readonly prompts: ReadonlyMap<string, Prompt>;
  /** Answers to plain questions, by name. */
  readonly answers: ReadonlyMap<string, Prompt>;
  readonly intents: readonly IntentExamples[];
  /** When a person is offered or brought; undefined: only when the caller asks. */
  readonly escalation: Escalation | undefined;
  readonly expressions: ReadonlyMap<string, Expression>;
  /** Null for every slot, and for every other name that some flow gives a value to. */
  readonly unset: {
    readonly slots: Readonly<Record<string, null>>;
    readonly variables: Readonly<Record<string, null>>;
  };
  readonly orderNumber: CodeShape;
  readonly postalCode: CodeShape;
}

/** A flow as it is being read; what could not be read is left out and has been reported. */
export interface FlowDraft {
  readonly source: FlowSource;
  readonly name: string;
  readonly head: z.output<typeof flowHeadSchema>;
  readonly steps: ReadonlyMap<string, StepSource>;
}

/** The files that are no flows, as far as they could be read. */
export interface SharedDraft {
  readonly sources: Readonly<Record<SharedFile, FlowSource>>;
  readonly settings: Settings | undefined;
  readonly slots: Readonly<Record<string, SlotDefinition>>;
  readonly routing: Routing;
  readonly prompts: Readonly<Record<string, PromptSource>>;
  readonly answers: Readonly<Record<string, PromptSource>>;
  readonly escalation: Escalation | undefined;
  readonly intents: Readonly<
    Record<string, { readonly en: readonly string[]; readonly zh: readonly string[] }>
  >;
}

const sharedFiles = ['settings', 'slots', 'routing', 'prompts', 'intents', 'answers', 'escalation'] as const;
type SharedFile = (typeof sharedFiles)[number];
/** A shop without plain questions needs no file for their answers, and one without rules for escalation none for these. */
const optionalFiles: readonly SharedFile[] = ['answers', 'escalation'];

/**
 * Reads all `*.yaml` files of a folder. Rejects with `flow_invalid` naming every problem found, one line each:
 * `file:line: sentence`.
 */
export async function loadFlowPack(directory: string): Promise<FlowPack> {
  return compileFlowPack(await readFiles(directory), directory);
}

/** The same for files at hand, by name. Throws `flow_invalid`. */
export function compileFlowPack(files: ReadonlyMap<string, string>, place = 'the flows'): FlowPack {
  const problems: FlowProblem[] = [];
  const names = [...files.keys()].sort();
  const sources = new Map(
    names.map((name) => [basename(name, '.yaml'), readFlowSource(name, files.get(name) ?? '', problems)]),
  );
  const shared = readShared(sources, problems);
  const drafts = [...sources]
    .filter(([name]) => !(sharedFiles as readonly string[]).includes(name))
    .flatMap(([name, source]) => readFlow(name, source) ?? []);
  const expressions = new ExpressionTable();
  const prompts = compilePrompts(shared.sources.prompts, 'shared', shared.prompts, expressions);
  const answers = compilePrompts(shared.sources.answers, 'answers', shared.answers, expressions, 'answers');
  const flows = new Map(
    drafts.map((draft): [string, FlowDefinition] => [
      draft.name,
      {
        name: draft.name,
        about: draft.head.about,
        steps: draft.steps,
        stepNames: [...draft.steps.keys()],
        needs: draft.head.needs ?? [],
        patterns: draft.head.patterns ?? {},
        prompts: compilePrompts(draft.source, draft.name, draft.head.prompts ?? {}, expressions),
      },
    ]),
  );
  checkReferences({ drafts, shared, flows, prompts, expressions });
  const { settings } = shared;
  if (problems.length > 0 || !settings) throw invalid(problems, place);
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\n${files.get(name) ?? ''}\n`);
  return {
    version: hash.digest('hex').slice(0, 12),
    settings,
    routing: shared.routing,
    slots: new Map(Object.entries(shared.slots)),
    flows,
    prompts,
    answers,
    intents: Object.entries(shared.intents).map(([intent, examples]) => ({ intent, examples })),
    escalation: shared.escalation,
    expressions: expressions.compiled,
    unset: { slots: nulls(Object.keys(shared.slots)), variables: nulls(variablesOf({ drafts, shared })) },
    orderNumber: compileCodeShape(settings.orderNumber),
    postalCode: compileCodeShape(settings.postalCode),
  };
}

async function readFiles(directory: string): Promise<Map<string, string>> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.yaml'));
  } catch (error) {
    throw new KefuError('flow_invalid', `The folder ${directory} cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
  const entries = names.map(async (name): Promise<[string, string]> => [
    name,
    await readFile(join(directory, name), 'utf8'),
  ]);
  return new Map(await Promise.all(entries));
}

function readShared(sources: ReadonlyMap<string, FlowSource>, problems: FlowProblem[]): SharedDraft {
  const source = (name: SharedFile): FlowSource => {
    const found = sources.get(name);
    if (found) return found;
    if (!optionalFiles.includes(name))
      problems.push({ file: `${name}.yaml`, line: 1, sentence: 'the file is missing.' });
    return readFlowSource(`${name}.yaml`, '{}', []);
  };
  const all = Object.fromEntries(sharedFiles.map((name) => [name, source(name)])) as Record<
    SharedFile,
    FlowSource
  >;
  const read = <Schema extends z.ZodType>(name: SharedFile, schema: Schema) =>
    sources.has(name) && all[name].content !== undefined
      ? check(all[name], schema, all[name].content)
      : undefined;
  return {
    sources: all,
    settings: read('settings', settingsFileSchema),
    slots: read('slots', slotsFileSchema)?.slots ?? {},
    routing: read('routing', routingFileSchema) ?? { intents: {}, entities: {}, keys: {} },
    prompts: read('prompts', promptsFileSchema)?.prompts ?? {},
    answers: read('answers', answersFileSchema)?.answers ?? {},
    intents: read('intents', intentsFileSchema) ?? {},
    escalation: sources.has('escalation') ? compileEscalation(all.escalation) : undefined,
  };
}

function readFlow(name: string, source: FlowSource): FlowDraft | undefined {
  if (source.content === undefined) return undefined;
  const head = check(source, flowHeadSchema, source.content);
  if (!head) return undefined;
  if (head.flow !== name)
    source.report(['flow'], `the flow is called "${head.flow}" but its file ${name}.yaml.`);
  const steps = new Map<string, StepSource>();
  for (const [stepName, content] of Object.entries(head.steps)) {
    const step = readStep(source, stepName, content);
    if (step) steps.set(stepName, step);
  }
  if (Object.keys(head.steps).length === 0) source.report(['steps'], 'the flow has no steps.');
  return { source, name, head, steps };
}

function readStep(source: FlowSource, name: string, content: unknown): StepSource | undefined {
  const path = ['steps', name];
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    source.report(path, `step "${name}": must be a block of names and values.`);
    return undefined;
  }
  const kinds = stepKinds.filter((kind) => kind in content);
  const [kind] = kinds;
  if (kind === undefined) {
    const keys = Object.keys(content);
    const near = keys.map((key) => suggestion(key, stepKinds)).find((text) => text.includes('did you mean'));
    source.report(
      path,
      `step "${name}": says nothing to do${near ?? ''}; it needs one of ${stepKinds.join(', ')}.`,
    );
    return undefined;
  }
  if (kinds.length > 1) {
    source.report(
      path,
      `step "${name}": does ${kinds.join(' and ')} at once; make it ${String(kinds.length)} steps.`,
    );
    return undefined;
  }
  return check(source, stepSchemas[kind], content, path);
}

function compilePrompts(
  source: FlowSource,
  owner: string,
  prompts: Readonly<Record<string, PromptSource>>,
  expressions: ExpressionTable,
  key = 'prompts',
): Map<string, Prompt> {
  const compiled = new Map<string, Prompt>();
  for (const [name, prompt] of Object.entries(prompts)) {
    if (!areWordingsValid(source, [key, name], prompt)) continue;
    const result = compilePrompt(`${owner}.${name}`, prompt);
    compiled.set(name, result);
    expressions.addPrompt(result, source, [key, name]);
  }
  return compiled;
}

/** Reports each mistake at the line of its language. */
function areWordingsValid(source: FlowSource, at: readonly [string, string], prompt: PromptSource): boolean {
  const [, name] = at;
  const places = [[], ['text'], ['tense']].flatMap((path) =>
    languages.map((language) => [...path, language]),
  );
  const broken = places.filter((path) => {
    const owner = path.length === 1 ? prompt : path[0] === 'tense' ? prompt.tense : prompt.text;
    const wordings = owner?.[path.at(-1) as Language] ?? [];
    try {
      for (const wording of typeof wordings === 'string' ? [wordings] : wordings) compileWording(wording);
      return false;
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      source.report([...at, ...path], `prompt "${name}": ${sentence}.`);
      return true;
    }
  });
  return broken.length === 0;
}

function nulls(names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

function invalid(problems: readonly FlowProblem[], place: string): KefuError {
  const lines = [...problems]
    .sort((left, right) => left.file.localeCompare(right.file) || left.line - right.line)
    .map(({ file, line, sentence }) => `${file}:${String(line)}: ${sentence}`);
  return new KefuError('flow_invalid', `${place} cannot be used:\n${[...new Set(lines)].join('\n')}`);
}
