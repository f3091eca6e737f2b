import { suggestion } from '../core/suggestion.ts';
import type { ExpressionTable } from './expression-table.ts';
import type { FlowDefinition, FlowDraft, SharedDraft } from './flow-pack.ts';
import type { FlowSource, Path } from './flow-source.ts';
import type { FlowCall } from './schema.ts';
import type { Prompt } from './wording.ts';

/** A pack while it is checked: what could be read of it. */
export interface Pack {
  readonly drafts: readonly FlowDraft[];
  readonly shared: SharedDraft;
  readonly flows: ReadonlyMap<string, FlowDefinition>;
  readonly prompts: ReadonlyMap<string, Prompt>;
  readonly expressions: ExpressionTable;
}

/** Checks that a flow named somewhere exists, and the values given to it. */
export function checkFlowCall(
  pack: Pack,
  source: FlowSource,
  path: Path,
  where: string,
  use: FlowCall,
): void {
  if (!pack.flows.has(use.flow)) {
    source.report(path, `${where}: there is no flow "${use.flow}"${near(use.flow, pack.flows)}.`);
  }
  for (const [key, text] of Object.entries(use.with ?? {})) {
    pack.expressions.add(text, source, [...path, key], where);
  }
}

/** What may have been meant by a name that is unknown. */
export function near(name: string, known: ReadonlyMap<string, unknown>): string {
  return suggestion(name, [...known.keys()]);
}
