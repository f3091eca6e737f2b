import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Callback } from '../../../src/core/callbacks.ts';
import { createCallbackStore } from '../../../src/store/callbacks.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { briefingOf } from '../../support/people-call.ts';
import { databaseKinds, type DatabaseUnderTest } from './databases.ts';

const promised: Callback = {
  callId: 'call_1',
  number: '+15550001111',
  language: 'zh',
  promisedAtEpochMs: 1_767_225_600_000,
  briefing: briefingOf('call_1', { wanted: '退货', slots: { quantity: 2 } }),
  contact: { queue: 'general', reason: 'angry', anger: 0.5, value: 40, language: 'zh', skills: [] },
  dialog: { flowsVersion: 'v', language: 'zh', ended: false, stack: [{ flow: 'handover' }] },
  tries: 0,
};

describe.each(databaseKinds)('promised calls in $kind', (tested) => {
  let under: DatabaseUnderTest;
  const log = createCapturedLog();
  beforeAll(async () => {
    under = await tested.open();
  });
  afterAll(() => under.close());
  const store = () => createCallbackStore(under.database, log);

  it('are kept as they are, changed, and removed', async () => {
    expect(await store().get('call_1')).toBeUndefined();
    await store().keep(promised);
    expect(await store().get('call_1')).toEqual(promised);
    await store().keep({ ...promised, tries: 2 });
    expect((await store().get('call_1'))?.tries).toBe(2);
    await store().remove('call_1');
    await store().remove('call_1');
    expect(await store().get('call_1')).toBeUndefined();
  });

  it('of another Kefu that nobody can read are reported, and block nothing', async () => {
    await under.database.query(
      `insert into callbacks (call_id, callback) values ('call_2', '{"new": true}')`,
    );
    expect(await store().get('call_2')).toBeUndefined();
    expect(log.lines.some((line) => line.message.includes('cannot be understood'))).toBe(true);
  });
});
