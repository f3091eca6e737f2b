import { readConfig } from '../../src/app/config.ts';
import { manifestsFor } from '../../src/models/manifest.ts';
import { createModelStore } from '../../src/models/store.ts';
import type { ModelStore } from '../../src/models/store.ts';
import { testEnvironment } from './environment.ts';

/** The store with the real models that `global-setup.ts` has made ready: where Kefu itself keeps them on this machine. */
export function testModelStore(): ModelStore {
  const environment = testEnvironment();
  const { modelsDir, modelsSource } = readConfig(environment);
  return createModelStore({
    manifests: manifestsFor(modelsDir),
    directory: modelsDir,
    operatorSource: modelsSource,
    environment,
  });
}
