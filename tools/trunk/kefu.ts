import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Config } from '../../src/app/config.ts';
import { readAddress } from '../../src/app/flows/address.ts';
import { toolToken } from '../../src/app/local-token.ts';
import { KefuError } from '../../src/core/errors.ts';
import type { LadderMessage } from './ladder.ts';

const endpoint = z.object({ host: z.string(), port: z.number() });
const ladderSchema = z.object({
  messages: z.array(
    z.object({
      atEpochMs: z.number(),
      direction: z.enum(['in', 'out']),
      transport: z.string(),
      local: endpoint,
      remote: endpoint,
      text: z.string(),
    }),
  ),
});
const callsSchema = z.object({
  calls: z.array(
    z.object({ callId: z.string(), beganEpochMs: z.number(), messages: z.number(), method: z.string() }),
  ),
});
const reloadSchema = z.object({
  trunks: z.array(z.string()),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  afterRestart: z.array(z.string()),
});
const errorSchema = z.object({ error: z.string() });
const answerLimitMs = 30_000;

/** The Kefu that runs with these settings, as far as telephony engineers need it. */
export interface RunningKefu {
  calls(): Promise<z.output<typeof callsSchema>['calls']>;
  ladder(call: string): Promise<readonly LadderMessage[]>;
  reload(): Promise<z.output<typeof reloadSchema>>;
  /** Writes a capture into a file until the call is over or `signal` says so. */
  capture(
    call: string,
    file: string,
    options: { readonly withKeys: boolean; readonly withAudio: boolean },
    signal: AbortSignal,
  ): Promise<void>;
}

/** @throws KefuError `server_unreachable` when none runs. */
export async function runningKefu(config: Config): Promise<RunningKefu> {
  const address = (await readAddress(config.dataDir)) ?? `http://127.0.0.1:${String(config.port)}`;
  const token = await toolToken(config, address);
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const ask = async (method: string, path: string, signal: AbortSignal): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(new URL(path, address), { method, headers, signal });
    } catch (error) {
      throw new KefuError('server_unreachable', `Kefu at ${address} does not answer.`, { cause: error });
    }
    if (response.ok) return response;
    const problem = errorSchema.safeParse(await response.json().catch(() => undefined)).data;
    throw new KefuError(
      'not_found',
      problem?.error ?? `Kefu answered ${String(response.status)} to ${path}.`,
    );
  };
  const quick = async <Shape extends z.ZodType>(
    shape: Shape,
    method: string,
    path: string,
  ): Promise<z.output<Shape>> =>
    shape.parse(await (await ask(method, path, AbortSignal.timeout(answerLimitMs))).json());
  const of = (call: string): string => `/api/telephony/calls/${encodeURIComponent(call)}`;
  return {
    calls: async () => (await quick(callsSchema, 'GET', '/api/telephony/calls')).calls,
    ladder: async (call) => (await quick(ladderSchema, 'GET', `${of(call)}/ladder`)).messages,
    reload: () => quick(reloadSchema, 'POST', '/api/telephony/trunks/reload'),
    async capture(call, file, { withKeys, withAudio }, signal) {
      const query = `keys=${withKeys ? '1' : '0'}&audio=${withAudio ? '1' : '0'}`;
      const { body } = await ask('GET', `${of(call)}/pcap?${query}`, signal);
      if (!body) throw new KefuError('server_unreachable', 'Kefu has sent no capture.');
      try {
        await pipeline(Readable.fromWeb(body), createWriteStream(file));
      } catch (error) {
        // Whoever stops a capture wants what is in it so far.
        if (!signal.aborted) throw error;
      }
    },
  };
}
