/** Who does something: a person, or a program of the operator. */
export interface Actor {
  /** Null for programs. */
  readonly personId: string | null;
  /** The person's name at that time, or what the program is, such as `API token`. */
  readonly name: string;
  /** Address they come from; null for tools of this machine. */
  readonly address: string | null;
}

/** Something that must be accounted for. */
export interface AuditRecord {
  readonly actor: Actor;
  /** A stable word for what was done, such as `person.disabled`, `flows.published`, `call.listened`. */
  readonly action: string;
  /** What it was done to: the id of a call or a person, the number of a version; null for nothing in particular. */
  readonly subject: string | null;
  /** Plain facts about it; never secrets, never words of callers. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** An entry of the audit log. */
export interface AuditEntry extends AuditRecord {
  /** Rises with time. */
  readonly id: number;
  readonly atEpochMs: number;
}

export interface AuditQuery {
  readonly limit: number;
  /** Only entries with lower ids, for paging. */
  readonly before?: number | undefined;
  readonly personId?: string | undefined;
  /** An action, or the part of it before the dot. */
  readonly action?: string | undefined;
}

/** Append-only: neither Kefu nor whoever holds the database's password changes an entry. */
export interface AuditLog {
  /** Settles once the entry is kept. What may not happen unrecorded waits for it. */
  record(entry: AuditRecord): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<readonly AuditEntry[]>;
}
