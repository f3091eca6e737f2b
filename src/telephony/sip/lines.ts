import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { TrunkState } from '../../core/trunks.ts';
import type { SipCore } from './core.ts';
import type { Guard } from './guard.ts';
import { Registration } from './registration.ts';
import { ServerWatch } from './server-watch.ts';
import type { Trunk } from './trunks.ts';

interface LineParts {
  readonly core: SipCore;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly log: Logger;
}

interface RegisteredLine {
  readonly settings: NonNullable<Trunk['register']>;
  readonly registration: Registration;
}

interface WatchedLine {
  readonly settings: NonNullable<Trunk['outbound']>;
  readonly watch: ServerWatch;
}

/**
 * What goes on at all trunks whether somebody calls or not: registrations, and questions whether servers live. A trunk whose settings
 * have not changed stays as it is when the trunks are renewed.
 */
export class Lines {
  readonly #parts: LineParts;
  readonly #registered = new Map<string, RegisteredLine>();
  readonly #watched = new Map<string, WatchedLine>();
  #trunks: readonly Trunk[] = [];
  #started = false;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  /** Every trunk, with its registration and its servers if it has them. */
  get states(): TrunkState[] {
    return this.#trunks.map(({ name }) => {
      const state = this.#registered.get(name)?.registration.state;
      const registration = state && {
        registered: state.registered,
        server: state.server ?? null,
        problem: state.problem ?? null,
      };
      const servers = this.#watched.get(name)?.watch.states ?? null;
      return { name, registration: registration ?? null, servers };
    });
  }

  /** Ends what is no longer wanted and begins what is new; what has changed is both. */
  renew(trunks: readonly Trunk[]): void {
    this.#trunks = trunks;
    this.#renewRegistrations(trunks);
    this.#renewWatches(trunks);
  }

  start(): void {
    this.#started = true;
    for (const { registration } of this.#registered.values()) registration.start();
    for (const { watch } of this.#watched.values()) watch.start();
  }

  /** Unregisters all lines. */
  async stop(): Promise<void> {
    for (const { watch } of this.#watched.values()) watch.stop();
    await Promise.all([...this.#registered.values()].map(({ registration }) => registration.stop()));
  }

  #renewRegistrations(trunks: readonly Trunk[]): void {
    const { core, guard, clock, log } = this.#parts;
    const leaving = new Map<string, Promise<void>>();
    for (const [name, { settings, registration }] of [...this.#registered]) {
      if (isDeepStrictEqual(trunks.find((trunk) => trunk.name === name)?.register, settings)) continue;
      this.#registered.delete(name);
      leaving.set(name, registration.stop());
    }
    for (const trunk of trunks) {
      if (!trunk.register || this.#registered.has(trunk.name)) continue;
      const registration = new Registration(trunk.register, {
        ...{ core, clock, log: log.child({ trunk: trunk.name }) },
        onServers: (hosts) => guard.admitRegistrars(hosts, trunk),
      });
      this.#registered.set(trunk.name, { settings: trunk.register, registration });
      // One after the other: the farewell of the old registration would end the new one, too.
      if (this.#started) void (leaving.get(trunk.name) ?? Promise.resolve()).then(() => registration.start());
    }
  }

  #renewWatches(trunks: readonly Trunk[]): void {
    const { core, clock } = this.#parts;
    for (const [name, { settings, watch }] of [...this.#watched]) {
      if (isDeepStrictEqual(trunks.find((trunk) => trunk.name === name)?.outbound, settings)) continue;
      this.#watched.delete(name);
      watch.stop();
    }
    for (const { name, outbound } of trunks) {
      if (outbound?.probeMs === undefined || this.#watched.has(name)) continue;
      const watch = new ServerWatch(outbound, outbound.probeMs, { core, clock });
      this.#watched.set(name, { settings: outbound, watch });
      if (this.#started) watch.start();
    }
  }
}
