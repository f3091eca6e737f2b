import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { CallStore } from '../../core/store.ts';
import { earlierContacts } from '../desk/earlier-contacts.ts';
import type { DeskMessages } from '../desk/messages.ts';
import { personOf } from './desk-flows.ts';
import { forRoles } from './guard.ts';

const callParams = z.object({ callId: z.string() });

/** What desks read of calls that are over, and what they do about messages. */
export const deskMessageRoutes: FastifyPluginCallback<{
  readonly messages: DeskMessages;
  readonly store: CallStore;
}> = (app, { messages, store }, done) => {
  const config = forRoles('agent', 'supervisor');

  app.get('/api/desk/messages', { config }, async () => ({ messages: await messages.list() }));
  app.post('/api/desk/messages/:callId/take', { config }, async (request, reply) => {
    await messages.take(callParams.parse(request.params).callId, personOf(request));
    return reply.code(204).send();
  });
  app.post('/api/desk/messages/:callId/settle', { config }, async (request, reply) => {
    await messages.settle(callParams.parse(request.params).callId, personOf(request));
    return reply.code(204).send();
  });
  // Ids of calls cannot be guessed: whoever names one was shown its contact.
  app.get('/api/desk/calls/:callId/earlier', { config }, async (request) => ({
    contacts: await earlierContacts(store, callParams.parse(request.params).callId),
  }));

  done();
};
