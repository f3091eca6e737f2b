/** A change that a caller agreed to and that the shop has answered. */
export interface FinishedChange {
  /** The call in which the caller said yes. */
  readonly callId: string;
  readonly taskId: string;
  /** An operation of the shop's port, such as `cancelOrder`. */
  readonly operation: string;
  readonly orderId: string | null;
  /** Null when it was done, else the shop's problem code or one of Kefu's error codes. */
  readonly code: string | null;
}

/** Changes whose result the caller has not heard, since the call ended before. Kept for some days. */
export interface UntoldChangeStore {
  /** `from` is the number that called. One that cannot be called back, or that is withheld, keeps nothing. */
  keep(from: string, changes: readonly FinishedChange[]): Promise<void>;
  /** What is to be told to whoever calls from the number, oldest first. Nothing for a number that is withheld. */
  find(from: string): Promise<readonly FinishedChange[]>;
  /** The caller has heard it. */
  markTold(change: Pick<FinishedChange, 'callId' | 'taskId'>): Promise<void>;
  /** The call goes on, and tells by itself what came of its changes. */
  forgetCall(callId: string): Promise<void>;
}

/**
 * What carriers put in the place of a number that the caller withholds: the words ANONYMOUS, RESTRICTED, UNKNOWN, BLOCKED and
 * UNAVAILABLE as keys of a telephone. Many people share them.
 */
const withheld: ReadonlySet<string> = new Set([
  '266696687',
  '7378742833',
  '8656696',
  '2562533',
  '86282452253',
]);

/** A number by which two calls are known to come from the same line; undefined for a withheld number or none at all. */
export function callingNumber(from: string): string | undefined {
  const bare = from.replace(/[\s().-]/g, '');
  const digits = bare.replace(/^\+/, '');
  return /^\d{7,15}$/.test(digits) && !withheld.has(digits) ? bare : undefined;
}
