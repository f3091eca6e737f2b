import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowProposal, FlowStore } from '../../../src/core/store.ts';
import { createFlowStore } from '../../../src/store/flows.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { databaseKinds, type DatabaseUnderTest } from './databases.ts';

const dayMs = 24 * 60 * 60_000;

function proposal(contentHash: string, more: Partial<FlowProposal> = {}): FlowProposal {
  return {
    author: 'Ada',
    note: `Content ${contentHash}`,
    contentHash,
    files: { 'main.yaml': `flow: main # ${contentHash} 客服\n` },
    ...more,
  };
}

async function publish(store: FlowStore, contentHash: string, more?: Partial<FlowProposal>) {
  const { draftId } = await store.saveDraft(proposal(contentHash, more));
  await store.markValidated(draftId);
  return store.publish(draftId);
}

describe.each(databaseKinds)('versions of flows in $kind', (tested) => {
  let under: DatabaseUnderTest;
  const clock = new ManualClock();
  let store: FlowStore;
  beforeAll(async () => {
    under = await tested.open();
    store = createFlowStore(under.database, { clock });
  });
  afterAll(() => under.close());

  it('begin with none', async () => {
    expect(await store.newest()).toBeUndefined();
    expect(await store.versions()).toEqual([]);
    expect(await store.version(1)).toBeUndefined();
    expect(await store.files('unknown')).toBeUndefined();
  });

  it('go from draft over validated to published', async () => {
    const draft = await store.saveDraft(proposal('a1'));
    expect(draft).toMatchObject({ state: 'draft', contentHash: 'a1', author: 'Ada', note: 'Content a1' });
    await expect(store.publish(draft.draftId)).rejects.toMatchObject({ code: 'flow_invalid' });
    expect(await store.markValidated(draft.draftId)).toMatchObject({ state: 'validated' });
    expect(await store.drafts()).toHaveLength(1);
    const version = await store.publish(draft.draftId);
    expect(version).toEqual({
      number: 1,
      contentHash: 'a1',
      author: 'Ada',
      note: 'Content a1',
      publishedAtEpochMs: clock.epochMs(),
      restores: null,
    });
    expect(await store.drafts()).toEqual([]);
    expect(await store.newest()).toEqual(version);
    expect(await store.version(1)).toEqual(version);
    expect(await store.files('a1')).toEqual(proposal('a1').files);
  });

  it('are published once, and only when they are there', async () => {
    const { draftId } = await store.saveDraft(proposal('a2'));
    await store.markValidated(draftId);
    await store.publish(draftId);
    await expect(store.publish(draftId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(store.markValidated(draftId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(store.publish('draft_unknown')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('get one number each when several people publish at once', async () => {
    const before = (await store.newest())?.number ?? 0;
    const hashes = ['b1', 'b2', 'b3', 'b4', 'b5'];
    const numbers = (await Promise.all(hashes.map((hash) => publish(store, hash)))).map(
      ({ number }) => number,
    );
    expect(numbers.sort()).toEqual([1, 2, 3, 4, 5].map((step) => before + step));
    const listed = (await store.versions()).map(({ number }) => number);
    expect(listed).toEqual([...listed].sort((left, right) => right - left));
  });

  it('share the content they have in common, and tell which version came back', async () => {
    const version = await publish(store, 'a1', { restores: 1, note: 'Back to 1' });
    expect(version).toMatchObject({ contentHash: 'a1', restores: 1 });
    expect(await store.newest()).toEqual(version);
    const rows = await under.database.query(
      'select count(*) as count from flow_contents where content_hash = $1',
      ['a1'],
    );
    expect(Number(rows[0]?.count)).toBe(1);
  });

  it.each([
    "update flow_versions set note = 'changed' where number = 1",
    'update flow_versions set number = 99 where number = 1',
    'delete from flow_versions where number = 1',
    `update flow_contents set files = '{"main.yaml": "other"}'::json where content_hash = 'a1'`,
    "delete from flow_contents where content_hash = 'a1'",
  ])('never change once they are published: %s', async (sql) => {
    await expect(under.database.query(sql)).rejects.toMatchObject({ code: 'internal' });
    expect(await store.version(1)).toMatchObject({ note: 'Content a1', contentHash: 'a1' });
    expect(await store.files('a1')).toEqual(proposal('a1').files);
  });

  it('are not the only contents kept: those that calls run on stay for a day after their last use', async () => {
    await store.remember('folder-1', { 'main.yaml': 'one' });
    clock.advance(dayMs / 2);
    await store.remember('folder-2', { 'main.yaml': 'two' });
    await store.remember('folder-1', { 'main.yaml': 'one' });
    clock.advance(dayMs - 1);
    await store.remember('folder-3', { 'main.yaml': 'three' });
    expect(await store.files('folder-1')).toEqual({ 'main.yaml': 'one' });
    clock.advance(2);
    await store.remember('folder-3', { 'main.yaml': 'three' });
    expect(await store.files('folder-1')).toBeUndefined();
    expect(await store.files('folder-2')).toBeUndefined();
    expect(await store.files('a1')).toBeDefined();
  });
});
