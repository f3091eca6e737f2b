/** What a monitor wants to know of the telephone lines, counted since the start. */
export interface SipFigures {
  readonly requests: readonly SipCount<'direction' | 'method'>[];
  readonly responses: readonly SipCount<'direction' | 'status'>[];
  /** Messages that got no answer, by reason. */
  readonly dropped: readonly SipCount<'reason'>[];
  /** Calls begun, by trunk and direction. */
  readonly calls: readonly SipCount<'trunk' | 'direction'>[];
  /** Callers who speak with a number through this node at the moment, and no longer with Kefu. */
  readonly bridged: number;
  readonly lines: readonly TrunkState[];
}

/** A number with what it counts. */
export interface SipCount<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly count: number;
}

/** A trunk as it is now. */
export interface TrunkState {
  readonly name: string;
  /** Null for a trunk that does not register. */
  readonly registration: {
    readonly registered: boolean;
    /** Address of the server that took the registration last; null before the first. */
    readonly server: string | null;
    /** Why the last try failed; null while all is well. */
    readonly problem: string | null;
  } | null;
  /** The servers that calls go to, as they were found last; null for a trunk that does not ask. */
  readonly servers: readonly ServerState[] | null;
}

export interface ServerState {
  /** Such as `udp 192.0.2.1:5060`. */
  readonly server: string;
  /** Null when it answers. */
  readonly problem: string | null;
}
