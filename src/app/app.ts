import { join } from 'node:path';
import formbody from '@fastify/formbody';
import { fastify } from 'fastify';
import { systemClock } from '../core/clock.ts';
import type { CommerceBackend } from '../core/commerce.ts';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { demoCallers } from '../commerce/demo-shop/callers.ts';
import { createDemoShop } from '../commerce/demo-shop/demo-shop.ts';
import { createHttpBackend } from '../commerce/http-backend.ts';
import { memoizeReads } from '../commerce/memoized-reads.ts';
import { createDialogEngine } from '../dialog/engine.ts';
import { lexicon } from '../dialog/names/lexicon.ts';
import { createEventBus } from '../observe/bus.ts';
import { createMetrics } from '../observe/metrics.ts';
import { createCallStore } from '../store/calls.ts';
import { openDatabase } from '../store/database.ts';
import { createFlowStore } from '../store/flows.ts';
import { createRecordingStore } from '../store/recordings.ts';
import { createSqlSnapshotStore } from '../store/snapshots.ts';
import { createUntoldChangeStore } from '../store/untold-changes.ts';
import { createBrowserGateway } from '../telephony/browser.ts';
import { attachUpgrades, httpServerLimits } from '../telephony/gateway.ts';
import { createTextGateway } from '../telephony/text.ts';
import { hasApiToken } from './access.ts';
import { Decodings, startAdmission } from './admission.ts';
import { createCalls } from './calls.ts';
import type { Config } from './config.ts';
import { loadEmotionEstimator } from './emotion.ts';
import { callBack } from './desk/call-back.ts';
import { createDeskFlows } from './desk/flows.ts';
import { createSuggestions } from './desk/suggestions.ts';
import { startDesk } from './desk/desk.ts';
import { createTelephones } from './desk/telephones.ts';
import { announceAddress } from './flows/address.ts';
import { loadFlows, runFlows, type CallFlows } from './flows/running.ts';
import { openTelephoneLines } from './lines.ts';
import { startPeople } from './people.ts';
import { accountRoutes } from './routes/account.ts';
import { auditRoutes } from './routes/audit.ts';
import { callRoutes } from './routes/calls.ts';
import { deskRoutes } from './routes/desk.ts';
import { deskMessageRoutes } from './routes/desk-messages.ts';
import { deskFlowRoutes } from './routes/desk-flows.ts';
import { answerError } from './routes/errors.ts';
import { figureRoutes } from './routes/figures.ts';
import { flowRoutes } from './routes/flows.ts';
import { installGuard, openToAll, type GuardedRoute } from './routes/guard.ts';
import { healthRoutes } from './routes/health.ts';
import { pageRoutes } from './routes/pages.ts';
import { peopleRoutes } from './routes/people.ts';
import { sessionRoutes } from './routes/session.ts';
import { telephonyRoutes } from './routes/telephony.ts';
import { allSettledOrThrow, startStages } from './stages.ts';
import { createStreamGateways } from './streams.ts';
import { runHead } from './teaching/running.ts';
import { signalActor } from './trunks.ts';
import { understandFlows } from './understanding.ts';

/** A Kefu that takes calls. */
export interface App {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly address: string;
  readonly activeCalls: number;
  /** Every route of the server, and who may use it. */
  readonly routes: readonly GuardedRoute[];
  /** Reads the trunks file again; a mistake in it is logged and changes nothing. */
  reloadTrunks(): Promise<void>;
  /** Lets running calls end within the drain time, then stops everything. Idempotent. */
  close(): Promise<void>;
}

