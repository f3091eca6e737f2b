import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../core/audit.ts';
import { KefuError } from '../../core/errors.ts';
import type { FlowStore } from '../../core/store.ts';
import { filesOfVersion, publishFlows, rollBackFlows } from '../flows/publish.ts';
import type { RunningFlows } from '../flows/running.ts';
import { actorOf, forRoles } from './guard.ts';

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
  readonly audit: AuditLog;
}

/** Versions of the flows: list, files of one, publish, roll back. */
export const flowRoutes: FastifyPluginCallback<FlowRoutesOptions> = (app, options, done) => {
  const { store, flows, audit } = options;
  const supervisors = { config: forRoles('supervisor') };
  /** Programs say for whom they publish; people cannot publish in another's name. */
  const authorOf = ({ identity }: FastifyRequest, given: string): string =>
    identity?.via === 'session' ? identity.person.name : given;

  app.get('/api/flows', supervisors, async () => {
    const { number, pack } = flows.newest;
    return { running: { number, contentHash: pack.version }, versions: await store.versions() };
  });

  app.get('/api/flows/:number', supervisors, async (request, reply) => {
    const params = numberParams.safeParse(request.params);
    if (!params.success) return reply.code(400).send({ error: 'Name a version by its number, such as 3.' });
    const { number } = params.data;
    const files = await filesOfVersion(store, number);
    return { version: await store.version(number), files };
  });

  app.post('/api/flows', { ...supervisors, bodyLimit }, async (request, reply) => {
    const body = publishBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const proposal = { ...body.data, author: authorOf(request, body.data.author) };
    return publishing(request, reply, () => publishFlows(store, proposal));
  });

  app.post('/api/flows/rollback', supervisors, async (request, reply) => {
    const body = rollBackBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const to = { ...body.data, author: authorOf(request, body.data.author) };
    return publishing(request, reply, () => rollBackFlows(store, to));
  });

  /** Answers with what was published once new calls begin with it, or with every mistake of the flows. */
  async function publishing(
    request: FastifyRequest,
    reply: FastifyReply,
    publish: () => ReturnType<typeof publishFlows>,
  ) {
    try {
      const published = await publish();
      await flows.refresh();
      const { number, author: by, note: why, restores } = published.version;
      if (published.isNew)
        await audit.record({
          actor: actorOf(request),
          action: restores === null ? 'flows.published' : 'flows.rolled-back',
          subject: String(number),
          details: { author: by, note: why, ...(restores !== null && { restores }) },
        });
      return await reply.code(published.isNew ? 201 : 200).send(published);
    } catch (error) {
      if (!(error instanceof KefuError && error.code === 'flow_invalid')) throw error;
      return reply.code(422).send({ error: error.message });
    }
  }

  done();
};
