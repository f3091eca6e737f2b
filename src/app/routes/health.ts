import type { FastifyPluginCallback } from 'fastify';
import type { Metrics } from '../../observe/metrics.ts';
import type { LineCapacity } from '../admission.ts';
import { forRoles } from './guard.ts';

export interface HealthRoutesOptions {
  readonly metrics: Metrics;
  /** How many calls are taken at once, why so many, and how many go on. */
  capacity(): LineCapacity & { readonly active: number };
  /** What is wrong, by part; empty when the process can take calls. */
  problems(): Promise<readonly string[]>;
}

/** For load balancers and monitors: alive, able to take calls, figures. */
export const healthRoutes: FastifyPluginCallback<HealthRoutesOptions> = (app, options, done) => {
  const open = { config: { access: 'open' } } as const;
  app.get('/healthz', open, () => ({ status: 'ok' }));

  app.get('/readyz', open, async (_request, reply) => {
    const problems = await options.problems();
    const ready = problems.length === 0;
    return reply.code(ready ? 200 : 503).send({ ready, problems, capacity: options.capacity() });
  });

  app.get('/metrics', { config: forRoles('engineer') }, async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.render()),
  );

  done();
};
