import { z } from 'zod';
import { agentProfileSchema } from './handoff.ts';

/** What somebody may do; which routes that means stands beside each route. */
export const roles = ['agent', 'supervisor', 'engineer', 'administrator'] as const;
export const roleSchema = z.enum(roles);
export type Role = (typeof roles)[number];

/** Names to log in with: letters and digits of any script, and `.`, `_`, `-`, `@`. Upper and lower case are the same. */
export const loginSchema = z
  .string()
  .trim()
  .transform((login) => login.normalize('NFKC').toLowerCase())
  .pipe(
    z
      .string()
      .min(1)
      .max(64)
      .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]*$/u, 'Use letters, digits, and . _ - @ for the log-in name.'),
  );

/** Without control characters, which a database refuses. */
const text = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^\P{Cc}*$/u, 'Use visible characters only.');
const word = text(64);
/** What the router wants to know of a person; people who never take contacts have empty lists. */
export const personProfileSchema = agentProfileSchema.omit({ id: true }).extend({
  teams: z.array(word).max(50),
  skills: z.record(word, z.int().min(1).max(5)),
  textCapacity: z.int().min(0).max(20),
  /** Where calls can be taken without a browser: a number such as +15551234567, which the trunks can dial. */
  telephone: z
    .string()
    .regex(/^\+\d{6,15}$/, 'Write it as +15551234567.')
    .optional(),
});
export type PersonProfile = Readonly<z.infer<typeof personProfileSchema>>;

/** What an administrator decides about a person. */
export const personFieldsSchema = z.object({
  login: loginSchema,
  /** As colleagues see it. */
  name: text(100),
  role: roleSchema,
  profile: personProfileSchema,
  /** Whether logging in needs a one-time code besides the password. */
  codeRequired: z.boolean(),
});
export type PersonFields = Readonly<z.infer<typeof personFieldsSchema>>;

/** Somebody who may log in. Nobody is ever removed, since the audit log names them. */
export const personSchema = personFieldsSchema.extend({
  id: z.string(),
  disabled: z.boolean(),
  /** Whether an authenticator is enrolled. */
  hasCode: z.boolean(),
  /** The password was made by somebody else, and must be changed first. */
  mustChangePassword: z.boolean(),
  createdAtEpochMs: z.number(),
});
export type Person = Readonly<z.infer<typeof personSchema>>;

/** What only logging in looks at. */
export interface Secrets {
  /** Encoded argon2id hash with its salt and cost. */
  readonly passwordHash: string;
  /** Base32 secret of the authenticator; null: none. */
  readonly codeSecret: string | null;
  /** A secret that was shown but not confirmed yet. */
  readonly pendingCodeSecret: string | null;
}

/** Changes of a person; what is left out stays. */
export type PersonChange = Partial<PersonFields & Omit<Secrets, 'pendingCodeSecret'>> & {
  readonly disabled?: boolean;
  readonly mustChangePassword?: boolean;
  readonly pendingCodeSecret?: string | null;
};

/** People, in the database. */
export interface PersonStore {
  /** By log-in name. */
  list(): Promise<readonly Person[]>;
  get(id: string): Promise<Person | undefined>;
  /** For a log-in name in its normal form. */
  find(login: string): Promise<{ readonly person: Person; readonly secrets: Secrets } | undefined>;
  secrets(id: string): Promise<Secrets | undefined>;
  /** True once somebody is or was an administrator: Kefu has been set up. */
  isSetUp(): Promise<boolean>;
  /** Rejects with `login_taken`; `onlyFirst` with `already_set_up` when there is an administrator. Two at once cannot both be first. */
  create(
    fields: PersonFields,
    secrets: { readonly passwordHash: string; readonly mustChangePassword: boolean },
    options?: { readonly onlyFirst?: boolean },
  ): Promise<Person>;
  /** Rejects with `not_found`, `login_taken`, or `last_administrator` when nobody would be left who can administer. */
  change(id: string, change: PersonChange): Promise<Person>;
  /** Notes that the code of a 30-second step was used. False when that one or a later one was used before. */
  useCode(id: string, step: number): Promise<boolean>;
}

/** One log-in of a person in one browser. */
export interface Session {
  readonly id: string;
  readonly personId: string;
  readonly startedAtEpochMs: number;
  readonly seenAtEpochMs: number;
  /** Where it was started from. */
  readonly address: string;
  /** The browser, as it calls itself. */
  readonly browser: string;
}

/** What a page knows of whoever looks at it. */
export interface SessionView {
  /** False until the first administrator is there. */
  readonly setUp: boolean;
  /** Whether whoever looks may set Kefu up. */
  readonly maySetUp: boolean;
  readonly me:
    | (Pick<Person, 'id' | 'login' | 'name' | 'role'> & {
        readonly via: 'session' | 'api-token' | 'local-token' | 'local';
        /** What the person must do before anything else is open to them. */
        readonly needs: 'password' | 'code' | null;
      })
    | null;
}

/** Sessions, in the database. Their tokens are kept as hashes. */
export interface SessionStore {
  add(session: Session, tokenHash: string): Promise<void>;
  find(tokenHash: string): Promise<Session | undefined>;
  seen(id: string, atEpochMs: number): Promise<void>;
  /** Newest first. */
  list(personId: string): Promise<readonly Session[]>;
  /** Removes one, or all of a person but perhaps one; resolves with the ids of those removed. */
  remove(
    which: { readonly id: string } | { readonly personId: string; readonly exceptId?: string },
  ): Promise<readonly string[]>;
  /** Removes those started or last seen before these times. */
  removeOld(limits: {
    readonly startedBeforeEpochMs: number;
    readonly seenBeforeEpochMs: number;
  }): Promise<void>;
}

/** Failed log-ins of one person or one address. */
export interface Failures {
  readonly count: number;
  readonly lastAtEpochMs: number;
}

/** Failed log-ins, in the database: every node counts the same. */
export interface FailureStore {
  /** Replaces the failures of a subject, alone: of two at once, the second sees what the first left. Resolves with what was before. */
  change(subject: string, change: (failures: Failures) => Failures): Promise<Failures>;
  /** Forgets those whose last failure is older. */
  forgetBefore(epochMs: number): Promise<void>;
}
