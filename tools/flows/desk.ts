import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../src/app/config.ts';
import { readAddress } from '../../src/app/flows/address.ts';
import { filesOfVersion, publishFlows, rollBackFlows, type Published } from '../../src/app/flows/publish.ts';
import { toolToken } from '../../src/app/local-token.ts';
import { systemClock } from '../../src/core/clock.ts';
import { KefuError } from '../../src/core/errors.ts';
import type { FlowFiles, FlowVersion } from '../../src/core/store.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { createFlowStore } from '../../src/store/flows.ts';

/** Where versions of the flows are kept: the database itself, or a running Kefu that has it open. */
export interface FlowDesk {
  readonly place: string;
  versions(): Promise<readonly FlowVersion[]>;
  files(number: number): Promise<FlowFiles>;
  publish(proposal: {
    readonly author: string;
    readonly note: string;
    readonly files: FlowFiles;
  }): Promise<Published>;
  rollBack(to: { readonly number: number; readonly author: string; readonly note: string }): Promise<Published>;
  close(): Promise<void>;
}

/**
 * Opens the versions of the installation that the settings describe. The embedded database can be opened by one process only:
 * while Kefu runs on it, what is asked goes through that Kefu. `url` names one that runs elsewhere.
 */
export async function openFlowDesk(config: Config, url?: string): Promise<FlowDesk> {
  if (url !== undefined) return deskOfKefu(url, await toolToken(config, url));
  try {
    const directory = join(config.dataDir, 'database');
    return deskOfDatabase(await openDatabase({ url: config.databaseUrl, directory }));
  } catch (error) {
    if (!(error instanceof KefuError && error.code === 'store_locked')) throw error;
    const address = (await readAddress(config.dataDir)) ?? `http://127.0.0.1:${String(config.port)}`;
    return deskOfKefu(address, await toolToken(config, address));
  }
}

function deskOfDatabase(database: Database): FlowDesk {
  const store = createFlowStore(database, { clock: systemClock });
  return {
    place: 'the database',
    versions: () => store.versions(),
    files: (number) => filesOfVersion(store, number),
    publish: (proposal) => publishFlows(store, proposal),
    rollBack: (to) => rollBackFlows(store, to),
    close: () => database.close(),
  };
}

const versionSchema = z.object({
  number: z.number(),
  contentHash: z.string(),
  author: z.string(),
  note: z.string(),
  publishedAtEpochMs: z.number(),
  restores: z.number().nullable(),
});
const versionsSchema = z.object({ versions: z.array(versionSchema) });
const filesSchema = z.object({ files: z.record(z.string(), z.string()) });
const publishedSchema = z.object({ version: versionSchema, isNew: z.boolean() });
const errorSchema = z.object({ error: z.string() });
/** Publishing compiles the flows and computes vectors of new examples. */
const answerLimitMs = 120_000;

/** A desk that asks a running Kefu. */
export function deskOfKefu(address: string, token: string | undefined): FlowDesk {
  async function ask<Shape extends z.ZodType>(
    shape: Shape,
    method: 'GET' | 'POST',
    path: string,
    body?: object,
  ): Promise<z.output<Shape>> {
    let response: Response;
    try {
      response = await fetch(new URL(path, address), {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(answerLimitMs),
      });
    } catch (error) {
      const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new KefuError(
        'server_unreachable',
        `Kefu at ${address} does not answer (${why}). Name its address with --url.`,
        { cause: error },
      );
    }
    const content: unknown = await response.json().catch(() => undefined);
    if (response.ok) return shape.parse(content);
    const problem = errorSchema.safeParse(content);
    const message = problem.data?.error ?? `Kefu answered ${String(response.status)} to ${method} ${path}.`;
    const code =
      response.status === 422 ? 'flow_invalid' : response.status === 404 ? 'not_found' : 'server_unreachable';
    throw new KefuError(code, message);
  }
  return {
    place: `Kefu at ${address}`,
    versions: async () => (await ask(versionsSchema, 'GET', '/api/flows')).versions,
    files: async (number) => (await ask(filesSchema, 'GET', `/api/flows/${String(number)}`)).files,
    publish: (proposal) => ask(publishedSchema, 'POST', '/api/flows', proposal),
    rollBack: (to) => ask(publishedSchema, 'POST', '/api/flows/rollback', to),
    close: () => Promise.resolve(),
  };
}
