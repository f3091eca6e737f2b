import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { Figures } from '../../core/figures.ts';
import { forRoles } from './guard.ts';

const query = z.object({
  day: z.iso.date('Name a day such as 2026-11-29; without one you get today.').optional(),
  since: z.literal('start', 'Only `since=start` is known: this process since it was started.').optional(),
});

export interface FigureRoutesOptions {
  readonly figures: Figures;
}

/** Figures of the contact centre: of a day, of today, or of this process since its start. */
export const figureRoutes: FastifyPluginCallback<FigureRoutesOptions> = (app, options, done) => {
  const { figures } = options;
  app.get('/api/figures', { config: forRoles('supervisor', 'engineer') }, async (request, reply) => {
    const asked = query.safeParse(request.query);
    if (!asked.success) return reply.code(400).send({ error: z.prettifyError(asked.error) });
    const { day, since } = asked.data;
    if (day !== undefined && since !== undefined)
      return reply.code(400).send({ error: 'Ask for a day or for `since=start`, not for both.' });
    return since === 'start' ? figures.sinceStart() : figures.ofDay(day);
  });

  done();
};
