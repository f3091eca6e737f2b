import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Person, Role } from '../../core/people.ts';
import type { DeskPerson } from '../../handoff/desks.ts';
import type { People } from '../../people/people.ts';
import { agentProfileOf } from '../../people/profile.ts';
import type { Access } from '../access.ts';

/** How often the list of people is read again; names and new people are known elsewhere so much later. */
const readEveryMs = 15_000;
const deskRoles: ReadonlySet<Role> = new Set(['agent', 'supervisor', 'administrator']);
/** Administrators may sit at a desk, but callers are not promised one. */
const servingRoles: ReadonlySet<Role> = new Set(['agent', 'supervisor']);

/** The people who take calls, as desks and queue know them. */
export interface Staff {
  /** Whether there is anybody whose work it is to answer. */
  readonly hasPeople: boolean;
  /** The person's name, or the id where none is known. */
  nameOf(personId: string): string;
  /** Who opens a desk; undefined for whoever may not. */
  deskPersonOf(request: IncomingMessage): Promise<DeskPerson | undefined>;
  close(): void;
}

export async function startStaff(options: {
  readonly people: Pick<People, 'list'>;
  readonly access: Pick<Access, 'authenticate'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Staff> {
  const { people, access, clock, log } = options;
  const names = new Map<string, string>();
  let hasPeople = false;
  let cancel: () => void = () => undefined;
  let closed = false;

  async function read(): Promise<void> {
    try {
      const all = await people.list();
      for (const { id, name } of all) names.set(id, name);
      hasPeople = all.some(({ role, disabled }) => servingRoles.has(role) && !disabled);
    } catch (error) {
      log.warn({ err: toKefuError(error) }, 'the list of people could not be read');
    }
    if (!closed) cancel = clock.setTimer(() => void read(), readEveryMs);
  }
  await read();

  return {
    get hasPeople() {
      return hasPeople;
    },
    nameOf: (personId) => names.get(personId) ?? personId,
    async deskPersonOf(request) {
      const identity = await access.authenticate(request);
      if (!identity || !deskRoles.has(identity.person.role)) return undefined;
      const { person } = identity;
      names.set(person.id, person.name);
      // Whoever sits at a desk can be reached, whatever their role.
      hasPeople = true;
      return deskPersonOf(person);
    },
    close() {
      closed = true;
      cancel();
    },
  };
}

function deskPersonOf(person: Person): DeskPerson {
  return {
    id: person.id,
    name: person.name,
    role: person.role,
    supervises: person.role !== 'agent',
    profile: agentProfileOf(person),
    telephone: person.profile.telephone,
  };
}
