import { KefuError } from '../../core/errors.ts';
import type { FlowFiles, FlowStore, FlowVersion } from '../../core/store.ts';
import { compileFlowPack } from '../../dialog/flow-pack.ts';
import { checkFlows, describeFinding } from './check.ts';

/** What came of publishing. */
export interface Published {
  readonly version: FlowVersion;
  /** False: the newest version has exactly this content already, so nothing was published. */
  readonly isNew: boolean;
}

/**
 * Validates flows and makes them the newest version.
 *
 * @throws KefuError `flow_invalid` naming every mistake, one line each; nothing is kept then.
 */
export async function publishFlows(
  store: FlowStore,
  proposal: {
    readonly author: string;
    readonly note: string;
    readonly files: FlowFiles;
    readonly restores?: number;
  },
): Promise<Published> {
  const mistakes = checkFlows(proposal.files).filter(({ severity }) => severity === 'error');
  if (mistakes.length > 0) {
    const lines = mistakes.map(describeFinding).join('\n');
    throw new KefuError('flow_invalid', `These flows cannot be published:\n${lines}`);
  }
  const { version: contentHash } = compileFlowPack(new Map(Object.entries(proposal.files)));
  const newest = await store.newest();
  if (newest?.contentHash === contentHash) return { version: newest, isNew: false };
  const { draftId } = await store.saveDraft({ ...proposal, contentHash });
  await store.markValidated(draftId);
  return { version: await store.publish(draftId), isNew: true };
}

/** Publishes the content of an earlier version again, under a new number. @throws KefuError `not_found`, or as `publishFlows`. */
export async function rollBackFlows(
  store: FlowStore,
  { number, author, note }: { readonly number: number; readonly author: string; readonly note: string },
): Promise<Published> {
  const files = await filesOfVersion(store, number);
  return publishFlows(store, { author, note, files, restores: number });
}

/** The files of a published version. @throws KefuError `not_found` */
export async function filesOfVersion(store: FlowStore, number: number): Promise<FlowFiles> {
  const version = await store.version(number);
  const files = version && (await store.files(version.contentHash));
  if (!files) throw new KefuError('not_found', `There is no version ${String(number)} of the flows.`);
  return files;
}
