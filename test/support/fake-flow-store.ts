import type { FlowDraft, FlowFiles, FlowStore, FlowVersion } from '../../src/core/store.ts';
import { KefuError } from '../../src/core/errors.ts';
import { compileFlowPack } from '../../src/dialog/flow-pack.ts';

/** Versions of flows in memory; `away` makes every look fail, as a database that does not answer. */
export interface FakeFlowStore extends FlowStore {
  away: boolean;
  /** Looks for the newest version so far. */
  looks: number;
  /** Publishes without any check. */
  put(files: FlowFiles): FlowVersion;
  forget(contentHash: string): void;
}

export function fakeFlowStore(): FakeFlowStore {
  const versions: FlowVersion[] = [];
  const contents = new Map<string, FlowFiles>();
  const drafts = new Map<string, FlowDraft & { readonly restores: number | null }>();
  const draftOf = (draftId: string) => {
    const draft = drafts.get(draftId);
    if (!draft) throw new KefuError('not_found', `There is no draft ${draftId}.`);
    return draft;
  };
  const add = (contentHash: string, author: string, note: string, restores: number | null): FlowVersion => {
    const version = {
      number: versions.length + 1,
      contentHash,
      author,
      note,
      publishedAtEpochMs: 0,
      restores,
    };
    versions.unshift(version);
    return version;
  };
  return {
    away: false,
    looks: 0,
    put(files) {
      // Flows that cannot be compiled get a hash as well: a newer Kefu may have published them.
      let hash = `broken-${String(contents.size)}`;
      try {
        hash = compileFlowPack(new Map(Object.entries(files))).version;
      } catch (error) {
        if (!(error instanceof KefuError)) throw error;
      }
      contents.set(hash, files);
      return add(hash, 'test', 'test', null);
    },
    forget: (contentHash) => void contents.delete(contentHash),
    saveDraft({ author, note, contentHash, files, restores }) {
      contents.set(contentHash, files);
      const draft = {
        draftId: `draft-${String(drafts.size + 1)}`,
        state: 'draft' as const,
        contentHash,
        author,
        note,
        savedAtEpochMs: 0,
        restores: restores ?? null,
      };
      drafts.set(draft.draftId, draft);
      return Promise.resolve(draft);
    },
    markValidated(draftId) {
      const draft = { ...draftOf(draftId), state: 'validated' as const };
      drafts.set(draftId, draft);
      return Promise.resolve(draft);
    },
    publish(draftId) {
      const { contentHash, author, note, restores } = draftOf(draftId);
      drafts.delete(draftId);
      return Promise.resolve(add(contentHash, author, note, restores));
    },
    drafts: () => Promise.resolve([...drafts.values()]),
    versions: () => Promise.resolve(versions),
    newest() {
      this.looks += 1;
      return this.away
        ? Promise.reject(new KefuError('store_unavailable', 'The database is away.'))
        : Promise.resolve(versions[0]);
    },
    version: (number) => Promise.resolve(versions.find((version) => version.number === number)),
    files: (contentHash) => Promise.resolve(contents.get(contentHash)),
    remember(contentHash, files) {
      contents.set(contentHash, files);
      return Promise.resolve();
    },
  };
}
