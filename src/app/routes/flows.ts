import type { FastifyPluginCallback, FastifyReply } from 'fastify';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import type { FlowStore } from '../../core/store.ts';
import { filesOfVersion, publishFlows, rollBackFlows } from '../flows/publish.ts';
import type { RunningFlows } from '../flows/running.ts';
import { guardApi } from './guard.ts';

const author = z.string().trim().min(1).max(100);
const note = z.string().trim().min(1).max(1000);
const publishBody = z.object({
  author,
  note,
  files: z.record(z.string().regex(/^[a-z0-9][a-z0-9._-]*\.yaml$/), z.string().max(1_000_000)),
});
const rollBackBody = z.object({ author, note, number: z.number().int().positive() });
const numberParams = z.object({ number: z.coerce.number().int().positive() });
/** A folder of flows in both languages has some hundred kilobytes. */
const bodyLimit = 8 * 1024 * 1024;

export interface FlowRoutesOptions {
  readonly store: FlowStore;
  readonly flows: RunningFlows;
  readonly apiToken: string | undefined;
}

/** Versions of the flows: list, files of one, publish, roll back. */
export const flowRoutes: FastifyPluginCallback<FlowRoutesOptions> = (app, options, done) => {
  const { store, flows } = options;
  app.addHook('preHandler', guardApi(options.apiToken));

  app.get('/api/flows', async () => {
    const { number, pack } = flows.newest;
    return { running: { number, contentHash: pack.version }, versions: await store.versions() };
  });

  app.get('/api/flows/:number', async (request, reply) => {
    const params = numberParams.safeParse(request.params);
    if (!params.success) return reply.code(400).send({ error: 'Name a version by its number, such as 3.' });
    const { number } = params.data;
    const files = await filesOfVersion(store, number);
    return { version: await store.version(number), files };
  });

  app.post('/api/flows', { bodyLimit }, async (request, reply) => {
    const body = publishBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    return publishing(reply, () => publishFlows(store, body.data));
  });

  app.post('/api/flows/rollback', async (request, reply) => {
    const body = rollBackBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    return publishing(reply, () => rollBackFlows(store, body.data));
  });

  /** Answers with what was published once new calls begin with it, or with every mistake of the flows. */
  async function publishing(reply: FastifyReply, publish: () => ReturnType<typeof publishFlows>) {
    try {
      const published = await publish();
      await flows.refresh();
      return await reply.code(published.isNew ? 201 : 200).send(published);
    } catch (error) {
      if (!(error instanceof KefuError && error.code === 'flow_invalid')) throw error;
      return reply.code(422).send({ error: error.message });
    }
  }

  done();
};
