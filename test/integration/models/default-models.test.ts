import { describe, expect, it } from 'vitest';
import { testModelStore } from '../../support/models.ts';

describe('the default models', () => {
  it('are on this machine, every byte as the manifests say', async () => {
    const store = testModelStore();
    const checks = await store.check(store.defaults());
    expect(checks.length).toBeGreaterThanOrEqual(5);
    expect(checks.filter(({ state }) => state !== 'ready')).toEqual([]);
  });
});
