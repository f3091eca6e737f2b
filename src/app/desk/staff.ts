import type { IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { AgentProfile } from '../../core/handoff.ts';
import type { Logger } from '../../core/log.ts';
import type { Person, Role } from '../../core/people.ts';
import type { DeskPerson } from '../../handoff/desks.ts';
import type { People } from '../../people/people.ts';
import { agentProfileOf } from '../../people/profile.ts';
import type { Sessions } from '../../people/sessions.ts';
import type { Access } from '../access.ts';

/** How often the list of people is read again; names, new people and whom another node has disabled are known so much later. */
const readEveryMs = 15_000;
const deskRoles: ReadonlySet<Role> = new Set(['agent', 'supervisor', 'administrator']);
/** Administrators may sit at a desk, but callers are not promised one. */
const servingRoles: ReadonlySet<Role> = new Set(['agent', 'supervisor']);

/** The people who take calls, as desks and queue know them. */
export interface Staff {
  /** Whether there is anybody whose work it is to answer, at whatever hours. */
  readonly hasPeople: boolean;
  /** Those people, as they were read last. */
  readonly serving: readonly AgentProfile[];
  /** The person's name, or the id where none is known. */
  nameOf(personId: string): string;
  /** Who opens a desk; undefined for whoever may not. */
  deskPersonOf(request: IncomingMessage): Promise<DeskPerson | undefined>;
  /** From now on told of everybody who was disabled or has another role: what they may do is no longer what their desk believes. */
  readonly onDismissed: (listener: (personId: string) => void) => void;
  /** From now on told what the queue shall know of somebody for whom it has changed, such as other hours. */
  readonly onProfileChanged: (listener: (profile: AgentProfile) => void) => void;
  close(): void;
}

export async function startStaff(options: {
  readonly people: Pick<People, 'list'>;
  readonly access: Pick<Access, 'authenticate'>;
  readonly sessions: Pick<Sessions, 'onEnded'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Staff> {
  const { people, access, sessions, clock, log } = options;
  /** Role of those who may log in, as it was read last; undefined for who may not. */
  const roles = new Map<string, Role | undefined>();
  const dismissed = new Set<(personId: string) => void>();
  const profiles = new Map<string, AgentProfile>();
  const reprofiled = new Set<(profile: AgentProfile) => void>();
  const names = new Map<string, string>();
  let serving: readonly AgentProfile[] = [];
  let isAtDesk = false;
  let cancel: () => void = () => undefined;
  let closed = false;

  function noteProfile(profile: AgentProfile): void {
    const before = profiles.get(profile.id);
    profiles.set(profile.id, profile);
    if (before && !isDeepStrictEqual(before, profile)) for (const listener of reprofiled) listener(profile);
  }

  async function read(): Promise<void> {
    try {
      const all = await people.list();
      for (const person of all) {
        const { id, name, role, disabled } = person;
        names.set(id, name);
        noteProfile(agentProfileOf(person));
        const before = roles.get(id);
        const now = disabled ? undefined : role;
        roles.set(id, now);
        if (before !== undefined && now !== before) for (const listener of dismissed) listener(id);
      }
      serving = all.filter(({ role, disabled }) => servingRoles.has(role) && !disabled).map(agentProfileOf);
      isAtDesk = false;
    } catch (error) {
      log.warn({ err: toKefuError(error) }, 'the list of people could not be read');
    }
    cancel();
    if (!closed) cancel = clock.setTimer(() => void read(), readEveryMs);
  }
  await read();
  // Being disabled and getting another role end a person's sessions.
  const unsubscribe = sessions.onEnded(() => void read());

  return {
    get hasPeople() {
      return isAtDesk || serving.length > 0;
    },
    get serving() {
      return serving;
    },
    nameOf: (personId) => names.get(personId) ?? personId,
    async deskPersonOf(request) {
      const identity = await access.authenticate(request);
      if (!identity || !deskRoles.has(identity.person.role)) return undefined;
      const { person } = identity;
      names.set(person.id, person.name);
      // Whoever sits at a desk can be reached, whatever their role.
      isAtDesk = true;
      return deskPersonOf(person);
    },
    onDismissed(listener) {
      dismissed.add(listener);
    },
    onProfileChanged(listener) {
      reprofiled.add(listener);
    },
    close() {
      closed = true;
      unsubscribe();
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
