import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import {
  personProfileSchema,
  roleSchema,
  type Person,
  type PersonChange,
  type PersonStore,
  type Secrets,
} from '../core/people.ts';
import type { Database, Queryable, Row } from './database.ts';

/** Any number, but the same for ever: who creates and changes people takes turns, so that the rules below hold for all together. */
const advisoryLock = 7_305_583;

const personRow = z.object({
  person_id: z.string(),
  login: z.string(),
  name: z.string(),
  role: roleSchema,
  profile: personProfileSchema,
  disabled: z.boolean(),
  must_change_password: z.boolean(),
  code_required: z.boolean(),
  has_code: z.boolean(),
  created_at_epoch_ms: z.coerce.number(),
});
const secretsRow = z.object({
  password_hash: z.string(),
  code_secret: z.string().nullable(),
  pending_code_secret: z.string().nullable(),
});
const secretColumns = Object.keys(secretsRow.shape).join(', ');
const personColumns = Object.keys(personRow.shape)
  .join(', ')
  .replace('has_code', 'code_secret is not null as has_code');

/** Column of each field that can be changed. */
const columns = {
  login: 'login',
  name: 'name',
  role: 'role',
  profile: 'profile',
  codeRequired: 'code_required',
  disabled: 'disabled',
  mustChangePassword: 'must_change_password',
  passwordHash: 'password_hash',
  codeSecret: 'code_secret',
  pendingCodeSecret: 'pending_code_secret',
} as const satisfies Record<keyof PersonChange, string>;

function toPerson(row: Row): Person {
  const read = personRow.parse(row);
  return {
    id: read.person_id,
    login: read.login,
    name: read.name,
    role: read.role,
    profile: read.profile,
    disabled: read.disabled,
    mustChangePassword: read.must_change_password,
    codeRequired: read.code_required,
    hasCode: read.has_code,
    createdAtEpochMs: read.created_at_epoch_ms,
  };
}

function toSecrets(row: Row): Secrets {
  const { password_hash, code_secret, pending_code_secret } = secretsRow.parse(row);
  return { passwordHash: password_hash, codeSecret: code_secret, pendingCodeSecret: pending_code_secret };
}

async function isSetUp(target: Queryable): Promise<boolean> {
  const rows = await target.query(`select 1 from people where role = 'administrator' limit 1`);
  return rows.length > 0;
}

async function hasActiveAdministrator(target: Queryable): Promise<boolean> {
  const rows = await target.query(
    `select 1 from people where role = 'administrator' and not disabled limit 1`,
  );
  return rows.length > 0;
}

async function checkFree(target: Queryable, login: string, ownId: string): Promise<void> {
  const rows = await target.query('select 1 from people where login = $1 and person_id <> $2', [
    login,
    ownId,
  ]);
  if (rows.length > 0) throw new KefuError('login_taken', `Somebody logs in as ${login} already.`);
}

/** People in the database of the calls. */
export function createPersonStore(database: Database, { clock }: { readonly clock: Clock }): PersonStore {
  const inTurn = <T>(work: (transaction: Queryable) => Promise<T>): Promise<T> =>
    database.transaction(async (transaction) => {
      await transaction.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
      return work(transaction);
    });
  return {
    async list() {
      const rows = await database.query(`select ${personColumns} from people order by login`);
      return rows.map(toPerson);
    },

    async get(id) {
      const [row] = await database.query(`select ${personColumns} from people where person_id = $1`, [id]);
      return row && toPerson(row);
    },

    async find(login) {
      const [row] = await database.query(
        `select ${personColumns}, ${secretColumns} from people where login = $1`,
        [login],
      );
      return row && { person: toPerson(row), secrets: toSecrets(row) };
    },

    async secrets(id) {
      const [row] = await database.query(`select ${secretColumns} from people where person_id = $1`, [id]);
      return row && toSecrets(row);
    },

    isSetUp: () => isSetUp(database),

    create: (fields, { passwordHash, mustChangePassword }, { onlyFirst = false } = {}) =>
      inTurn(async (transaction) => {
        if (onlyFirst && (await isSetUp(transaction)))
          throw new KefuError('already_set_up', 'Kefu has an administrator already.');
        await checkFree(transaction, fields.login, '');
        const [row = {}] = await transaction.query(
          `insert into people (person_id, login, name, role, profile, code_required, password_hash, must_change_password,
             created_at_epoch_ms)
           values ($1, $2, $3, $4, $5::json, $6, $7, $8, $9) returning ${personColumns}`,
          [
            `person_${randomUUID()}`,
            fields.login,
            fields.name,
            fields.role,
            JSON.stringify(fields.profile),
            fields.codeRequired,
            passwordHash,
            mustChangePassword,
            Math.round(clock.epochMs()),
          ],
        );
        return toPerson(row);
      }),

    change: (id, change) =>
      inTurn(async (transaction) => {
        if (change.login !== undefined) await checkFree(transaction, change.login, id);
        const had = await hasActiveAdministrator(transaction);
        const given = Object.entries(change);
        const assignments = given.map(
          ([name], index) => `${columns[name as keyof typeof columns]} = $${String(index + 2)}`,
        );
        const values = given.map(([name, value]) => (name === 'profile' ? JSON.stringify(value) : value));
        const [row] = await transaction.query(
          given.length === 0
            ? `select ${personColumns} from people where person_id = $1`
            : `update people set ${assignments.join(', ')} where person_id = $1 returning ${personColumns}`,
          [id, ...values],
        );
        if (!row) throw new KefuError('not_found', `There is no person ${id}.`);
        if (had && !(await hasActiveAdministrator(transaction)))
          throw new KefuError('last_administrator', 'Nobody would be left who can administer Kefu.');
        return toPerson(row);
      }),

    async useCode(id, step) {
      const rows = await database.query(
        `update people set last_code_step = $2
         where person_id = $1 and (last_code_step is null or last_code_step < $2) returning 1`,
        [id, step],
      );
      return rows.length > 0;
    },
  };
}
