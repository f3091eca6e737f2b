import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../core/audit.ts';
import { forRoles } from './guard.ts';

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: z.coerce.number().int().positive().optional(),
  personId: z.string().optional(),
  action: z.string().optional(),
});

/** Who did what, for administrators. */
export const auditRoutes: FastifyPluginCallback<{ readonly audit: AuditLog }> = (app, { audit }, done) => {
  app.get('/api/audit', { config: forRoles() }, async (request, reply) => {
    const query = listQuery.safeParse(request.query);
    if (!query.success) return reply.code(400).send({ error: z.prettifyError(query.error) });
    return { entries: await audit.list(query.data) };
  });
  done();
};