/** The composition root: makes every part, in the order they need each other, and joins them. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const clock = systemClock;
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    // What was opened last is closed first; one failure must not keep the rest open.
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        log.error({ err: error }, 'a part could not be closed');
      }
    }
  };
  function closeLater<Part extends { close(): Promise<void> }>(part: Part): Part {
    closers.push(() => part.close());
    return part;
  }
  try {
    return await start();
  } catch (error) {
    await closeAll();
    throw error;
  }

  async function start(): Promise<App> {
    const bus = createEventBus(log);
    // Opening the database and loading models take the longest, and go on at the same time.
    const decodings = new Decodings();
    const opening = openDatabase({
      url: config.databaseUrl,
      directory: join(config.dataDir, 'database'),
      log,
    }).then(closeLater);
    const loading = opening.then(async (opened) => {
      const store = createFlowStore(opened, { clock });
      return { store, flows: await loadFlows(store, config.flowsDir) };
    });
    const timeZone = async () => (await loading).flows.pack.settings.timeZone;
    const [database, { store: flowStore, flows: firstFlows }, stages] = await allSettledOrThrow([
      opening,
      loading,
      startStages(config, { log, bus, clock, timeZone, onDecoded: decodings.publish }).then(closeLater),
    ]);
    // Measured on worker threads while the rest is made on this one.
    const admitting = startAdmission(config, {
      engine: stages.speechEngine(config.language),
      voice: stages.voice,
      onDecoded: decodings.subscribe,
      ...{ language: config.language, clock, log },
    });
    closers.push(async () => (await admitting).close());
    const recordings = createRecordingStore({ directory: join(config.dataDir, 'recordings'), log });
    const hasRecording = async (callId: string) => (await recordings.path(callId)) !== undefined;
    const store = closeLater(createCallStore(database, { clock, log, hasRecording }));
    const snapshots = closeLater(
      config.redisUrl === undefined
        ? createSqlSnapshotStore(database, { clock })
        : await openRedisSnapshots(config.redisUrl, log),
    );

    const shop = closeLater(openShop(config, log));
    // Fixed sentences are rendered while nobody waits for them, so that no caller does later.
    const rendering = new AbortController();
    closers.push(() => rendering.abort());
    const renderAhead = ({ engine }: CallFlows) => {
      for (const language of stages.voiceLanguages) {
        for (const utterance of engine.fixedUtterances(language)) {
          void stages.voice.synthesizer.prepare(utterance, rendering.signal);
        }
      }
    };
    const head = await runHead({
      dataDir: config.dataDir,
      encoderId: stages.encoder.id,
      clock,
      log,
    });
    closers.push(() => head.close());
    const emotion = await loadEmotionEstimator(stages.encoder);
    // Later it would keep the sound of calls waiting.
    lexicon();
    let { pack } = firstFlows;
    const flows = await runFlows(firstFlows, {
      store: flowStore,
      clock,
      log,
      prepare: async (prepared) => {
        const understanderNow = await understandFlows(prepared, {
          encoder: stages.encoder,
          head: () => head.head,
          cacheDirectory: join(config.dataDir, 'examples'),
          emotion,
          log,
        });
        const engine = createDialogEngine(prepared, {
          ...(config.transferTarget !== undefined && { transferTarget: config.transferTarget }),
          voiceLanguages: stages.voiceLanguages,
        });
        return {
          engine,
          // Read once by each call when it begins: a head that is promoted later leaves it alone.
          get understander() {
            return understanderNow();
          },
        };
      },
      onTakenUp({ pack: next }, callFlows) {
        pack = next;
        if (next.settings.timeZone !== firstFlows.pack.settings.timeZone)
          log.warn(
            { timeZone: next.settings.timeZone },
            'spoken times follow the new time zone after a restart',
          );
        renderAhead(callFlows);
      },
    });
    closers.push(() => flows.close());
    const { access, audit, ...staff } = await startPeople(database, config, { clock, log });
    const { twilio, trunks, dialer } = await openTelephoneLines(config, { audit, clock, log });
    const sip = trunks?.sip;
    if (sip) closers.push(() => sip.close());
    const voicemails = createRecordingStore({ directory: join(config.dataDir, 'voicemails'), log });
    const desk = closeLater(
      await startDesk(config, {
        database,
        bus,
        clock,
        log,
        store,
        voicemails,
        access,
        audit,
        people: staff.people,
        sessions: staff.sessions,
        timeZone: firstFlows.pack.settings.timeZone,
        flows: () => pack,
        telephones:
          dialer &&
          createTelephones({
            dialer,
            stages: stages.voice,
            voiceLanguages: stages.voiceLanguages,
            clock,
            log,
            bus,
          }),
        callBack: dialer && ((callback, signal) => callBack(dialer, callback, signal, calls)),
      }),
    );
    const admission = await admitting;
    const calls = createCalls(
      {
        clock,
        log,
        bus,
        voice: stages.voice,
        emotion,
        store,
        snapshots,
        untoldChanges: createUntoldChangeStore(database, { clock }),
        switchboard: desk.switchboard,
        voicemails,
        recordings: config.recordCalls ? recordings : undefined,
        shopForCall: () => memoizeReads(shop, { clock }),
        defaultLanguage: config.language,
        maxCallMs: config.maxCallMs,
      },
      {
        maxCalls: admission.capacity.calls,
        strain: () => admission.strain,
        flowsFor: (contentHash) => flows.flowsFor(contentHash),
      },
    );
    const atDesk = {
      holding: desk.switchboard.holding,
      flows: () => pack,
      callFlows: () => flows.flowsFor(),
      shop: () => memoizeReads(shop, { clock }),
      clock,
      log,
    };
    const deskFlows = closeLater(createDeskFlows(atDesk));
    const metrics = createMetrics(bus, {
      activeCalls: () => calls.active,
      capacityCalls: () => admission.capacity.calls,
    });
    metrics.watchQueue(desk.figures);
    if (sip) metrics.watchTrunks(() => sip.figures);
    closers.push(() => metrics.close());

    const server = fastify({
      bodyLimit: 64 * 1024,
      http: httpServerLimits,
      forceCloseConnections: true,
    });
    closers.push(() => server.close());
    server.setErrorHandler(answerError(log));
    const guarded = installGuard(server, access);
    const authorize = (request: Parameters<typeof hasApiToken>[0]) => hasApiToken(request, config.apiToken);
    const streams = createStreamGateways(config, { clock, log });
    const gateways = [
      twilio,
      createBrowserGateway({ publicUrl: config.publicUrl, clock, log }),
      createTextGateway({ publicUrl: config.publicUrl, authorize, clock, log }),
      ...desk.sockets,
      ...streams.webSockets,
    ];
    let draining = false;
    // A carrier that is told so at the webhook tries its next address, where an answered call could only apologise.
    server.addHook('onRequest', async (request, reply) => {
      const announces = /^\/(twilio\/voice|streams\/\w+\/answer)\b/.test(request.url);
      if (draining && announces) await reply.code(503).send();
    });
    await server.register(formbody);
    const transports = [...gateways, ...(streams.audioSocket ? [streams.audioSocket] : [])];
    // Carriers prove themselves by signature or token.
    for (const { routes } of transports) if (routes) await server.register(openToAll(routes));
    await server.register(sessionRoutes, { access, people: staff.people, parts: staff.parts });
    await server.register(accountRoutes, { access, audit, account: staff.account, sessions: staff.sessions });
    await server.register(peopleRoutes, { people: staff.people });
    await server.register(auditRoutes, { audit });
    await server.register(callRoutes, { store, recordings, bus, log, audit });
    await server.register(deskRoutes, { shop, voicemails, log });
    await server.register(deskMessageRoutes, { messages: desk.messages, store });
    await server.register(deskFlowRoutes, { deskFlows, suggestions: createSuggestions(atDesk) });
    await server.register(figureRoutes, { figures: desk.figures });
    await server.register(telephonyRoutes, { line: trunks, store, audit });
    await server.register(flowRoutes, { store: flowStore, flows, audit });
    await server.register(healthRoutes, {
      metrics,
      capacity: () => ({ ...admission.capacity, active: calls.active }),
      async problems() {
        const storeReady = await store.ready();
        return [...(draining ? ['draining'] : []), ...(storeReady ? [] : ['the database does not answer'])];
      },
    });
    await server.register(pageRoutes, { demoOrders: demoOrders(config) });
    const detach = attachUpgrades(server.server, gateways, log);
    for (const gateway of transports) {
      gateway.start((call) => calls.take(call));
      closers.push(() => gateway.close());
    }
    await streams.audioSocket?.listen();
    sip?.start((call) => calls.take(call));
    closers.push(async () => {
      draining = true;
      sip?.drain();
      const untilMs = clock.nowMs() + config.drainMs;
      await calls.drain(config.drainMs);
      // A call may have been given away at the last moment: only now all who still speak through this node are known.
      await sip?.bridgesOver(Math.max(0, untilMs - clock.nowMs()));
      detach();
    });
    const address = await listen();
    closers.push(await announceAddress(config.dataDir, address));
    renderAhead(await flows.flowsFor());

    let closing: Promise<void> | undefined;
    return {
      address,
      routes: guarded,
      get activeCalls() {
        return calls.active;
      },
      async reloadTrunks() {
        // What is wrong with the file was logged, and whoever sends a signal reads the log.
        await trunks?.file.reload(signalActor).catch(() => undefined);
      },
      close: () => (closing ??= closeAll()),
    };

    async function listen(): Promise<string> {
      try {
        return await server.listen({ host: config.host, port: config.port });
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw error;
        const place = `${config.host}:${String(config.port)}`;
        throw new KefuError(
          'config_invalid',
          `Kefu cannot listen on ${place} (${code}): choose another KEFU_HOST or KEFU_PORT, or stop what uses it.`,
          { cause: error },
        );
      }
    }
  }
}

function openShop(config: Config, log: Logger): CommerceBackend {
  if (config.shop) return createHttpBackend({ baseUrl: config.shop.url, token: config.shop.token, log });
  return createDemoShop({ seed: config.demoSeed }).backend;
}

/** The client of Redis takes a while to load, and most installations have none. */
async function openRedisSnapshots(url: string, log: Logger) {
  const { createRedisSnapshotStore } = await import('../store/redis-snapshots.ts');
  return createRedisSnapshotStore({ url, log });
}

function demoOrders(config: Config) {
  if (config.shop) return undefined;
  return demoCallers.flatMap((caller) =>
    caller.orders.map(({ id, summary }) => ({
      orderId: id,
      customer:
        caller.language === 'zh'
          ? `${caller.lastName}${caller.firstName}`
          : `${caller.firstName} ${caller.lastName}`,
      about: summary,
    })),
  );
}
