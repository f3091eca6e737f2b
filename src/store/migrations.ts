import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import type { Database } from './database.ts';

interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/** Never change one that was released: add the next. */
const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `create table calls (
        call_id text primary key,
        gateway text not null,
        gateway_call_id text not null,
        channel text not null,
        from_address text not null,
        to_address text not null,
        language text not null,
        started_at_epoch_ms bigint not null,
        ended_at_epoch_ms bigint,
        outcome text
      )`,
      'create index calls_by_start on calls (started_at_epoch_ms desc, call_id desc)',
      // The bodies are json, not jsonb: jsonb refuses some texts that a caller can send (a zero character, half a surrogate pair).
      `create table call_events (
        call_id text not null,
        seq integer not null,
        at_epoch_ms bigint not null,
        type text not null,
        body json not null,
        primary key (call_id, seq)
      )`,
      `create table call_snapshots (
        call_id text primary key,
        snapshot json not null,
        expires_at_epoch_ms bigint not null
      )`,
      'create index call_snapshots_by_expiry on call_snapshots (expires_at_epoch_ms)',
    ],
  },
  {
    version: 2,
    statements: [
      // Contents are kept apart from versions: a rollback is a new version of an old content.
      `create table flow_contents (
        content_hash text primary key,
        files json not null,
        used_at_epoch_ms bigint not null
      )`,
      `create table flow_versions (
        draft_id text primary key,
        state text not null check (state in ('draft', 'validated', 'published')),
        number integer unique check ((state = 'published') = (number is not null)),
        content_hash text not null references flow_contents,
        author text not null,
        note text not null,
        restores integer references flow_versions (number),
        saved_at_epoch_ms bigint not null,
        published_at_epoch_ms bigint
      )`,
      'create index flow_versions_by_content on flow_versions (content_hash)',
      // A call ends on the version it began with, so a published one must stay as it is, whoever holds the database's password.
      `create function kefu_refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'A published version of the flows never changes.' using errcode = 'restrict_violation';
      end $$`,
      `create trigger flow_versions_stay before update or delete on flow_versions
       for each row when (old.state = 'published') execute function kefu_refuse_change()`,
      `create trigger flow_contents_stay before update on flow_contents
       for each row when (old.files::text is distinct from new.files::text or old.content_hash <> new.content_hash)
       execute function kefu_refuse_change()`,
    ],
  },
  {
    version: 3,
    statements: [
      `create table untold_changes (
        call_id text not null,
        task_id text not null,
        from_address text not null,
        operation text not null,
        order_id text,
        code text,
        finished_at_epoch_ms bigint not null,
        expires_at_epoch_ms bigint not null,
        primary key (call_id, task_id)
      )`,
      'create index untold_changes_by_number on untold_changes (from_address)',
      'create index untold_changes_by_expiry on untold_changes (expires_at_epoch_ms)',
    ],
  },
  {
    version: 4,
    statements: [
      `create table queue_entries (
        entry_id text primary key,
        entry json not null
      )`,
    ],
  },
  {
    version: 5,
    statements: [
      `create table people (
        person_id text primary key,
        login text not null unique,
        name text not null,
        role text not null,
        profile json not null,
        disabled boolean not null default false,
        password_hash text not null,
        must_change_password boolean not null,
        code_required boolean not null,
        code_secret text,
        pending_code_secret text,
        last_code_step bigint,
        created_at_epoch_ms bigint not null
      )`,
      `create table sessions (
        token_hash text primary key,
        session_id text not null unique,
        person_id text not null references people,
        started_at_epoch_ms bigint not null,
        seen_at_epoch_ms bigint not null,
        address text not null,
        browser text not null
      )`,
      'create index sessions_by_person on sessions (person_id)',
      `create table login_failures (
        subject text primary key,
        count integer not null,
        last_at_epoch_ms bigint not null
      )`,
      `create table audit_log (
        entry_id bigint generated always as identity primary key,
        at_epoch_ms bigint not null,
        person_id text,
        actor text not null,
        address text,
        action text not null,
        subject text,
        details json not null
      )`,
      'create index audit_log_by_person on audit_log (person_id, entry_id desc)',
      // Who looks after the others must not be able to make undone what stands here.
      `create function kefu_refuse_audit_change() returns trigger language plpgsql as $$
      begin
        raise exception 'An entry of the audit log never changes.' using errcode = 'restrict_violation';
      end $$`,
      `create trigger audit_log_stays before update or delete on audit_log
       for each row execute function kefu_refuse_audit_change()`,
      `create trigger audit_log_stays_whole before truncate on audit_log
       for each statement execute function kefu_refuse_audit_change()`,
    ],
  },
  {
    version: 6,
    statements: [
      // Sums, not events: each process has rows of its own, and a day is what they add up to.
      `create table figures (
        day text not null,
        writer_id text not null,
        subject text not null,
        name text not null,
        measure text not null,
        amount double precision not null,
        primary key (day, writer_id, subject, name, measure)
      )`,
    ],
  },
  {
    version: 7,
    statements: [
      `create table callbacks (
        call_id text primary key,
        callback json not null
      )`,
    ],
  },
  {
    version: 8,
    statements: [
      'create index calls_by_number on calls (from_address, started_at_epoch_ms desc)',
      `create index transfers_by_customer on call_events ((body #>> '{briefing,customer,id}')) where type = 'transfer'`,
    ],
  },
];

/** Any number, but the same for ever: it keeps two processes from migrating at once. */
const advisoryLock = 7_305_581;
const versionRow = z.object({ version: z.coerce.number().nullable() });

/** Runs the migrations that have not run yet, all or none. */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    await transaction.query(
      `create table if not exists kefu_migrations (
        version integer primary key,
        applied_at timestamptz not null default now()
      )`,
    );
    const [row] = await transaction.query('select max(version) as version from kefu_migrations');
    const current = versionRow.parse(row).version ?? 0;
    const newest = migrations.at(-1)?.version ?? 0;
    if (current > newest)
      throw new KefuError(
        'store_unavailable',
        `The database has tables of version ${current}, but this Kefu knows versions up to ${newest}: ` +
          'start the newer Kefu, or use another database or folder.',
      );
    for (const { version, statements } of migrations.filter((migration) => migration.version > current)) {
      for (const statement of statements) await transaction.query(statement);
      await transaction.query('insert into kefu_migrations (version) values ($1)', [version]);
    }
  });
}
