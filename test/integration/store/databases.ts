import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../../src/store/database.ts';
import { startPostgres, type TestServer } from '../../support/servers.ts';

/** One kind of database on which the contract of the stores is checked. */
export interface DatabaseUnderTest {
  readonly database: Database;
  close(): Promise<void>;
}

export const databaseKinds: readonly { readonly kind: string; open(): Promise<DatabaseUnderTest> }[] = [
  {
    kind: 'PGlite',
    async open() {
      const directory = mkdtempSync(join(tmpdir(), 'kefu-pglite-'));
      const database = await openDatabase({ url: undefined, directory: join(directory, 'database') });
      return {
        database,
        async close() {
          await database.close();
          rmSync(directory, { recursive: true, force: true });
        },
      };
    },
  },
  {
    kind: 'PostgreSQL',
    async open() {
      const server: TestServer = await startPostgres();
      const database = await openDatabase({ url: server.url, directory: '' });
      return {
        database,
        async close() {
          await database.close();
          await server.close();
        },
      };
    },
  },
];
