import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { FlowDraft, FlowProposal, FlowStore, FlowVersion } from '../core/store.ts';
import type { Database, Queryable, Row } from './database.ts';

/** A content that no version has and no process has used for so long serves no call any more: calls last an hour at most. */
const unusedLifeMs = 24 * 60 * 60 * 1000;
/** Any number, but the same for ever: two who publish at once get two numbers. */
const advisoryLock = 7_305_582;

const filesRow = z.object({ files: z.record(z.string(), z.string()) });
const draftRow = z.object({
  draft_id: z.string(),
  state: z.enum(['draft', 'validated']),
  content_hash: z.string(),
  author: z.string(),
  note: z.string(),
  saved_at_epoch_ms: z.coerce.number(),
});
const versionRow = z.object({
  number: z.coerce.number(),
  content_hash: z.string(),
  author: z.string(),
  note: z.string(),
  published_at_epoch_ms: z.coerce.number(),
  restores: z.coerce.number().nullable(),
});
const draftColumns = Object.keys(draftRow.shape).join(', ');
const versionColumns = Object.keys(versionRow.shape).join(', ');

function toDraft(row: Row): FlowDraft {
  const { draft_id, state, content_hash, author, note, saved_at_epoch_ms } = draftRow.parse(row);
  return {
    draftId: draft_id,
    state,
    contentHash: content_hash,
    author,
    note,
    savedAtEpochMs: saved_at_epoch_ms,
  };
}

function toVersion(row: Row): FlowVersion {
  const { number, content_hash, author, note, published_at_epoch_ms, restores } = versionRow.parse(row);
  return {
    number,
    contentHash: content_hash,
    author,
    note,
    publishedAtEpochMs: published_at_epoch_ms,
    restores,
  };
}

/** Versions of the flows in the database of the calls. */
export function createFlowStore(database: Database, { clock }: { readonly clock: Clock }): FlowStore {
  const now = (): number => Math.round(clock.epochMs());

  /** Keeps a content, or notes that it is in use. */
  async function keep(target: Queryable, contentHash: string, files: object): Promise<void> {
    await target.query(
      `insert into flow_contents (content_hash, files, used_at_epoch_ms) values ($1, $2::json, $3)
       on conflict (content_hash) do update set used_at_epoch_ms = excluded.used_at_epoch_ms`,
      [contentHash, JSON.stringify(files), now()],
    );
  }

  return {
    saveDraft: ({ author, note, contentHash, files, restores }: FlowProposal) =>
      database.transaction(async (transaction) => {
        await keep(transaction, contentHash, files);
        const [row = {}] = await transaction.query(
          `insert into flow_versions (draft_id, state, content_hash, author, note, restores, saved_at_epoch_ms)
           values ($1, 'draft', $2, $3, $4, $5, $6) returning ${draftColumns}`,
          [`draft_${randomUUID()}`, contentHash, author, note, restores ?? null, now()],
        );
        return toDraft(row);
      }),

    async markValidated(draftId) {
      const [row] = await database.query(
        `update flow_versions set state = 'validated' where draft_id = $1 and state <> 'published'
         returning ${draftColumns}`,
        [draftId],
      );
      if (!row) throw noSuchDraft(draftId);
      return toDraft(row);
    },

    publish: (draftId) =>
      database.transaction(async (transaction) => {
        await transaction.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
        const [draft] = await transaction.query(
          `select ${draftColumns} from flow_versions where draft_id = $1 and state <> 'published'`,
          [draftId],
        );
        if (!draft) throw noSuchDraft(draftId);
        if (toDraft(draft).state !== 'validated')
          throw new KefuError('flow_invalid', `The draft ${draftId} has not been validated yet.`);
        const [row = {}] = await transaction.query(
          `update flow_versions set state = 'published', published_at_epoch_ms = $2,
             number = (select coalesce(max(number), 0) + 1 from flow_versions)
           where draft_id = $1 returning ${versionColumns}`,
          [draftId, now()],
        );
        return toVersion(row);
      }),

    async drafts() {
      const rows = await database.query(
        `select ${draftColumns} from flow_versions where state <> 'published'
         order by saved_at_epoch_ms desc, draft_id desc`,
      );
      return rows.map(toDraft);
    },

    async versions() {
      const rows = await database.query(
        `select ${versionColumns} from flow_versions where state = 'published' order by number desc`,
      );
      return rows.map(toVersion);
    },

    async newest() {
      const [row] = await database.query(
        `select ${versionColumns} from flow_versions where state = 'published' order by number desc limit 1`,
      );
      return row && toVersion(row);
    },

    async version(number) {
      const [row] = await database.query(`select ${versionColumns} from flow_versions where number = $1`, [
        number,
      ]);
      return row && toVersion(row);
    },

    async files(contentHash) {
      const [row] = await database.query('select files from flow_contents where content_hash = $1', [
        contentHash,
      ]);
      return row && filesRow.parse(row).files;
    },

    remember: (contentHash, files) =>
      database.transaction(async (transaction) => {
        await keep(transaction, contentHash, files);
        await transaction.query(
          `delete from flow_contents where used_at_epoch_ms < $1
           and not exists (select 1 from flow_versions where flow_versions.content_hash = flow_contents.content_hash)`,
          [now() - unusedLifeMs],
        );
      }),
  };
}

function noSuchDraft(draftId: string): KefuError {
  return new KefuError('not_found', `There is no draft ${draftId}; perhaps it was published already.`);
}
