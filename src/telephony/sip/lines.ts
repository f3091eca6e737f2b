import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { TrunkState } from '../../core/trunks.ts';
import type { SipCore } from './core.ts';
import type { Guard } from './guard.ts';
import { Registration } from './registration.ts';
import type { Trunk } from './trunks.ts';

interface LineParts {
  readonly core: SipCore;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Line {
  readonly settings: NonNullable<Trunk['register']>;
  readonly registration: Registration;
}

/** The registrations of all trunks. A trunk whose settings have not changed stays registered when the trunks are renewed. */
export class RegisteredLines {
  readonly #parts: LineParts;
  readonly #lines = new Map<string, Line>();
  #trunks: readonly Trunk[] = [];
  #started = false;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  /** Every trunk, with its registration if it has one. */
  get states(): TrunkState[] {
    return this.#trunks.map(({ name }) => {
      const state = this.#lines.get(name)?.registration.state;
      const registration = state && {
        registered: state.registered,
        server: state.server ?? null,
        problem: state.problem ?? null,
      };
      return { name, registration: registration ?? null };
    });
  }

  /** Ends registrations that are no longer wanted and begins new ones; those that changed are both. */
  renew(trunks: readonly Trunk[]): void {
    const { core, guard, clock, log } = this.#parts;
    this.#trunks = trunks;
    const leaving = new Map<string, Promise<void>>();
    for (const [name, { settings, registration }] of [...this.#lines]) {
      if (isDeepStrictEqual(trunks.find((trunk) => trunk.name === name)?.register, settings)) continue;
      this.#lines.delete(name);
      leaving.set(name, registration.stop());
    }
    for (const trunk of trunks) {
      if (!trunk.register || this.#lines.has(trunk.name)) continue;
      const registration = new Registration(trunk.register, {
        ...{ core, clock, log: log.child({ trunk: trunk.name }) },
        onServers: (hosts) => guard.admitRegistrars(hosts, trunk),
      });
      this.#lines.set(trunk.name, { settings: trunk.register, registration });
      // One after the other: the farewell of the old registration would end the new one, too.
      if (this.#started) void (leaving.get(trunk.name) ?? Promise.resolve()).then(() => registration.start());
    }
  }

  start(): void {
    this.#started = true;
    for (const { registration } of this.#lines.values()) registration.start();
  }

  /** Unregisters all lines. */
  async stop(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ registration }) => registration.stop()));
  }
}
