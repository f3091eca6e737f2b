import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where every Kefu of this run keeps what it has rendered and encoded, so that it is made once and not for each of them. */
    readonly cacheDir: string;
  }
}

export function setup(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-e2e-cache-'));
  project.provide('cacheDir', directory);
  return () => rmSync(directory, { recursive: true, force: true });
}
