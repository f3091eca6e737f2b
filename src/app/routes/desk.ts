import { createReadStream } from 'node:fs';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { ShopProblem, type CommerceBackend } from '../../core/commerce.ts';
import type { RecordingStore } from '../../core/store.ts';
import { forRoles } from './guard.ts';

const idParams = z.object({ id: z.string() });
/** The shop's answer is waited for this long: the desk shows the rest meanwhile. */
const shopLimitMs = 10_000;

export interface DeskRoutesOptions {
  readonly shop: CommerceBackend;
  readonly voicemails: RecordingStore;
}

/** What a desk looks up: the shop's data of a customer, and messages that callers left. */
export const deskRoutes: FastifyPluginCallback<DeskRoutesOptions> = (app, options, done) => {
  const { shop, voicemails } = options;

  app.get('/api/desk/customer/:id', { config: forRoles('agent', 'supervisor') }, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const settings = { signal: AbortSignal.timeout(shopLimitMs) };
    try {
      const [customer, orders] = await Promise.all([
        shop.call('getCustomer', { customerId: id }, settings),
        shop.call('listOrders', { customerId: id }, settings),
      ]);
      return { customer, ...orders };
    } catch (error) {
      if (!(error instanceof ShopProblem)) throw error;
      const status = error.code === 'customer_not_found' ? 404 : 502;
      return reply.code(status).send({ error: `The shop answered: ${error.code}.` });
    }
  });

  app.get('/api/desk/voicemail/:id', { config: forRoles('agent', 'supervisor') }, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const path = await voicemails.path(id);
    if (path === undefined) return reply.code(404).send({ error: `There is no message of call ${id}.` });
    return reply.type('audio/wav').send(createReadStream(path));
  });

  done();
};
