import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { deskFlowAnswerSchema, deskFlowStartSchema } from '../../core/desk-flows.ts';
import { KefuError } from '../../core/errors.ts';
import type { DeskFlows } from '../desk/flows.ts';
import type { Suggestions } from '../desk/suggestions.ts';
import { forRoles } from './guard.ts';

const idParams = z.object({ id: z.string() });
const callParams = z.object({ callId: z.string() });

/** What agents have Kefu do during a conversation, and what it suggests to say. */
export const deskFlowRoutes: FastifyPluginCallback<{
  readonly deskFlows: DeskFlows;
  readonly suggestions: Suggestions;
}> = (app, { deskFlows, suggestions }, done) => {
  const config = forRoles('agent', 'supervisor');

  app.get('/api/desk/flows', { config }, () => ({ flows: deskFlows.offers() }));
  app.post('/api/desk/flows', { config }, async (request, reply) => {
    const body = deskFlowStartSchema.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    return deskFlows.start(personOf(request), body.data);
  });
  app.post('/api/desk/flows/:id/answer', { config }, async (request, reply) => {
    const body = deskFlowAnswerSchema.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    return deskFlows.answer(personOf(request), idParams.parse(request.params).id, body.data);
  });
  app.delete('/api/desk/flows/:id', { config }, async (request, reply) => {
    await deskFlows.end(personOf(request), idParams.parse(request.params).id);
    return reply.code(204).send();
  });
  app.get('/api/desk/suggestions/:callId', { config }, async (request) => ({
    suggestions: await suggestions.forCall(personOf(request), callParams.parse(request.params).callId),
  }));

  done();
};

/** The person's id, by which desks are known. */
export function personOf({ identity }: FastifyRequest): string {
  if (!identity) throw new KefuError('internal', 'A route of the desk was open to nobody known.');
  return identity.person.id;
}
