import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginCallback } from 'fastify';
import type { PerLanguage } from '../../core/language.ts';
import { projectDir } from '../config.ts';
import { forRoles } from './guard.ts';

const builtDir = join(projectDir, 'src/web/dist');
const pages = [
  '/',
  '/calls',
  '/calls/:id',
  '/desk',
  '/supervise',
  '/figures',
  '/people',
  '/audit',
  '/account',
  '/set-up',
];

export interface DemoOrderHint {
  readonly orderId: string;
  readonly customer: string;
  readonly about: PerLanguage<string>;
}

export interface PageRoutesOptions {
  /** Orders of the embedded demo shop that are worth asking about; undefined with a real shop. */
  readonly demoOrders: readonly DemoOrderHint[] | undefined;
}

/** The browser side as it was built, the same page for each of its addresses. */
export const pageRoutes: FastifyPluginCallback<PageRoutesOptions> = (app, options, done) => {
  // The pages hold nothing by themselves; what they show comes over the API.
  app.addHook('onRoute', (route) => {
    route.config = { access: 'open', ...route.config };
  });
  app.addHook('onSend', async (_request, reply) => {
    void reply.headers({
      'content-security-policy':
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });
  app.get('/api/demo', { config: forRoles('agent', 'supervisor', 'engineer') }, () => ({
    orders: options.demoOrders ?? [],
  }));
  if (existsSync(join(builtDir, 'index.html'))) {
    void app.register(fastifyStatic, { root: builtDir, index: false });
    for (const page of pages) app.get(page, (_request, reply) => reply.sendFile('index.html'));
  } else {
    for (const page of pages) {
      app.get(page, (_request, reply) =>
        reply.code(503).type('text/plain').send('The pages are not built yet: run `npm run build:web`.\n'),
      );
    }
  }
  done();
};
